"""*Log a mail by hand*: a mail that is in no synchronised mailbox, from a file."""

import base64
import binascii

from odoo import models
from odoo.exceptions import UserError
from odoo.tools.misc import formatLang

from ..bridge import by_hand, reports
from ..engine.addresses import keys
from ..engine.errors import MessageUnreadable
from ..engine.mime import email, envelope, file
from ..engine.people import Target
from ..engine.reports.automatic import is_automatic
from ..engine.values import Outcome
from ..words import files

_MEGABYTE = 1024 * 1024


class MailSyncTimeline(models.AbstractModel):
    _inherit = "mail.sync.timeline"

    def mail_sync_log_mail(self, content=""):
        """Record the mail in a file, whose ``content`` is in base64; return its entry's ``id``.

        For whoever may write on the record. It notifies nobody. A bounce or a receipt marks the
        mail that it is about, if the user's mailbox has sent that: then ``reported`` is its
        subject. Raises UserError if the file is no mail, unsafe or too large, if the mail is here
        already, or if it must not be recorded.
        """
        self.ensure_one()
        self._mail_sync_check_timeline()
        self.check_access("write")
        # Waits for a second click on the same file; then the mail is here already.
        self.lock_for_update(allow_referencing=True)
        limits = self.env["mail.sync.account"]._size_limits()
        raw = self._mail_sync_mail_of(content, limits.message_bytes)
        read = self._mail_sync_read(raw, limits.attachment_bytes)
        head = read.envelope or envelope.envelope(raw)
        report = by_hand.report(raw, head)
        if report and (about_sudo := self._mail_sync_reported(report)):
            return {"id": about_sudo.id, "reported": about_sudo.subject or ""}
        # sudo: whoever may write here may log what they have; they cannot write these tables
        user_sudo, own = self.env.user.sudo(), self._mail_sync_own_emails()
        verdict = by_hand.judge(user_sudo, own, head, Target(self._name, self.id))
        self._mail_sync_check_loggable(verdict)
        automatic = bool(report) or is_automatic(raw)
        message_sudo = by_hand.record(user_sudo, own, head, read, verdict, automatic=automatic)
        self._mail_sync_tell_recorded()
        return {"id": message_sudo.id, "subject": message_sudo.subject or ""}

    def _mail_sync_reported(self, report):
        """Mark the mail that a report is about; return its message, none if it is unknown."""
        # sudo: their own account, and what was sent from it
        account_sudo = self.env["mail.sync.account"].sudo()._ever_of_user(self.env.user)
        if not account_sudo:
            return self.env["mail.message"]
        messages_sudo = reports.mark_from_file(account_sudo, report)
        here_sudo = messages_sudo.filtered(
            lambda one: (one.model, one.res_id) == (self._name, self.id)
        )
        self._mail_sync_tell_recorded()
        return (here_sudo or messages_sudo)[:1]

    def _mail_sync_mail_of(self, content, limit):
        """Return the bytes of the mail in a file. Raises UserError."""
        if len(content) * 3 // 4 > limit + _MEGABYTE:
            raise UserError(self._mail_sync_too_large(len(content) * 3 // 4, limit))
        try:
            data = base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError):
            data = b"?"
        if len(data) > limit:
            raise UserError(self._mail_sync_too_large(len(data), limit))
        if why := file.wrong(data):
            raise UserError(files.wrong(self.env, why))
        return file.mail_of(data)

    def _mail_sync_too_large(self, size, limit):
        return self.env._(
            "This file has %(size)s MB. A mail can have up to %(limit)s MB.",
            size=formatLang(self.env, size / _MEGABYTE, digits=1),
            limit=formatLang(self.env, limit / _MEGABYTE, digits=1),
        )

    def _mail_sync_read(self, raw, max_attachment):
        try:
            return email.email(raw, max_attachment=max_attachment)
        except MessageUnreadable as error:
            raise UserError(files.wrong(self.env, error.code)) from error

    def _mail_sync_own_emails(self):
        """Return the user's own addresses, as keys."""
        user = self.env.user
        # sudo: their own account, or the one that they had
        accounts_sudo = self.env["mail.sync.account"].sudo().with_context(active_test=False)
        accounts_sudo = accounts_sudo.search([("user_id", "=", user.id)])
        own = {one for account_sudo in accounts_sudo for one in account_sudo._own_emails()}
        return own.union(keys(user.email or ""), keys(user.login))

    def _mail_sync_check_loggable(self, verdict):
        if verdict.outcome is Outcome.EXCLUDED:
            raise UserError(
                self.env._(
                    "This mail has an address on it that is on the list Never Record: your own, "
                    "or your company's."
                )
            )
        if not verdict.missing:
            raise UserError(self.env._("This mail is here already."))

    def _mail_sync_tell_recorded(self):
        """Have the pages on which this record is open show what is new."""
        # sudo: the salesperson of a lead looks at it, too, and only learns that it has changed
        users_sudo = self.env.user.sudo() | self.sudo()._mail_sync_salesperson()
        users_sudo._bus_send("mail_sync/recorded", {self._name: self.ids})
