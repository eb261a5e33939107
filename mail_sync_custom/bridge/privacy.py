"""What is recorded of a private mail is private: on another record, and in the answers to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from odoo import api, models
from odoo.tools import SQL


def keep_private(
    env: api.Environment, messages: models.BaseModel, mails: Sequence[tuple[str, Sequence[str]]]
) -> frozenset[int]:
    """Make new messages private if their mail is, or one that it answers, anywhere. Return which.

    ``mails`` has the Message-ID of each message, and those of the mails before it in its thread.
    An answer quotes them. With no private mail among them, it is one indexed query.
    """
    asked = {id_ for own, ancestors in mails for id_ in (own, *ancestors)}
    if not (private := _private(env, asked)):
        return frozenset()
    while new := {own for own, before in mails if own not in private} & {
        own for own, before in mails if not private.isdisjoint(before)
    }:
        private |= new
    found = [
        message.id for message, (own, _) in zip(messages, mails, strict=True) if own in private
    ]
    env["mail.message"].browse(found)._mail_sync_mark(True)
    env.flush_all()
    return frozenset(found)


def _private(env: api.Environment, message_ids: Iterable[str]) -> set[str]:
    """Return those of the ids that belong to a private mail."""
    rows = env.execute_query(
        SQL(
            """
            SELECT btrim(message_id, '<>') FROM mail_message
            WHERE mail_sync_private AND message_id = ANY(%(bracketed)s)
            UNION
            SELECT message_id FROM mail_sync_message
            WHERE private AND message_id = ANY(%(ids)s)
            UNION
            SELECT alias FROM mail_sync_message
            WHERE private AND alias = ANY(%(ids)s)
            """,
            ids=list(message_ids),
            bracketed=[f"<{message_id}>" for message_id in message_ids],
        )
    )
    return {id_ for [id_] in rows}
