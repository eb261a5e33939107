from odoo import models
from odoo.tools import email_normalize


class MailMail(models.Model):
    _inherit = "mail.mail"

    def send(self, auto_commit=False, raise_exception=False, post_send_callback=None):
        """Keep a synced user's mail back while their mailbox does not work.

        It is not sent from the company's server instead: it waits, and says so, and goes when the
        connection is back.
        """
        waiting = self._mail_sync_own().filtered(lambda mail: not mail._mail_sync_can_go())
        waiting._mail_sync_wait()
        if post_send_callback and waiting:
            post_send_callback(waiting.ids)
        return super(MailMail, self - waiting).send(
            auto_commit=auto_commit,
            raise_exception=raise_exception,
            post_send_callback=post_send_callback,
        )

    def mark_outgoing(self):
        """A user who sends a mail again takes on themselves that it may have been sent."""
        # sudo: whoever may send the mail again may have it forgotten that it was tried
        self.env["mail.sync.outgoing"].sudo()._forget_unknown(self.mapped("message_id"))
        return super().mark_outgoing()

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        """Tell the sender what their server refused; keep what could not be handed over at all."""
        # Odoo comes here with this failure when there was no connection to begin with.
        waiting = self._mail_sync_own() if failure_type == "mail_smtp" else self.browse()
        waiting._mail_sync_wait()
        for mail in self - waiting:
            if problems := self.env["mail.sync.outgoing"]._problems(mail.message_id):
                mail._mail_sync_refused(problems, success_pids)
                waiting |= mail
        return super(MailMail, self - waiting)._postprocess_sent_message(
            success_pids, success_emails, failure_reason=failure_reason, failure_type=failure_type
        )

    # -- whose, and whether it can go ----------------------------------------------------------

    def _mail_sync_account(self):
        """Return the account, as superuser, of the mailbox that this mail leaves through."""
        self.ensure_one()
        # sudo: Odoo sends as the superuser or as another user than the sender
        account_sudo = (
            self.env["mail.sync.account"].sudo()._of_user(self.mail_message_id.create_uid)
        )
        own = account_sudo and email_normalize(self.email_from) == account_sudo.email
        return account_sudo if own else account_sudo.browse()

    def _mail_sync_own(self):
        return self.filtered(lambda mail: mail._mail_sync_account())

    def _mail_sync_can_go(self):
        return self._mail_sync_account()._can_send()

    # -- what is seen of it on the lead --------------------------------------------------------

    def _mail_sync_wait(self):
        """Leave mails in the queue until their mailbox works, and say why."""
        for mail in self:
            mail.write(
                {
                    "state": "outgoing",
                    "failure_type": False,
                    "failure_reason": self.env._(
                        "the mailbox %s cannot send at the moment. "
                        "The mail goes by itself as soon as it can.",
                        mail._mail_sync_account().email,
                    ),
                }
            )
            mail._mail_sync_notifications()._mail_sync_ready()

    def _mail_sync_refused(self, problems, success_pids):
        """Show on the mail, and on each recipient it did not reach, what the server said.

        What was refused for now stays in the queue; those who have got it do not get it again.
        """
        later = [problem.retry_at for problem in problems if problem.retry_at]
        words = "\n".join(dict.fromkeys(problem.words for problem in problems))
        self.write(
            {
                "state": "outgoing" if later else "exception",
                "scheduled_date": min(later) if later else False,
                "failure_type": "unknown",
                "failure_reason": words,
            }
        )
        by_email = {problem.email: problem for problem in problems}
        for notification in self._mail_sync_notifications():
            problem = by_email.get(notification._mail_sync_email())
            notification._mail_sync_note(problem, notification.res_partner_id in success_pids)
        self.mail_message_id._notify_message_notification_update()
        if later:
            self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger(min(later))

    def _mail_sync_notifications(self):
        """Return the notifications, as superuser, of recipients who have not got the mail yet."""
        # sudo: as Odoo does when it notes what became of a mail
        return (
            self.env["mail.notification"]
            .sudo()
            .search(
                [
                    ("notification_type", "=", "email"),
                    ("mail_mail_id", "in", self.ids),
                    ("notification_status", "not in", ("sent", "canceled")),
                ]
            )
        )
