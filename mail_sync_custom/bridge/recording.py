"""Mail → ``mail.message`` on its records, with attachments, and the account's link to it.

Never through ``message_process`` or ``message_post``: the first bounces mail to a lead after the
twentieth in two hours, the second notifies followers and triggers out-of-office replies.
Recording sends nothing, notifies nobody, answers nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from odoo import fields, models
from odoo.tools import SQL

from ..engine import copies
from ..engine.markup import body
from ..engine.markup.safe import Part, Shown
from ..engine.matching import Target
from ..engine.mime.limits import TEXT_CUT
from ..engine.sync.protocols import Commit, Record
from ..engine.values import Direction, Omitted
from . import authors, last_mails, places, privacy, reports, rows, standing
from .addressing import formatted


@dataclass(frozen=True, slots=True)
class _Entry:
    """One mail on one record: what one ``mail.message`` is made from."""

    record: Record
    target: Target


def record(
    account: models.BaseModel, commit: Commit, records: Sequence[Record]
) -> models.BaseModel:
    """Create what is missing on the records, and the account's link to every one of the mails.

    Return the new messages. ``account`` is a superuser's. Everything is flushed at the end, so that
    any error in a mail is raised here.
    """
    entries = [_Entry(r, target) for r in records for target in r.verdict.missing]
    written_by = authors.contacts_of(account, {e.record.envelope.sender.email for e in entries})
    messages, bodies = _create(account.company_id, entries, written_by)
    _link(account, commit, records, entries, messages)
    account.env.flush_all()
    reports.remind(account, records)
    _complete(account.env, entries, bodies, messages)
    _note_dates(entries, messages, _keep_private(entries, messages))
    return messages


def record_by_hand(company: models.BaseModel, one: Record, author_id: int) -> models.BaseModel:
    """Create a mail that somebody found outside their mailbox; return its ``mail.message``.

    ``company`` is a superuser's. No account holds it, so it is never removed with one.
    """
    entries = [_Entry(one, target) for target in one.verdict.missing]
    messages, bodies = _create(company, entries, {one.envelope.sender.email: author_id})
    messages.mail_sync_entry_ids.kept = True
    company.env.flush_all()
    _complete(company.env, entries, bodies, messages)
    _note_dates(entries, messages, _keep_private(entries, messages))
    return messages


def _keep_private(entries: Sequence[_Entry], messages: models.BaseModel) -> frozenset[int]:
    mails = [(e.record.verdict.message_id, _ancestors(e.record)) for e in entries]
    return privacy.keep_private(messages.env, messages, mails)


def _note_dates(
    entries: Sequence[_Entry], messages: models.BaseModel, private: frozenset[int]
) -> None:
    last_mails.note(
        messages.env,
        (
            last_mails.Mail(e.target.res_id, e.record.verdict.direction, entry_date(e.record))
            for e, id_ in zip(entries, messages.ids, strict=True)
            if e.target.is_lead and not e.record.automatic and id_ not in private
        ),
    )


def _create(
    company, entries: Sequence[_Entry], written_by: Mapping[str, int]
) -> tuple[models.BaseModel, list[str]]:
    """Create the messages of some entries, and what belongs to them.

    Return them, and the bodies that ``_complete`` gives them.
    """
    shown = {entry.record.uid: body.of(entry.record.email) for entry in entries}
    files = _create_attachments(company.env, entries)
    bodies = [_html(shown[e.record.uid], each) for e, each in zip(entries, files, strict=True)]
    messages = _create_messages(company, entries, written_by, bodies, files)
    # The entries go past the cache; links that are there would update it one after another.
    messages.invalidate_recordset(["mail_sync_link_ids", "mail_sync_entry_ids"])
    _create_entries(company.env, entries, shown, messages)
    return messages, bodies


def _create_attachments(env, entries: Sequence[_Entry]) -> list[list[models.BaseModel]]:
    """Create the files of all entries in one batch, and return them in the mails' order.

    They belong to the record, as Odoo's do.
    """
    wanted = [
        (number, file) for number, e in enumerate(entries) for file in e.record.email.attachments
    ]
    created = env["ir.attachment"].create(
        [
            {
                "name": file.name,
                "raw": file.content,
                "mimetype": file.mimetype,
                "res_model": entries[number].target.model,
                "res_id": entries[number].target.res_id,
            }
            for number, file in wanted
        ]
    )
    found: list[list] = [[] for _ in entries]
    for (number, _), attachment in zip(wanted, created, strict=True):
        found[number].append(attachment)
    return found


def _create_messages(
    company,
    entries: Sequence[_Entry],
    written_by: Mapping[str, int],
    bodies: Sequence[str],
    files,
) -> models.BaseModel:
    """Create the messages, without their bodies unless Odoo has to find pictures in them."""
    env = company.env
    # Unlike `env.ref`, this queries the database once per process, not once per commit.
    subtype_id = env["ir.model.data"]._xmlid_to_res_id("mail_sync_custom.mt_synced_mail")
    values = []
    for entry, html, attached in zip(entries, bodies, files, strict=True):
        envelope = entry.record.envelope
        values.append(
            {
                "model": entry.target.model,
                "res_id": entry.target.res_id,
                "message_type": "email",
                "subtype_id": subtype_id,
                "is_internal": True,
                "message_id": f"<{entry.record.verdict.message_id}>",
                "subject": envelope.subject,
                "date": entry_date(entry.record),
                "email_from": formatted(envelope.sender),
                "author_id": written_by.get(envelope.sender.email, False),
                "reply_to": formatted(*(envelope.reply_to or (envelope.sender,))),
                "incoming_email_to": formatted(*envelope.to),
                "incoming_email_cc": formatted(*envelope.cc),
                "body": html if _has_pictures(html) else "",
                "attachment_ids": [(4, attachment.id) for attachment in attached],
                "record_company_id": company.id,
                "record_alias_domain_id": False,
            }
        )
    return env["mail.message"].create(values)


def entry_date(record: Record) -> datetime:
    """Return the time of a mail, naive in UTC: its Date header, or the server's if implausible."""
    date = copies.plausible_date(record.envelope, record.internaldate)
    return naive(date or record.internaldate or datetime.now(UTC))


