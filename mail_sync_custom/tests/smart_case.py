"""A salesperson with a mailbox, three leads, and a Smart Mail prepared for them."""

from datetime import timedelta

from odoo import Command, fields

from .test_sending import SendingCase


class SmartCase(SendingCase):
    """What leaves through Ann's mailbox is in ``self.left``."""

    def setUp(self):
        super().setUp()
        self.welcome = self.smart_mail(
            "Welcome",
            subject="Hello {{ object.contact_name }}",
            body_html="<p>Dear <t t-out='object.contact_name'/>, thank you.</p>",
        )
        self.leads = self.env["crm.lead"].create(
            [
                {
                    "name": f"Roof of {name}",
                    "type": "opportunity",
                    "contact_name": name,
                    "email_from": f"{name.lower()}@customer.example",
                    "user_id": self.ann.id,
                }
                for name in ("Lena", "Jon", "Kim")
            ]
        )

    def smart_mail(self, name, model="crm.lead", **values):
        return self.env["mail.template"].create(
            {
                "name": name,
                "model_id": self.env["ir.model"]._get_id(model),
                "mail_sync_smart": True,
                "subject": name,
                "body_html": "<p>Hello</p>",
                **values,
            }
        )

    def choose(self, records, user=None):
        """Press *Smart Mail* on records; return the dialog."""
        action = records.with_user(user or self.ann).action_mail_sync_smart_mail()
        return self.opened(action, user)

    def opened(self, action, user=None):
        """Return what an action opens."""
        opened = self.env[action["res_model"]].with_user(user or self.ann).browse(action["res_id"])
        return opened.with_context(**action.get("context", {}))

    def line(self, records, template=None, user=None):
        """Return the line of a Smart Mail in the dialog."""
        lines = self.choose(records, user).shown_ids
        return lines.filtered(lambda line: line.template_id == (template or self.welcome))

    def quick_send(self, records, template=None, **values):
        """Press *Quick Send* and confirm it; return the confirmation."""
        asked = self.opened(self.line(records, template).action_quick_send())
        asked.write(values)
        asked.action_send()
        return asked

    def send_queue(self):
        """Run the job in which Odoo sends waiting mails."""
        self.env.flush_all()
        self.env["mail.mail"].process_email_queue()

    def queued(self):
        """Return the Smart Mails that wait to be sent, the oldest first."""
        domain = [("state", "=", "outgoing"), ("mail_sync_template_id", "!=", False)]
        return self.env["mail.mail"].search(domain, order="id")

    def time_passes(self, **duration):
        """Move everything that was handed over, and everything that waits, into the past."""
        ago = timedelta(**duration)
        for outgoing in self.env["mail.sync.outgoing"].search([("handed_at", "!=", False)]):
            outgoing.handed_at -= ago
        for mail in self.queued().filtered("scheduled_date"):
            mail.scheduled_date -= ago
        for planned in self.env["mail.scheduled.message"].search([]):
            self.env.cr.execute(
                "UPDATE mail_scheduled_message SET scheduled_date = %s WHERE id = %s",
                (planned.scheduled_date - ago, planned.id),
            )
        self.env.invalidate_all()

    def limit(self, **limits):
        """Have Ann's mailbox at a provider with these limits."""
        values = {"name": "Slow Mail", "code": "slow", **limits}
        self.account.provider_id = self.env["mail.sync.provider"].create(values)

    def to(self):
        """Return the recipients of each mail that has left."""
        return [mail.recipients for mail in self.left]

    def tag(self, name):
        return self.env["mail.sync.smart.tag"].create({"name": name})

    def planned(self):
        return self.env["mail.scheduled.message"].search([])

    def tomorrow(self):
        return fields.Datetime.now() + timedelta(days=1)

    def private_lead(self, owner):
        """Return a lead of the same person as the first one, which only its owner can open."""
        return self.env["crm.lead"].create(
            {
                "name": "Carport",
                "type": "opportunity",
                "contact_name": "Lena",
                "email_from": "lena@customer.example",
                "user_id": owner.id,
                "tag_ids": [Command.clear()],
            }
        )
