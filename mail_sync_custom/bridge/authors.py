"""Who wrote a mail: whose contact the author is, and what a copy in Sent knows better."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from odoo import models

from ..engine import addresses
from ..engine.matching import Owner, tells_author
from ..engine.values import Envelope
from .addressing import contacts, formatted


def contacts_of(account: models.BaseModel, emails: Collection[str]) -> dict[str, int]:
    """Return the contact behind each address: the owner's own, else the oldest one."""
    named = [email for email in emails if email]
    own = dict.fromkeys(filter(_owner(account).owns, named), account.user_id.partner_id.id)
    return contacts(account.env, named) | own


def correct(account: models.BaseModel, sent: Mapping[tuple[str, int], Envelope]) -> None:
    """Make recorded mails the owner's own where a copy in Sent tells their author.

    ``sent`` has those copies by the mails' keys (`Commit.sent_before`).
    """
    owner = _owner(account)
    for entry in account.env["mail.sync.entry"].search(
        [("message_id", "in", [message_id for message_id, _ in sent])]
    ):
        copy = sent.get((entry.message_id, entry.variant))
        message = entry.mail_message_id
        named = next(iter(addresses.keys(message.email_from or "")), "")
        if copy and tells_author(copy, named, entry.because or "", owner):
            entry.direction = "out"
            message.write(
                {
                    "author_id": account.user_id.partner_id.id,
                    "email_from": formatted(copy.sender),
                }
            )
            _links(account, entry).direction = "out"
            message._mail_sync_recount_leads()


def _owner(account: models.BaseModel) -> Owner:
    return Owner(account._own_emails(), rules=account._address_rules())


def _links(account: models.BaseModel, entry: models.BaseModel) -> models.BaseModel:
    """Return the account's own link to a mail, if it has one yet."""
    return account.env["mail.sync.message"].search(
        [
            ("account_id", "=", account.id),
            ("message_id", "=", entry.message_id),
            ("variant", "=", entry.variant),
        ]
    )
