"""What the addon costs those who have nothing to do with it: no query.

Each step runs with the addon's methods and without them, and the queries are counted. No number
of Odoo's is written here, so none has to be kept up to date. Odoo's own tests, which do count with
numbers, run with and without the whole addon by `make odoo-tests`.
"""

from contextlib import contextmanager

from odoo import Command
from odoo.addons.mail.tools.discuss import Store
from odoo.orm.model_classes import is_model_definition
from odoo.tests import tagged

from .common import MailSyncCase

OURS = "mail_sync_custom"


@contextmanager
def without_the_addon(registry):
    """Take the addon's methods from Odoo's models; its fields and tables stay."""
    models = [model for model in registry.models.values() if model._original_module != OURS]
    bases = {model: model.__bases__ for model in models}
    computes = {
        field: field.compute
        for model in models
        for field in model._fields.values()
        if field._modules == (OURS,) and field.store and field.compute
    }
    try:
        for model, own in bases.items():
            model.__bases__ = tuple(
                base for base in own if not is_model_definition(base) or base._module != OURS
            )
        for field in computes:
            # Odoo still asks for it, and it costs nothing.
            field.compute = lambda records, name=field.name: records.update({name: False})
        yield
    finally:
        for model, own in bases.items():
            model.__bases__ = own
        for field, compute in computes.items():
            field.compute = compute


