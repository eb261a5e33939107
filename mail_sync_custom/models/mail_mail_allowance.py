"""What leaves now through a mailbox, and what later, because its provider takes no more."""

from odoo import fields, models

from ..engine.addresses import keys
from ..transactions import as_superuser


class MailMail(models.Model):
    _inherit = "mail.mail"

    def _split_by_delayed_batch(self, mail_server):
        """Return the mails that the provider takes now; give each of the others its time.

        Odoo counts the mails of a minute only, and forgets them when another one begins.
        """
        account_sudo = self.env["mail.sync.account"]._of_server(mail_server.id)
        if not account_sudo:
            return super()._split_by_delayed_batch(mail_server)
        mails = self.sorted(lambda mail: (mail.create_date, mail.id))
        sizes = [mail._mail_sync_size() for mail in mails]
        # On a transaction of its own: this one may have begun before others sent theirs.
        with as_superuser(self.env.cr.dbname) as env:
            outside = env["mail.sync.account"].browse(account_sudo.id).exists()
            slots = (outside or account_sudo)._send_slots(sizes)
        later = {mail: slot for mail, slot in zip(mails, slots, strict=True) if slot.cause}
        for mail, slot in later.items():
            mail._mail_sync_put_off(slot)
        if later:
            times = {slot.at for slot in later.values()}
            self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger_list(times)
        return mails.filtered(lambda mail: mail not in later)

    def _mail_sync_size(self):
        """Return how many recipients the mail has left; those without an address get none."""
        texts = (self.email_to, self.email_cc, *self.recipient_ids.mapped("email"))
        return sum(len(keys(text or "")) for text in texts)

    def _mail_sync_put_off(self, slot):
        """Leave a mail in the queue until its time, and say so on it."""
        words = self._mail_sync_for_writer()._mail_sync_account()._slot_words(slot)
        self.write({"scheduled_date": slot.at, "failure_type": False, "failure_reason": words})
        self._mail_sync_notifications()._mail_sync_ready()

    def _mail_sync_is_put_off(self):
        """Whether a mail of the queue has a time that is still to come."""
        return bool(self.scheduled_date and self.scheduled_date > fields.Datetime.now())
