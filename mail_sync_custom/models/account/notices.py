from odoo import models

from ...engine.errors import Step


class MailSyncAccount(models.Model):
    """Telling the owner and the administrators what they would not notice by themselves."""

    _inherit = "mail.sync.account"

    def _tell(self, notice, words):
        """Tell the owner or the administrators that a lasting failure has begun, or is over."""
        recipients = self.env["res.partner"]
        if notice.owner:
            recipients |= self.user_id.partner_id
        if notice.administrators:
            administrators = self.env.ref("base.group_system").all_user_ids
            here = administrators.filtered(lambda user: self.company_id in user.company_ids)
            recipients |= here.partner_id
        self._notify(recipients, words)

    def _notify(self, recipients, words):
        """Notify partners, each in their language; ``words(account)`` returns subject and text.

        The sender is Odoo, not the user who pressed a button: their mailbox may be what fails.
        """
        self.ensure_one()
        sender = self.env.ref("base.partner_root")
        for lang, partners in recipients.grouped("lang").items():
            account = self.with_context(lang=lang)
            with self._alone(Step.RECORDING):
                subject, body = words(account)
                account.env["mail.thread"].message_notify(
                    partner_ids=partners.ids,
                    subject=subject,
                    body=body,
                    author_id=sender.id,
                    model=False,
                    res_id=False,
                )

    def _reading_words(self, notice, more=False):
        """Return subject and text of a notice; ``more``: there is something left to read.

        In the language of this environment.
        """
        if not notice.over:
            subject = self.env._("Mail Sync has stopped: %s", self.email)
            headline, remedy = self._words_of(self.error_code)
            return subject, f"{headline}. {remedy}"
        subject = self.env._("Mail Sync works again: %s", self.email)
        if self.paused_until:
            return subject, self.env._(
                "Recording continues when your company's plan allows more mails. What has arrived "
                "in the meantime is recorded then."
            )
        if more:
            return subject, self.env._(
                "Mails are being recorded again. What has arrived in the meantime follows by "
                "itself."
            )
        return subject, self.env._(
            "Mails are being recorded again. What has arrived in the meantime is recorded too."
        )