def naive(moment: datetime | None) -> datetime | bool:
    """Return a time as the database has it: naive, in UTC, to the second; or False."""
    return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0) if moment else False


def _create_entries(env, entries: Sequence[_Entry], bodies: Mapping[int, Shown], messages) -> None:
    """Save why each message is where it is, and that this mail is recorded there.

    The unique index on this table prevents two workers from recording one mail twice.
    """
    rows.insert(
        env["mail.sync.entry"],
        [
            {
                "mail_message_id": message.id,
                "message_id": entry.record.verdict.message_id,
                "variant": entry.record.verdict.variant,
                "model": entry.target.model,
                "res_id": entry.target.res_id,
                "direction": entry.record.verdict.entry_direction,
                "reason": entry.record.verdict.reason,
                "because": entry.record.verdict.because,
                "answers": next(iter(_ancestors(entry.record)), False),
                **_for_answers(entry.record),
                "omitted": _omitted(entry.record, bodies[entry.record.uid]) or False,
                "automatic": entry.record.automatic,
            }
            for entry, message in zip(entries, messages, strict=True)
        ],
    )


def _omitted(record: Record, shown: Shown) -> list[dict]:
    """Return which parts of a mail are not in the CRM, its text first."""
    omitted = record.email.omitted
    if shown.cut and not any(one.why == TEXT_CUT for one in omitted):
        omitted = (Omitted(TEXT_CUT), *omitted)
    return [asdict(one) for one in omitted]


def _for_answers(r: Record) -> dict[str, str | bool]:
    """Return what an answer to a mail names, and where it goes if it goes to everyone."""
    envelope, mail = r.envelope, r.email
    # Without References, In-Reply-To stands for them if it has one id (RFC 5322 §3.6.4).
    alone = envelope.in_reply_to if len(envelope.in_reply_to) == 1 else ()
    return {
        "references_header": " ".join(envelope.references or alone) or False,
        "followup_to_header": formatted(*mail.followup_to) or False,
        "list_post_header": formatted(*mail.list_post) or False,
    }


def _ancestors(r: Record) -> tuple[str, ...]:
    """Return the ids of the mails before this one in its thread, the nearest first."""
    return (*r.envelope.in_reply_to, *reversed(r.envelope.references))


def _has_pictures(html: str) -> bool:
    """Whether Odoo makes files of pictures that are in their tags."""
    return "data:image/" in html


