"""What a certificate says, in values. Everything in it comes from outside: nothing here raises."""

from __future__ import annotations

from cryptography import x509

from ..errors import safe_text
from ..values import Certificate
from . import tls

#: Characters of a name that are shown.
MAX_NAME = 200


def described(der: bytes) -> Certificate:
    """Return what a certificate (RFC 5280 §4.1.2) says; only its fingerprint if it is malformed."""
    fingerprint = tls.fingerprint(der)
    try:
        found = x509.load_der_x509_certificate(der)
        return Certificate(
            fingerprint,
            _name(found.subject),
            _name(found.issuer),
            found.not_valid_before_utc,
            found.not_valid_after_utc,
        )
    except (ValueError, x509.InvalidVersion):
        return Certificate(fingerprint)


def _name(name: x509.Name) -> str:
    return safe_text(name.rfc4514_string())[:MAX_NAME]
