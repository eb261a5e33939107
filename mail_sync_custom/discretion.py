"""Keeps passwords and codes out of Odoo's log, even at level DEBUG.

At that level Odoo logs every call of the web client with its arguments, which include what a user
enters in our forms. At every level it logs the address of each request, which has the code with
which a provider sends a browser back.
"""

import logging
import re
from collections.abc import Mapping

from odoo.service.model import Params

HIDDEN = "***"


class Discretion(logging.Filter):
    """Hides the passwords in calls on our models; drops no record."""

    def filter(self, record):
        if isinstance(record.args, tuple) and _is_ours(record.args):
            record.args = tuple(map(_hidden, record.args))
        return True


#: What follows the address of the way back from a provider.
_ANSWER = re.compile(r"(/mail_sync_custom/oauth/callback)\?[^\s\"']*")


class DiscreetAddresses(logging.Filter):
    """Hides what a provider answers with; drops no record."""

    def filter(self, record):
        if "/mail_sync_custom/oauth/callback" in (said := record.getMessage()):
            record.msg, record.args = _ANSWER.sub(rf"\1?{HIDDEN}", said), None
        return True


#: Who logs the addresses of requests.
_ADDRESSES = ("werkzeug", "odoo.http", "odoo.service.server")


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
    for name in _ADDRESSES:
        logger = logging.getLogger(name)
        if not any(isinstance(known, DiscreetAddresses) for known in logger.filters):
            logger.addFilter(DiscreetAddresses())
