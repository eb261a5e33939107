"""Tells other addons that mails were recorded on records of their models."""

from __future__ import annotations

import logging

from odoo import models

from ..transactions import alone

_logger = logging.getLogger(__name__)


def tell(messages: models.BaseModel) -> None:
    """Call ``_mail_sync_recorded`` once for each model that has a method of its own.

    An error in it undoes what it wrote, and nothing else. Raises one of the ``RACES``, because
    then the whole commit is repeated.
    """
    for model, found in messages.grouped("model").items():
        if getattr(type(messages.env[model])._mail_sync_recorded, "does_nothing", False):
            continue
        records = messages.env[model].browse(dict.fromkeys(found.mapped("res_id")))
        with alone(messages.env, lambda error, model=model: _failed(model, error)):
            records._mail_sync_recorded(found)
            messages.env.flush_all()


def _failed(model: str, error: Exception) -> None:
    _logger.error("Mail Sync: _mail_sync_recorded of %s failed", model, exc_info=error)
