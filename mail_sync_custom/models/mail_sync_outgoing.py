import hashlib
import logging
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from typing import NamedTuple

from odoo import fields, models
from odoo.tools import SQL

from ..engine.addresses import keys, shown
from ..engine.allowance import Slot
from ..engine.errors import Kind
from ..engine.mime import compose
from ..engine.values import Direction
from ..transactions import again, as_superuser, rows
from ..words import remedies

_logger = logging.getLogger(__name__)

#: The pauses before filing a copy in Sent is retried; the last one repeats.
FILING_PAUSES = tuple(timedelta(minutes=m) for m in (5, 30, 2 * 60, 6 * 60, 24 * 60))
#: How often it is tried: for about ten days.
MAX_FILINGS = 14


class Problem(NamedTuple):
    """Recipients that a mail did not reach, or may not have reached, and why.

    ``retry_at`` is when it is retried automatically; None if its sender has to decide.
    """

    addresses: frozenset[str]
    words: str
    retry_at: datetime | None

    def _words_among(self, recipients):
        """Return the words, and whom they are about if the mail has other recipients as well."""
        if recipients <= self.addresses:
            return self.words
        return f"{', '.join(sorted(map(shown, self.addresses & recipients)))}: {self.words}"


class MailSyncOutgoing(models.Model):
    """One handover of one mail to the owner's SMTP server, and whether its outcome is known.

    Odoo sends one SMTP message per recipient, all with the same Message-ID, and commits after the
    last. If it is killed in between, it would send them again. So each handover is committed here
    before it begins (``sending``) and after it ends (``sent``, ``refused``, or ``deferred`` to be
    retried): what was sent is not sent again, and an interrupted one is ``unknown`` until the Sent
    folder or the user settles it. The user either lets it be sent again, which deletes the record,
    or marks it as ``sent``.
    """

    _name = "mail.sync.outgoing"
    _description = "Mail Handed to the Owner's Server"
    _rec_name = "message_id"

    account_id = fields.Many2one("mail.sync.account", required=True, index=True, ondelete="cascade")
    message_id = fields.Char("Message-ID", required=True)
    recipients_hash = fields.Char(required=True)
    state = fields.Selection(
        [
            ("sending", "Being sent"),
            ("unknown", "Not known"),
            ("sent", "Sent"),
            ("refused", "Refused"),
            ("deferred", "Not now"),
        ],
        required=True,
    )
    # When the last handover began, which counts towards the provider's limits.
    handed_at = fields.Datetime(copy=False)
    code = fields.Char()
    detail = fields.Char()
    attempts = fields.Integer(default=0)
    retry_at = fields.Datetime()
    # Whom the handover is for; the header may name others, and does not name those in Bcc.
    recipients = fields.Char()
    to_header = fields.Char("To")
    cc_header = fields.Char("Cc")
    raw = fields.Binary(attachment=False)  # gone as soon as the copy is filed
    filed = fields.Boolean("Copy in Sent")
    sent_at = fields.Datetime()
    # Why there is no copy in Sent; kept when filing has been given up.
    filing_code = fields.Char()
    filing_detail = fields.Char()
    filing_attempts = fields.Integer(default=0)
    filing_retry_at = fields.Datetime()

    _once = models.UniqueIndex("(message_id, recipients_hash)")
    _to_file_idx = models.Index("(account_id) WHERE state = 'sent' AND filed IS NOT TRUE")
    _handed_idx = models.Index("(account_id, handed_at) WHERE handed_at IS NOT NULL")

    # -- handover ------------------------------------------------------------------------------

    def _begin(self, account_id, message: EmailMessage, recipients):
        """Save that a handover to these addresses begins. Returns its id and its earlier state.

        That is ``new``, ``sent`` or ``unknown``, or ``later`` if the provider takes no more now. A
        ``sending`` found here was left by a process that died, because a running one keeps the mail
        itself locked.
        """
        # Two processes that take the last place of a minute: the second one looks again.
        return again(lambda: self._begin_once(account_id, message, recipients))

    def _begin_once(self, account_id, message, recipients):
        to, cc = (str(message[name] or "") for name in ("To", "Cc"))
        envelope = ", ".join(recipients)
        key = {
            "message_id": bare_id(message["Message-Id"]),
            "recipients_hash": recipients_hash(envelope),
        }
        with as_superuser(self.env.cr.dbname) as env:
            Outgoing = env[self._name]
            server_id = env["mail.sync.account"].browse(account_id).mail_server_id.id
            rows(
                env,
                SQL(
                    "UPDATE ir_mail_server SET owner_limit_time = %s WHERE id = %s RETURNING id",
                    fields.Datetime.now(),
                    server_id,
                ),
            )
            before = Outgoing.search([(name, "=", value) for name, value in key.items()])
            if before.state in ("refused", "deferred"):
                before._keep_copy(message)
                return before.id, before._take_place(len(recipients))
            if before:
                before.state = "unknown" if before.state == "sending" else before.state
                return before.id, before.state
            headers = {"recipients": envelope, "to_header": to, "cc_header": cc}
            # Each of these was refused for now by itself, and is tried again with the others.
            later = Outgoing._of(key["message_id"], "deferred")
            later = later.filtered(lambda one: one._addresses() <= {*keys(envelope)})
            attempts = max(later.mapped("attempts"), default=0)
            later.unlink()
            values = {"account_id": account_id, "state": "sending", "attempts": attempts}
            outgoing = Outgoing.create({**key, **headers, **values})
            # Saved before the handover: if the user is later asked whether it was sent, and says
            # yes, the copy in Sent is made from this.
            outgoing._keep_copy(message)
            return outgoing.id, outgoing._take_place(len(recipients))

    def _take_place(self, size):
        """Count a handover to so many recipients as begun; put it off if the limit is reached."""
        slot = self.account_id._send_slots([size])[0]
        if slot.cause:
            self.write({"state": "deferred", "code": f"own_{slot.cause}", "retry_at": slot.at})
            return "later"
        self.write({"state": "sending", "handed_at": fields.Datetime.now()})
        return "new"

    def _settle(self, outgoing_id, state, message: EmailMessage | None = None):
        """Save how a handover ended; ``None`` if there was none, so that it may be repeated."""
        with as_superuser(self.env.cr.dbname) as env:
            outgoing = env[self._name].browse(outgoing_id).exists()
            if state is None:
                outgoing.unlink()
            elif outgoing:
                outgoing.state = state
                if state == "sent":
                    outgoing.sent_at = fields.Datetime.now()
                    outgoing._keep_copy(message)
                    outgoing._link()

    def _problems(self, message_id):
        """Return a :class:`Problem` for each handover that did not end with acceptance.

        Read in a separate transaction, like everything here: the sender's began before the mail was
        handed over, and sees none of it.
        """
        with as_superuser(self.env.cr.dbname) as env:
            found = env[self._name]._of(message_id, "refused", "deferred", "unknown")
            return [one._problem(self.env) for one in found]

    def _problem(self, env):
        if self.state == "unknown":
            words = "\n".join(
                (
                    env._("We do not know whether this mail was sent"),
                    remedies.remedy(env, "sending_unknown"),
                )
            )
            return Problem(self._addresses(), words, None)
        provider = self.account_id.provider_id.code
        if (self.code or "").startswith("own_"):
            slot = Slot(self.retry_at, self.code.removeprefix("own_"))
            words = self.account_id.with_env(env)._slot_words(slot)
        else:
            words = remedies.sentences(env, self.code, self.detail, provider)
        return Problem(self._addresses(), words, self.retry_at or None)

    def _addresses(self):
        """Return the addresses these were handed over to, normalised."""
        return frozenset(
            address
            for one in self
            # Older ones are known by their header only.
            for text in ([one.recipients] if one.recipients else [one.to_header, one.cc_header])
            for address in keys(text or "")
        )

    def _of(self, message_id, *states):
        """Return the handovers of a mail that are in one of these states."""
        return self.search([("message_id", "=", bare_id(message_id)), ("state", "in", states)])

    def _of_mail(self, mail):
        """Return the handovers to a mail's own recipients that did not end with acceptance."""
        recipients = mail._mail_sync_addresses()
        return self._of(mail.message_id, "refused", "deferred", "unknown").filtered(
            lambda one: one._addresses() & recipients
        )

    def _keep_copy(self, message: EmailMessage | None):
        """Keep what was sent until it is filed; once per mail, however many recipients it has."""
        same = [("message_id", "=", self.message_id), ("id", "!=", self.id)]
        kept = self.search_count([*same, "|", ("raw", "!=", False), ("filed", "=", True)])
        if message and not kept:
            # Byte for byte what leaves: it is not folded anew.
            self.raw = message.as_bytes(policy=message.policy.clone(linesep="\r\n"))

    def _link(self):
        """Link the account to the mail, so that its copy in Sent is recognised."""
        Link = self.env["mail.sync.message"]
        key = [("account_id", "=", self.account_id.id), ("message_id", "=", self.message_id)]
        messages = self.env["mail.message"].search([("message_id", "=", f"<{self.message_id}>")])
        if messages and not Link.search_count(key):
            Link.create(
                {
                    "account_id": self.account_id.id,
                    "message_id": self.message_id,
                    "date": messages[0].date,
                    "direction": Direction.OUT,
                    "origin": "crm",
                    "outcome": "recorded",
                    "mail_message_ids": [(6, 0, messages.ids)],
                    "entry_id": messages[0].id,
                }
            )

    # -- the user's answer ---------------------------------------------------------------------

    def _in_doubt(self, message_ids):
        """Return those of these Message-IDs for which it is unknown whether they were sent."""
        by_bare_id = {bare_id(message_id): message_id for message_id in message_ids}
        found = self.search([("message_id", "in", list(by_bare_id)), ("state", "=", "unknown")])
        return {by_bare_id[one.message_id] for one in found}

    def _delivered(self, message_id):
        """Return the addresses for which the owner's server has accepted a mail.

        An address refused alongside others (see :meth:`_refuse_each`) is not among them.
        """
        return (
            self._of(message_id, "sent")._addresses()
            - self._of(message_id, "refused", "deferred")._addresses()
        )

    def _forget_undelivered(self, message_id):
        """Let a mail be handed over again to those it did not reach, at its user's request.

        Also if it was refused: the address may have been corrected.
        """
        self._of(message_id, "unknown", "refused").unlink()

    def _confirm(self):
        """Save that these were sent after all, as their user said; file the copy."""
        self.write({"state": "sent"})
        for outgoing in self:
            outgoing._link()
        self.account_id._schedule_now()

    def _wake(self, account_id):
        """Have the copy filed soon: the account's next turn is due now."""

        def wake():
            with as_superuser(self.env.cr.dbname) as env:
                env["mail.sync.account"].browse(account_id)._schedule_now()

        # The mail has left: a turn that saves the account meanwhile must not fail its sender.
        again(wake)

    # -- the copy in Sent ----------------------------------------------------------------------

    def _to_file(self, account):
        """Return what is to be filed now, by Message-ID: mails sent to all of their recipients."""
        ids = self.env.execute_query(
            SQL(
                """
                SELECT o.id FROM mail_sync_outgoing o
                WHERE o.account_id = %s AND o.state = 'sent' AND o.filed IS NOT TRUE
                  AND (o.filing_retry_at IS NULL OR o.filing_retry_at <= %s)
                  AND NOT EXISTS (
                    SELECT FROM mail_mail q JOIN mail_message m ON m.id = q.mail_message_id
                    WHERE m.message_id = '<' || o.message_id || '>' AND q.state = 'outgoing'
                  )
                ORDER BY o.id
                """,
                account.id,
                fields.Datetime.now(),
            )
        )
        return self.browse(id_ for [id_] in ids).grouped("message_id")

    def _filed(self):
        """Save that the copy is settled: it exists, or its bytes are not known."""
        self.write({"filed": True, "raw": False, "filing_code": False, "filing_retry_at": False})

    def _put_off_filing(self, error, now):
        """Save why the copy could not be filed, and when that is retried, if at all."""
        attempts = max(self.mapped("filing_attempts")) + 1
        values = {
            "filing_code": error.code,
            "filing_detail": error.detail,
            "filing_attempts": attempts,
        }
        if error.kind is Kind.MSG or attempts >= MAX_FILINGS:
            # Such a copy will never be accepted, or nobody has fixed the cause in all this time.
            self.write({**values, "filed": True, "raw": False, "filing_retry_at": False})
            return
        wait = FILING_PAUSES[min(attempts, len(FILING_PAUSES)) - 1]
        asked = timedelta(seconds=min(error.retry_after or 0, 86400))
        self.write({**values, "filing_retry_at": now + max(wait, asked)})

    def _unfiled_words(self, messages):
        """Return, by Message-ID, why some of these mails have no copy in Sent, and what follows."""
        by_bare_id = {bare_id(message.message_id): message.message_id for message in messages}
        unfiled = self.search(
            [("message_id", "in", list(by_bare_id)), ("filing_code", "!=", False)]
        )
        return {by_bare_id[one.message_id]: one._filing_words() for one in unfiled}

    def _filing_words(self):
        provider = self.account_id.provider_id.code
        why = remedies.sentences(self.env, self.filing_code, self.filing_detail, provider)
        if not self.filing_retry_at:
            return self.env._("This mail was sent, and has no copy in Sent. %s", why)
        return self.env._(
            "This mail was sent, and has no copy in Sent yet; that is tried again by itself. %s",
            why,
        )

    def _copy(self):
        """Return the bytes to file: what was sent, with all of its recipients, or None."""
        # It may be with a handover whose outcome is unknown.
        kept = self.search([("message_id", "=", self[0].message_id), ("raw", "!=", False)], limit=1)
        if not kept:
            return None
        raw = bytes(kept.raw)
        if kept == self:
            return raw
        head, separator, body = raw.partition(b"\r\n\r\n")
        headers = BytesHeaderParser(policy=compose.POLICY).parsebytes(head + separator)
        # Cc recipients are already in the kept headers, and may have been handed over separately.
        del headers["To"]
        if to := dict.fromkeys(filter(None, self.mapped("to_header"))):
            headers["To"] = ", ".join(to)
        return headers.as_bytes().partition(b"\r\n\r\n")[0] + separator + body


def bare_id(message_id):
    """Return a Message-ID in the engine's form: without angle brackets."""
    return (message_id or "").strip().strip("<>")


def recipients_hash(*headers):
    """Return a value that distinguishes the recipients of one handover from another's.

    Names are ignored: they may change between two attempts.
    """
    addresses = {address for text in headers for address in keys(text)}
    return hashlib.sha256("".join(f"{one}\n" for one in sorted(addresses)).encode()).hexdigest()
