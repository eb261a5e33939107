"""Passwords stay out of Odoo's log, at its most talkative as well.

At level DEBUG Odoo writes down every call of the web client with its arguments, so that what
somebody enters in our forms would stand there in clear.
"""

import logging
from collections.abc import Mapping

from odoo.service.model import Params

HIDDEN = "***"


class Discretion(logging.Filter):
    """Hides the passwords in what is called on a model of ours; lets every record pass."""

    def filter(self, record):
        if isinstance(record.args, tuple) and _is_ours(record.args):
            record.args = tuple(map(_hidden, record.args))
        return True


def _is_ours(args):
    """Whether it is a call on one of our models: Odoo logs the recordset first."""
    return any(str(getattr(arg, "_name", "")).startswith("mail.sync.") for arg in args[:1])


def _hidden(value):
    """Return a value as it may be logged."""
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
    """Filter the log of calls, once a process."""
    logger = logging.getLogger("odoo.service.model")
    if not any(isinstance(known, Discretion) for known in logger.filters):
        logger.addFilter(Discretion())
