"""What answers a mail, or forwards it, is written by somebody who can read that mail.

Odoo takes the subject and the recipients of an answer from the message that it names, whoever
names it; and where none is named, the last one on the record. Here, naming a mail that one cannot
read is an AccessError, and Odoo's own choice never falls on one.
"""

from odoo import api, models
from odoo.fields import Domain

from ..bridge import standing

#: Odoo looks at as many messages for the last comment or mail.
LOOKED_AT = 200


class MailMessage(models.Model):
    _inherit = "mail.message"

    @api.model_create_multi
    def create(self, vals_list):
        self._mail_sync_check_parents(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        if vals.get("parent_id"):
            # sudo: on which record each is
            places = ({"model": one.model, "res_id": one.res_id} for one in self.sudo())
            self._mail_sync_check_parents([{**place, **vals} for place in places])
        return super().write(vals)

    @api.model
    def _mail_sync_check_parents(self, vals_list):
        """Raise AccessError if the user names a mail above a message that they cannot read."""
        if self.env.su:
            return
        names, field = (False, *standing.models(self.env)), self._fields["parent_id"]
        by_default = self.env.context.get("default_parent_id")
        for values in vals_list:
            named = field.convert_to_cache(values.get("parent_id", by_default), self)
            place = (values.get("model", False), values.get("res_id", False))
            # Of a record that has no mails, nothing is told to whoever names one above it.
            if named and place[0] in names:
                self.browse(named)._mail_sync_check_above(*place)

    def _mail_sync_check_above(self, model, res_id):
        """Raise AccessError if the user cannot read this message, named above one on a record."""
        if unreadable := self._mail_sync_unanswerable():
            raise unreadable._make_access_error("read")
        # sudo: which record it is on
        message_sudo = self.sudo()
        # On the same record, Odoo may have chosen a message that its writer no longer reads.
        if (message_sudo.model, message_sudo.res_id) != (model, res_id):
            self._mail_sync_check_answered()

    def _mail_sync_check_answered(self):
        """Raise AccessError if the user cannot read one of these messages.

        Those on records that have no mails are left to Odoo.
        """
        names = standing.models(self.env)
        # sudo: which record each is on
        mails_sudo = self.sudo().filtered(lambda one: one.model in names)
        mails_sudo.sudo(False).check_access("read")

    def _mail_sync_unanswerable(self):
        """Return those of the messages that are mails which the user may not read.

        What the user planned to send while they could read the mail is sent all the same: it
        quotes that mail already.
        """
        # sudo: what kind of message each is; what is no recorded mail costs no query
        mails_sudo = self.sudo().filtered(
            lambda one: one.mail_sync_private or one.message_type == "email"
        )
        withheld = mails_sudo.sudo(False)._mail_sync_withheld()
        return withheld - self.env["mail.scheduled.message"]._mail_sync_planned(withheld)


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    def _message_compute_parent_id(self, parent_id):
        """Refuse a mail that its writer names and cannot read; otherwise choose none of those."""
        if self._name not in standing.models(self.env) or not self._mail_flat_thread:
            return super()._message_compute_parent_id(parent_id)
        if not parent_id:
            return self._mail_sync_last_readable().id
        found = super()._message_compute_parent_id(parent_id)
        unreadable = self.env["mail.message"].browse(found or ())._mail_sync_unanswerable()
        if unreadable and found == parent_id:
            raise unreadable._make_access_error("read")
        return False if unreadable else found

    def _mail_sync_last_readable(self):
        """Return what Odoo takes for what is answered, of what the user may read.

        The last comment or mail, or else the last message. It costs no more queries than in Odoo.
        """
        # sudo: as in Odoo, where notes of the record count as well; mails by the user's own right
        messages_sudo = self.env["mail.message"].sudo()
        domain = Domain(
            [
                ("model", "=", self._name),
                ("res_id", "=", self.id),
                ("message_type", "!=", "user_notification"),
            ]
        )
        last_sudo = messages_sudo.search_fetch(
            domain & messages_sudo._mail_sync_readable_domain({self._name}),
            order="date desc, id desc",
            limit=LOOKED_AT,
        )
        return last_sudo.sorted(lambda one: one.message_type not in ("comment", "email"))[:1]

    def _notify_by_email_get_base_mail_values(
        self, message, recipients_data, additional_values=None
    ):
        """Leave out of References the private mails that the writer cannot read.

        A Message-ID can tell whose mail it is. Odoo names the last messages of the record.
        """
        values = super()._notify_by_email_get_base_mail_values(
            message, recipients_data, additional_values=additional_values
        )
        if values.get("references") and self._name in standing.models(self.env):
            hidden = self._mail_sync_private_among_read()
            named = values["references"].split()
            values["references"] = " ".join(one for one in named if one not in hidden)
        return values

    def _mail_sync_private_among_read(self):
        """Return the Message-IDs of mails that Odoo has just read and the user may not.

        The cache has them all, so where nothing is private this costs no query.
        """
        # sudo: as Odoo has read them
        messages_sudo = self.env["mail.message"].sudo()
        field = messages_sudo._fields["mail_sync_private"]
        read_sudo = self.env.cache.get_records(messages_sudo, field)
        private_sudo = read_sudo.filtered("mail_sync_private")
        return {one.message_id for one in private_sudo.sudo(False)._mail_sync_withheld().sudo()}


class MailScheduledMessage(models.Model):
    _inherit = "mail.scheduled.message"

    @api.model_create_multi
    def create(self, vals_list):
        scheduled = super().create(vals_list)
        scheduled._mail_sync_check_planned()
        return scheduled

    def write(self, vals):
        result = super().write(vals)
        if "notification_parameters" in vals:
            self._mail_sync_check_planned()
        return result

    def _mail_sync_check_planned(self):
        """Raise AccessError if these are to answer a mail that the user cannot read."""
        if self.env.su:
            return
        ids = {one._mail_sync_answered_id() for one in self} - {None}
        answered = self.env["mail.message"].browse(ids)
        if withheld := answered.exists()._mail_sync_withheld():
            raise withheld._make_access_error("read")

    @api.model
    def _mail_sync_planned(self, messages):
        """Return those of the messages that something answers which the user has scheduled."""
        if not messages:
            return messages
        # sudo: what the user has scheduled, even if they could not schedule it now
        own_sudo = self.sudo().search([("create_uid", "=", self.env.uid)])
        planned = {one._mail_sync_answered_id() for one in own_sudo}
        return messages.filtered(lambda message: message.id in planned)