def _complete(env, entries: Sequence[_Entry], bodies: Sequence[str], messages) -> None:
    """Save the bodies, and put each mail below the one it answers on the same record.

    The bodies go past the field's own sanitiser, which would parse again what `engine.markup` has
    just written, and take longer than all the rest (decision 0025).

    The first sync reads newest first, so an answer is often there before its question: a new mail
    can be a parent as well as a child (RFC 5322 §3.6.4).
    """
    ancestors = standing.rows(env, {id_ for e in entries for id_ in _ancestors(e.record)})
    parents = {
        (id_, row.standing.target): row.message for id_, rows in ancestors.items() for row in rows
    }
    places = [[(id_, entry.target) for id_ in _ancestors(entry.record)] for entry in entries]
    found = [next((parents[p] for p in each if p in parents), None) for each in places]
    env["mail.sync.entry"]._use_lz4()
    env.execute_query(
        SQL(
            """
            UPDATE mail_message child
            SET parent_id = NULLIF(found.parent_id, found.id),
                body = COALESCE(found.body, child.body)
            FROM unnest(%s::int[], %s::int[], %s::text[]) AS found(id, parent_id, body)
            WHERE child.id = found.id
            RETURNING child.id
            """,
            messages.ids,
            found,
            [None if _has_pictures(html) else html for html in bodies],
        )
    )
    # The index on the answered id is only used if the column stands alone in the condition.
    env.execute_query(
        SQL(
            """
            UPDATE mail_message child SET parent_id = parent.id
            FROM mail_sync_entry answer, mail_message parent
            WHERE parent.id = ANY(%s) AND child.id = answer.mail_message_id
              AND answer.answers = trim(both '<>' from parent.message_id)
              AND child.model = parent.model AND child.res_id = parent.res_id
              AND child.id != parent.id AND child.parent_id IS DISTINCT FROM parent.id
            RETURNING child.id
            """,
            messages.ids,
        )
    )
    messages.invalidate_model(["parent_id"])
    messages.invalidate_recordset(["body"])
    messages.modified(["body"])


def _link(
    account, commit: Commit, records: Sequence[Record], entries: Sequence[_Entry], messages
) -> None:
    """Link the account to the mails, including those that it found recorded already."""
    env = account.env
    mine = defaultdict(list)
    for entry, message in zip(entries, messages, strict=True):
        mine[entry.record.uid].append(message.id)
    partly = [r for r in records if len(r.verdict.missing) < len(r.verdict.targets)]
    there = standing.rows(env, {r.verdict.message_id for r in partly})
    before = env["mail.sync.message"].search(
        [
            ("account_id", "=", account.id),
            ("message_id", "in", [r.verdict.message_id for r in records]),
        ]
    )
    known = {(link.message_id, link.variant): link for link in before}
    new: list[dict] = []
    linked: list[Sequence[int]] = []
    for r in records:
        key = (r.verdict.message_id, r.verdict.variant)
        found = [row for row in there.get(key[0], ()) if row.standing.variant == key[1]]
        ids = [row.message for row in found if row.standing.target in r.verdict.targets]
        crm = not all(row.ours for row in found)
        values = {
            "outcome": "recorded",
            "direction": r.verdict.direction,
            "origin": "crm" if crm else "synced",
            "uid": r.uid,
            "date": naive(copies.dated(r.envelope, r.internaldate).date),
            "alias": _alias(r),
            "bcc": _bcc(r),
            "error_code": False,
            "detail": False,
            "retry_at": False,
            "mailbox_id": commit.mailbox.ref,
            "uidvalidity": commit.state.uidvalidity,
            "places": places.join((), r.verdict.targets),
            "aside_from": False,
            "aside_subject": False,
        }
        if r.verdict.missing:
            values["brought_at"] = fields.Datetime.now()
        mails = (*ids, *mine[r.uid])
        values["entry_id"] = next(iter(mails), False)
        if link := known.get(key):
            values["places"] = places.join(places.of(link.places), r.verdict.targets)
            link.write({**values, "mail_message_ids": [(4, id_) for id_ in mails]})
        else:
            new.append(
                {**values, "account_id": account.id, "message_id": key[0], "variant": key[1]}
            )
            linked.append(mails)
    links = rows.insert(env["mail.sync.message"], new)
    rows.relate(links, "mail_message_ids", linked)
    messages.invalidate_recordset(["mail_sync_link_ids"])


def _bcc(r: Record) -> str | bool:
    """Return the hidden recipients of the owner's own mail: a bounce may be about one of them."""
    is_own = r.verdict.direction is Direction.OUT
    return " ".join(one.email for one in r.envelope.bcc if is_own and one.email) or False


def _alias(r: Record) -> str | bool:
    """Return the id with which the provider replaced ours, if it did."""
    own = r.envelope.message_id
    return own if own and own != r.verdict.message_id else False


def _html(shown: Shown, attached: Sequence[models.BaseModel]) -> str:
    """Return a body that shows the pictures among the files that were made from the mail."""

    def address(part: Part) -> str:
        attachment = attached[part.file]
        token = attachment.generate_access_token()[0]
        route = "image" if part.is_picture else "content"
        return f"/web/{route}/{attachment.id}?access_token={token}"

    return shown.html(address)
