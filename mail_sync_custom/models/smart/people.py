"""To whom a Smart Mail goes from a record, or from a selection of them: one mail each."""

from typing import NamedTuple

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ...bridge import standing
from ...engine.addresses import keys

#: So many are written while their sender looks on; more are written one after the other, later.
AT_ONCE = 50
#: So many a selection may have.
MOST = 1000


class Person(NamedTuple):
    """Somebody who gets a Smart Mail, on a record."""

    record: models.BaseModel
    name: str
    email: str


class Left(NamedTuple):
    """A record of the selection that gets none, and why."""

    record: models.BaseModel
    why: str


class MailSyncTimeline(models.AbstractModel):
    _inherit = "mail.sync.timeline"

    def action_mail_sync_smart_mail(self):
        """Return the choice of Smart Mails for these records.

        Raises AccessError for those who may not write on one of them.
        """
        if not self:
            raise UserError(self.env._("Select at least one record."))
        if len(self) > MOST:
            raise UserError(self.env._("Select at most %s records.", MOST))
        self.check_access("write")
        return self.env["mail.sync.smart.mail"]._open(self)

    @api.model
    def _mail_sync_selected(self, model, ids):
        """Return the records of a selection that are still there."""
        known = model if model in standing.MODELS else "crm.lead"
        return self.env[known].browse(ids or ()).exists()

    def _mail_sync_smart_email(self):
        """Return the address of the person behind a record, as it was entered."""
        self.ensure_one()
        if self._name == "res.partner":
            return self.email or ""
        return self.email_from or self.partner_id.email or ""

    def _mail_sync_smart_name(self):
        """Return the name of the person behind a record."""
        if self._name == "res.partner":
            return self.name or self._mail_sync_smart_email()
        names = (self.partner_id.name, self.contact_name, self.partner_name)
        return next(filter(None, names), self._mail_sync_smart_email())

    def _mail_sync_smart_people(self):
        """Return who gets a Smart Mail: a :class:`Person` each, and a :class:`Left` for the others.

        Whoever is on several of these records gets one mail.
        """
        people, left, seen = [], [], {}
        for record in self:
            address = next(iter(keys(record._mail_sync_smart_email())), "")
            if not address:
                left.append(Left(record, self.env._("has no mail address")))
            elif record.is_blacklisted:
                left.append(Left(record, self.env._("does not want mails (on the blacklist)")))
            elif address in seen:
                why = self.env._("is the same person as %s", seen[address].display_name)
                left.append(Left(record, why))
            else:
                seen[address] = record
                people.append(Person(record, record._mail_sync_smart_name(), address))
        return people, left

    def _mail_sync_smart_partner(self):
        """Return the contact that a Smart Mail goes to; Odoo creates it for a lead without one."""
        self.ensure_one()
        if self._name == "res.partner":
            return self
        address = {*keys(self._mail_sync_smart_email())}
        if address & {*keys(self.partner_id.email or "")}:
            return self.partner_id
        return self._partner_find_from_emails_single([self.email_from])[:1]

    def _mail_sync_smart_composer(self, template, **values):
        """Return Odoo's composer with a Smart Mail to the person behind a record."""
        self.ensure_one()
        composers = self.env["mail.compose.message"].with_context(
            default_model=self._name, default_res_ids=self.ids
        )
        return composers.create(
            {
                "composition_mode": "comment",
                "mail_sync_exact": True,
                "partner_ids": [Command.set(self._mail_sync_smart_partner().ids)],
                "template_id": template.id,
                **values,
            }
        )

    @api.model
    def _mail_sync_smart_in_turn(self, count):
        """Return whether so many mails are written one after the other, later."""
        return count > AT_ONCE

    def _mail_sync_smart_send(self, template, at=None):
        """Write a Smart Mail on each record, as it is, to leave now or at a time."""
        later = at
        if not later and self._mail_sync_smart_in_turn(len(self)):
            later = fields.Datetime.add(fields.Datetime.now(), minutes=1)
        for record in self:
            if later:
                text = fields.Datetime.to_string(later)
                composer = record._mail_sync_smart_composer(template, scheduled_date=text)
                composer._action_schedule_message()
            else:
                # Several leave through one connection, from the queue.
                record._mail_sync_smart_composer(
                    template, force_send=len(self) == 1
                )._action_send_mail()
        if not later and len(self) > 1:
            self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()
