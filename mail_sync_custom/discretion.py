"""Keeps passwords out of Odoo's log, even at level DEBUG.

At that level Odoo logs every call of the web client with its arguments, which include what a user
enters in our forms.
"""

import logging
from collections.abc import Mapping

from odoo.service.model import Params

HIDDEN = "***"


class Discretion(logging.Filter):
    """Hides the passwords in calls on our models; drops no record."""

    def filter(self, record):
        if isinstance(record.args, tuple) and _is_ours(record.args):
            record.args = tuple(map(_hidden, record.args))
        return True


def _is_ours(args):
    """Return whether it is a call on one of our models: Odoo logs the recordset first."""
    return any(str(getattr(arg, "_name", "")).startswith("mail.sync.") for arg in args[:1])


def _hidden(value):
    """Return a value with its passwords hidden."""
    if isinstance(value, Params):
        return Params(_hidden(value.args), _hidden(value.kwargs))
    if isinstance(value, Mapping):
        return {key: HIDDEN if _names_secret(key) else _hidden(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_hidden(one) for one in value]
    return value


def _names_secret(key):
    return isinstance(key, str) and key.endswith(("password", "secret"))


def install():
    """Filter the log of calls, once per process."""
    logger = logging.getLogger("odoo.service.model")
    if not any(isinstance(known, Discretion) for known in logger.filters):
        logger.addFilter(Discretion())
