"""Who prepares Smart Mails, and who sends them, by role."""

from functools import partial

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .roles_case import WHO, Roles

PREPARERS = {"marketing_manager", "company_manager", "administrator"}
SENDERS = set(WHO[3:])  # the six roles


@tagged("post_install", "-at_install")
class TestRights(Roles):
    def values(self, **values):
        return {
            "name": "Welcome",
            "mail_sync_for": "crm.lead",
            "subject": "Hello",
            "body_html": "<p>Hello</p>",
            "mail_sync_smart": True,
            **values,
        }

    def may(self, act):
        with self.env.cr.savepoint() as savepoint:
            try:
                act()
                self.env.flush_all()
            except AccessError:
                return False
            finally:
                savepoint.rollback()
                self.env.invalidate_all(flush=False)
        return True

    def test_who_prepares_them(self):
        """Whether the company restricts the writing of templates or not."""
        for restricted in (False, True):
            if restricted:
                self.env["res.config.settings"].create(
                    {"restrict_template_rendering": True}
                ).execute()
            smart = self.env["mail.template"].create(self.values())
            plain = self.env["mail.template"].create(self.values(mail_sync_smart=False))
            for who in WHO:
                user = self.people[who]
                plain.user_id = user
                templates = self.env["mail.template"].with_user(user)
                own, others = plain.with_user(user), smart.with_user(user)
                ways = {
                    "prepare": partial(templates.create, self.values()),
                    "change": partial(others.write, {"subject": "Hi"}),
                    "delete": others.unlink,
                    "turn one of their own into one": partial(own.write, {"mail_sync_smart": True}),
                }
                may = {name for name, act in ways.items() if self.may(act)}
                expected = set(ways) if who in PREPARERS else set()
                with self.subTest(who=who, restricted=restricted):
                    self.assertEqual(may, expected)

    def test_a_smart_mail_given_to_somebody_is_not_theirs_to_change(self):
        smart = self.env["mail.template"].create(self.values())
        smart.user_id = self.people["salesperson"]
        self.assertFalse(
            self.may(lambda: smart.with_user(smart.user_id).write({"mail_sync_smart": False}))
        )

    def test_who_may_open_the_choice(self):
        for who in WHO[2:]:
            user = self.people[who]
            lead = self.env["crm.lead"].create({"name": "Roof", "user_id": user.id})
            with self.subTest(who=who):
                self.assertEqual(
                    self.may(lead.with_user(user).action_mail_sync_smart_mail), who in SENDERS
                )

    def test_the_mailbox_decides_who_it_is_from(self):
        smart = self.env["mail.template"].create(
            self.values(email_from="boss@company.example", email_to="x@y.example")
        )
        self.assertFalse(smart.email_from or smart.email_to)
        smart.write({"reply_to": "boss@company.example", "use_default_to": False})
        self.assertEqual((smart.reply_to, smart.use_default_to), (False, True))
        plain = self.env["mail.template"].create(
            self.values(mail_sync_smart=False, email_from="boss@company.example")
        )
        self.assertTrue(plain.email_from)
        plain.mail_sync_smart = True
        self.assertFalse(plain.email_from)

    def test_it_is_for_leads_or_for_contacts(self):
        with self.assertRaises(ValidationError):
            self.env["mail.template"].create(
                self.values(mail_sync_for=False, model_id=self.env["ir.model"]._get_id("crm.team"))
            )

    def test_the_preview_on_a_lead(self):
        """Odoo's own, which whoever prepares one opens with Preview."""
        lead = self.env["crm.lead"].create({"name": "Roof"})
        smart = self.env["mail.template"].create(self.values(subject="About {{ object.name }}"))
        user = self.people["marketing_manager"]
        preview = (
            self.env["mail.template.preview"]
            .with_user(user)
            .create({"mail_template_id": smart.id, "resource_ref": f"crm.lead,{lead.id}"})
        )
        self.assertEqual(preview.subject, "About Roof")