@tagged("post_install", "-at_install")
class TestQueryCounts(MailSyncCase):
    """Ann has a mailbox; Bob, who does all of this, has none."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bob = cls.salesperson("bob", "sales_team.group_sale_manager")
        cls.team = cls.env["crm.team"].create({"name": "North"})
        cls.contact = cls.env["res.partner"].create(
            {"name": "Lena", "email": "lena@customer.example"}
        )
        cls.bobs_lead = cls.env["crm.lead"].create(
            {"name": "Heat pump", "partner_id": cls.contact.id, "user_id": cls.bob.id}
        )
        cls.env.flush_all()

    def count(self, step, prepare):
        """Return how many queries a step takes once Odoo's caches are filled."""
        for _warm in range(2):
            given = prepare()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            step(given)
            self.env.flush_all()
            counted = self.cr.sql_log_count - before
        return counted

    def assertFree(self, step, prepare, more=0):
        """A step takes as many queries as in Odoo alone, or ``more`` in addition."""
        with without_the_addon(self.registry):
            alone = self.count(step, prepare)
        self.assertTrue(alone, "The step asks nothing, and shows nothing.")
        self.assertLessEqual(self.count(step, prepare), alone + more)

    def own(self, record):
        return record.with_user(self.bob)

    def post(self, record):
        """Write a message to a customer on a record, and have it sent."""
        return self.own(record).message_post(
            body="Hello.",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=self.contact.ids,
            attachments=[("offer.txt", b"An offer.")],
        )

    def messages(self, record):
        """Post on a record; return what a page of its chatter shows."""
        return self.post(record) | self.post(record) | self.own(record).message_post(body="Note.")

    # -- writing and sending -----------------------------------------------------------------

    def test_a_message_on_a_record_that_is_no_lead(self):
        self.assertFree(self.post, lambda: self.team)

    def test_a_message_on_a_lead(self):
        self.assertFree(self.post, lambda: self.bobs_lead)

    def test_a_message_on_a_contact(self):
        self.assertFree(self.post, lambda: self.contact, more=1)

    def test_a_note_that_notifies_nobody(self):
        self.assertFree(lambda team: team.message_post(body="Note."), lambda: self.own(self.team))

    def test_mails_sent_in_a_batch(self):
        def queued():
            message = self.post(self.team)
            return self.env["mail.mail"].create(
                [
                    {
                        "mail_message_id": message.id,
                        "body_html": f"<p>{number}</p>",
                        "email_to": f"{number}@customer.example",
                        "recipient_ids": [Command.link(self.contact.id)],
                    }
                    for number in range(12)
                ]
            )

        self.assertFree(lambda mails: mails.send(), queued)

    def test_mails_of_somebody_with_a_mailbox_that_are_no_smart_mails(self):
        def queued():
            message = (
                self.env["mail.message"]
                .with_user(self.ann)
                .sudo()
                .create(
                    {
                        "model": "crm.team",
                        "res_id": self.team.id,
                        "message_type": "comment",
                        "email_from": "sales@company.example",
                    }
                )
            )
            values = {"mail_message_id": message.id, "email_to": "lena@customer.example"}
            return self.env["mail.mail"].create([values] * 12)

        self.assertFree(lambda mails: mails.send(), queued)

    def test_a_mail_put_into_the_queue_again(self):
        def failed():
            values = {"mail_message_id": self.post(self.team).id, "state": "exception"}
            return self.env["mail.mail"].create([values] * 3)

        # Whose mails they are has to be looked up: Odoo does not read again what it queues.
        self.assertFree(lambda mails: mails.mark_outgoing(), failed, more=2)

    # -- reading -----------------------------------------------------------------------------

    def show(self, messages):
        store = Store(bus_channel=self.bob)
        store.add(messages)
        return store.get_result()

    def search(self, record):
        return (
            self.env["mail.message"]
            .with_user(self.bob)
            .search([("model", "=", record._name), ("res_id", "=", record.id)])
        )

    def test_messages_shown_on_a_record_that_is_no_lead(self):
        self.assertFree(self.show, lambda: self.messages(self.team))

    def test_messages_shown_on_a_lead(self):
        self.assertFree(self.show, lambda: self.messages(self.bobs_lead), more=1)

    def test_messages_searched(self):
        for record in (self.team, self.bobs_lead):
            with self.subTest(record=record):
                self.assertFree(self.search, lambda record=record: record)

    def test_messages_asked_for_by_their_ids(self):
        def read(messages):
            messages.check_access("read")
            return messages.mapped("subject")

        self.assertFree(read, lambda: self.messages(self.team))

    def test_files_read(self):
        self.assertFree(
            lambda files: files.mapped("name"), lambda: self.messages(self.team).attachment_ids
        )

    # -- removing ----------------------------------------------------------------------------

    def test_messages_deleted(self):
        self.assertFree(lambda messages: messages.sudo().unlink(), lambda: self.messages(self.team))

    def test_a_record_deleted_with_its_messages(self):
        def written():
            team = self.env["crm.team"].create({"name": "South"})
            self.messages(team)
            return team

        self.assertFree(lambda team: team.unlink(), written)

    def test_messages_deleted_on_a_lead(self):
        self.assertFree(
            lambda messages: messages.sudo().unlink(),
            lambda: self.messages(self.bobs_lead),
            more=1,
        )

    # -- leads and contacts ------------------------------------------------------------------

    def lead_values(self):
        values = {"name": "Boiler", "email_from": "max@customer.example", "user_id": self.bob.id}
        return [values] * 5

    def test_leads_created(self):
        self.assertFree(self.own(self.env["crm.lead"]).create, self.lead_values, more=1)

    def test_leads_written(self):
        self.assertFree(
            lambda leads: leads.write({"priority": "2", "team_id": self.team.id}),
            lambda: self.own(self.env["crm.lead"]).create(self.lead_values()),
        )

    def test_leads_that_are_closed_or_change_stage(self):
        stage = self.env["crm.stage"].create({"name": "Talking"})
        for values in ({"active": False}, {"stage_id": stage.id}, {"probability": 20}):
            with self.subTest(**values):
                self.assertFree(
                    lambda leads, it=values: leads.write(dict(it)),
                    lambda: self.own(self.env["crm.lead"]).create(self.lead_values()),
                )

    def test_leads_that_are_opened_again(self):
        def closed():
            leads = self.own(self.env["crm.lead"]).create(self.lead_values())
            leads.action_set_lost()
            return leads

        self.assertFree(lambda leads: leads.write({"active": True}), closed, more=1)

    def test_a_lead_with_another_address(self):
        self.assertFree(
            lambda lead: lead.write({"email_from": "mia@customer.example"}),
            lambda: self.own(self.env["crm.lead"]).create(self.lead_values()[0]),
            more=1,
        )

    def test_a_contact_written(self):
        self.assertFree(
            lambda contact: contact.write({"phone": "+49 30 1234567"}),
            lambda: self.own(self.contact),
        )
