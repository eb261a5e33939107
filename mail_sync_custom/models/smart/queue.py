from odoo import models


class MailMail(models.Model):
    _inherit = "mail.mail"

    def send(self, auto_commit=False, raise_exception=False, post_send_callback=None):
        """Keep a Smart Mail whose mailbox was disconnected: no other server sends it."""
        stranded = self._mail_sync_concerned().filtered(
            lambda mail: (
                mail.mail_message_id.mail_sync_template_id and not mail._mail_sync_account()
            )
        )
        stranded._mail_sync_wait()
        if post_send_callback and stranded:
            post_send_callback(stranded.ids)
        return super(MailMail, self - stranded).send(
            auto_commit=auto_commit,
            raise_exception=raise_exception,
            post_send_callback=post_send_callback,
        )

    def _mail_sync_route(self):
        smart = self[0].mail_message_id.mail_sync_template_id
        if smart and not self[0]._mail_sync_account():
            return self.env._(
                "You have no mailbox connected. No other server sends it: connect yours on the "
                "Mail Sync page, and the mail goes by itself."
            )
        return super()._mail_sync_route()

    def _mail_sync_waiting_words(self):
        if not self._mail_sync_account():
            return self.env._(
                "no mailbox is connected any more. Connect one on the Mail Sync page; the mail "
                "then goes by itself."
            )
        return super()._mail_sync_waiting_words()
