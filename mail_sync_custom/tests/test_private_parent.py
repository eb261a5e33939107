"""Nobody answers a private mail that they cannot read, whichever way they name it."""

import json

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import mail
from .test_answering import ANN, LENA
from .test_private_answers import PrivateCase

#: What the web client asks of the composer.
SPEC = {name: {} for name in ("subject", "model", "res_ids", "partner_ids", "parent_id")}


@tagged("post_install", "-at_install")
class TestPrivateParent(PrivateCase):
    """Ann's private mail is the last one on the lead. Ben has no mailbox, and Cem has one."""

    def setUp(self):
        super().setUp()
        self.connect(self.cem)
        self.lena.email = "lena@customer.example"
        self.shown = self.recorded(mail(LENA, ANN, "Shown"))
        self.answered = self.private("Zirkon", cc="joe@b.example")
        self.env.flush_all()

    def composer(self, user, **context):
        """Return the composer's model as it is opened on the lead."""
        composers = self.env["mail.compose.message"].with_user(user)
        context = {"default_model": "crm.lead", "default_res_ids": self.lead.ids, **context}
        return composers.with_context(**context)

    def post(self, lead, **values):
        """Write to Lena as the chatter does; return the message."""
        return lead.message_post(
            body="Hello",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=self.lena.ids,
            **values,
        )

    def schedule(self, user, **values):
        return (
            self.env["mail.scheduled.message"]
            .with_user(user)
            .create(
                {
                    "model": "crm.lead",
                    "res_id": self.lead.id,
                    "body": "Later",
                    "author_id": user.partner_id.id,
                    "partner_ids": [Command.set(self.lena.ids)],
                    "scheduled_date": "2999-01-01 00:00:00",
                    **values,
                }
            )
        )

    def assertRefused(self, ways):
        """Each way ends in an AccessError that tells nothing of the mail."""
        for name, way in ways.items():
            with self.subTest(name):
                self.env.invalidate_all()
                with self.assertRaises(AccessError) as refused, self.env.cr.savepoint(flush=False):
                    way()
                    self.env.flush_all()
                self.assertNotIn("Zirkon", str(refused.exception))

    # -- the composer ------------------------------------------------------------------------------

    def ways_to_compose(self, user, id_):
        composers = self.composer(user)
        opened = self.composer(user, default_parent_id=id_)
        given = {"parent_id": id_, "subject": "Mine", "partner_ids": [Command.set(self.lena.ids)]}
        return {
            "created": lambda: composers.create({"parent_id": id_}),
            "created with all else": lambda: composers.create(given),
            "created for many": lambda: composers.create(
                {"parent_id": id_, "composition_mode": "mass_mail"}
            ),
            "created by default": lambda: opened.create({}),
            "saved by the web client": lambda: opened.web_save({}, SPEC),
            "written": lambda: composers.create({}).write({"parent_id": id_}),
            "opened": lambda: opened.onchange({}, [], SPEC),
            "changed": lambda: composers.onchange({"parent_id": id_}, ["parent_id"], SPEC),
            "changed, for its recipients": lambda: composers.onchange(
                {"parent_id": id_, "subject": "Mine"}, ["parent_id"], {"partner_ids": {}}
            ),
        }

    def test_the_composer_suggests_nothing_of_it(self):
        for user in (self.ben, self.cem):
            with self.subTest(user.login):
                self.assertRefused(self.ways_to_compose(user, self.answered.id))

    def test_whose_mail_it_is_composes_each_way(self):
        for name, way in self.ways_to_compose(self.ann, self.answered.id).items():
            with self.subTest(name):
                way()

    def test_an_open_composer_does_not_tell_what_became_private_meanwhile(self):
        composer = self.composer(self.cem).create({"parent_id": self.shown.id})
        self.assertEqual(composer.subject, "Re: Shown")
        self.shown.with_user(self.ann).action_mail_sync_make_private()
        self.env.flush_all()
        self.assertRefused(
            {
                "sent": lambda: composer.action_send_mail(),
                "changed": lambda: composer.web_save({"res_ids": "[]"}, SPEC),
            }
        )

    def test_the_mail_of_a_lead_that_the_user_cannot_open(self):
        junior = new_test_user(
            self.env, "junior", groups="mail_sync_custom.group_mail_sync_jr_salesperson"
        )
        own = self.env["crm.lead"].create({"name": "Own", "user_id": junior.id})
        messages = self.env["mail.message"].with_user(junior)
        values = {"model": "crm.lead", "res_id": own.id, "body": "x"}
        self.assertRefused(
            {
                "composer": lambda: self.composer(junior, default_res_ids=own.ids).create(
                    {"parent_id": self.shown.id}
                ),
                "message": lambda: messages.create({**values, "parent_id": self.shown.id}),
                "changed message": lambda: messages.create(values).write(
                    {"parent_id": self.shown.id}
                ),
            }
        )

    def test_a_mail_on_a_contact_that_the_user_does_not_get(self):
        contact = self.env["res.partner"].create({"name": "Eve", "email": "eve@b.example"})
        closed = self.env["crm.lead"].create({"name": "Old", "partner_id": contact.id})
        closed.action_set_lost()
        self.deliver(mail("Eve <eve@b.example>", ANN, "Zirkon again"))
        self.sync()
        [entry] = self.entries(contact)
        closed.unlink()
        junior = new_test_user(
            self.env, "junior", groups="mail_sync_custom.group_mail_sync_jr_salesperson"
        )
        contact = contact.with_user(junior)
        self.assertRefused(
            {
                "composer": lambda: self.composer(junior).create({"parent_id": entry.id}),
                "message_post": lambda: self.post(contact, parent_id=entry.id),
            }
        )
        self.assertFalse(contact.message_post(body="Note").parent_id)

    # -- messages ----------------------------------------------------------------------------------

    def ways_to_write(self, user, named):
        lead = self.lead.with_user(user)
        messages = self.env["mail.message"].with_user(user)
        values = {"model": "crm.lead", "res_id": self.lead.id, "body": "x"}
        planned = {"notification_parameters": json.dumps(named)}
        by_default = {f"default_{name}": value for name, value in named.items()}
        return {
            "message_post": lambda: self.post(lead, **named),
            "message_post, a note": lambda: lead.message_post(body="x", **named),
            "message_post as superuser": lambda: self.post(lead.sudo(), **named),
            "create": lambda: messages.create({**values, **named}),
            "create by default": lambda: messages.with_context(**by_default).create(values),
            "create on nothing": lambda: messages.create({"body": "x", **named}),
            "write": lambda: messages.create(values).write(named),
            "scheduled": lambda: self.schedule(user, **planned),
            "scheduled, then changed": lambda: self.schedule(user).write(planned),
        }

    def test_no_message_names_it(self):
        for user in (self.ben, self.cem):
            with self.subTest(user.login):
                self.assertRefused(self.ways_to_write(user, {"parent_id": self.answered.id}))

    def test_whose_mail_it_is_writes_each_way(self):
        for name, way in self.ways_to_write(self.ann, {"parent_id": self.answered.id}).items():
            with self.subTest(name):
                way()

    def test_what_names_none_does_not_answer_it(self):
        for user in (self.ben, self.cem):
            for lead in (self.lead.with_user(user), self.lead.with_user(user).sudo()):
                with self.subTest(user.login, su=lead.env.su):
                    message = self.post(lead).sudo()
                    self.assertNotIn("Zirkon", str(message.subject))
                    self.assertNotEqual(message.parent_id, self.answered)
                    self.assertFalse(message.mail_sync_private)
                    self.assertTrue(self.reads(self.ben, message))
                    message.unlink()

    def test_a_subject_is_taken_from_the_last_mail_that_the_writer_can_read(self):
        for lead in (self.lead.with_user(self.cem), self.lead.with_user(self.cem).sudo()):
            message = self.post(lead).sudo()
            self.assertEqual(message.subject, "Re: Shown")
            self.assertEqual(message.parent_id, self.shown)
            message.unlink()

    def test_an_old_parent_of_another_record_does_not_lead_to_it(self):
        other = self.env["crm.lead"].create({"name": "Other"}).message_post(body="x")
        message = self.post(self.lead.with_user(self.ben), parent_id=other.id)
        self.assertFalse(message.parent_id)

    def nothing_else(self):
        """Leave nothing on the lead but its mails."""
        written = [("model", "=", "crm.lead"), ("message_type", "!=", "email")]
        self.env["mail.message"].search([*written, ("res_id", "=", self.lead.id)]).unlink()

    def test_references_do_not_name_it(self):
        self.nothing_else()
        for user in (self.ben, self.cem):
            message = self.post(self.lead.with_user(user).sudo(), force_send=False)
            queued = self.env["mail.mail"].search([("mail_message_id", "=", message.id)])
            self.assertTrue(queued)
            self.assertNotIn("Zirkon", str(queued.mapped("references")))
            self.assertIn("Shown@example.com", str(queued.mapped("references")))

    def test_references_of_its_owner_name_it(self):
        self.nothing_else()
        message = self.post(self.lead.with_user(self.ann), force_send=False)
        queued = self.env["mail.mail"].search([("mail_message_id", "=", message.id)])
        self.assertIn("Zirkon@example.com", str(queued.mapped("references")))

    def test_an_answer_planned_while_it_could_be_read_is_sent_and_private(self):
        composer = self.press(self.shown, "reply", self.cem).save()
        composer.scheduled_date = "2999-01-01 00:00:00"
        composer.action_schedule_message()
        scheduled = self.env["mail.scheduled.message"].search([("res_id", "=", self.lead.id)])
        self.shown.with_user(self.ann).action_mail_sync_make_private()
        self.env.flush_all()
        self.env.invalidate_all()
        scheduled.with_user(self.cem).post_message()
        message = self.env["mail.message"].search([("parent_id", "=", self.shown.id)])
        self.assertEqual(message.author_id, self.cem.partner_id)
        self.assertEqual(message.subject, "Re: Shown")
        self.assertTrue(message.mail_sync_private)
        self.assertFalse(self.reads(self.ben, message))
