"""Field types that Odoo lacks."""

from odoo import fields


class BigInteger(fields.Integer):
    """An 8-byte integer.

    UIDs and UIDVALIDITY are unsigned 32-bit numbers (RFC 9051 §9), which Odoo's ``Integer``, an
    ``int4``, cannot hold.
    """

    _column_type = ("int8", "int8")
