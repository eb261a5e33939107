"""While a template is rendered, private mails are withheld from superusers, too."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from odoo.tools import SQL

#: What a private mail, its copy in the queue and its files tell, by model.
CONTENT = {
    "mail.message": (
        *("subject", "body", "email_from", "reply_to", "message_id", "author_id"),
        *("incoming_email_to", "incoming_email_cc", "outgoing_email_to"),
        *("partner_ids", "attachment_ids", "notification_ids"),
    ),
    "mail.mail": ("body_html", "email_to", "email_cc", "recipient_ids", "references", "headers"),
    "ir.attachment": (
        *("name", "description", "db_datas", "store_fname", "index_content", "checksum", "url"),
        *("access_token", "file_size"),
    ),
}
_RENDERING: ContextVar[bool] = ContextVar("mail_sync_rendering", default=False)


@contextmanager
def begun() -> Iterator[None]:
    """Withhold private mails until the end of the context."""
    token = _RENDERING.set(True)
    try:
        yield
    finally:
        _RENDERING.reset(token)


def is_going_on() -> bool:
    """Whether a template is being rendered."""
    return _RENDERING.get()


def withhold(model, query, of_message: SQL) -> None:
    """Put nothing into the cache for what is fetched of private mails that the user may not read.

    ``of_message`` says in SQL which messages a ``record`` of this model is of. What is in the cache
    is not overwritten when the values arrive.
    """
    if not is_going_on():
        return
    messages = model.env["mail.message"]
    rows = model.env.execute_query(
        SQL(
            "SELECT record.id FROM %s record JOIN mail_message message ON %s "
            "WHERE record.id = ANY(%s) AND message.mail_sync_private "
            "GROUP BY record.id HAVING NOT bool_or(%s)",
            SQL.identifier(model._table),
            of_message,
            list(query),
            messages._mail_sync_own(SQL.identifier("message")),
        )
    )
    withheld = model.browse(id_ for [id_] in rows)
    for name in CONTENT[model._name] if withheld else ():
        field = model._fields[name]
        blank = () if field.type in ("one2many", "many2many") else None
        field._update_cache(withheld, blank)
