"""Several companies in one database: who sees whose mailbox."""

from datetime import timedelta

from odoo import Command, fields
from odoo.tests import tagged

from ..engine.errors import LoginRefused
from .common import MailSyncCase


@tagged("post_install", "-at_install")
class TestCompanies(MailSyncCase):
    """Ann works in two companies; her mailbox is in the first."""

    def setUp(self):
        super().setUp()
        self.first = self.account.company_id
        self.second = self.env["res.company"].create({"name": "Second"})
        self.ann.company_ids |= self.second
        self.here = self.administrator("here", self.first)
        self.there = self.administrator("there", self.second)
        self.both = self.administrator("both", self.second | self.first)

    def administrator(self, login, companies):
        return self.salesperson(
            login,
            groups="base.group_system",
            company_id=companies[:1].id,
            company_ids=[Command.set(companies.ids)],
        )

    def refuse(self):
        self.server.fail_after(0, LoginRefused("[AUTHENTICATIONFAILED] no"))
        self.sync()

    def test_a_day_of_failure_is_told_to_the_administrators_of_its_company(self):
        self.refuse()
        self.account.error_since = fields.Datetime.now() - timedelta(days=1, minutes=1)
        self.refuse()
        told = self.env["mail.message"].search(
            [("message_type", "=", "user_notification"), ("subject", "like", "Mail Sync")]
        )
        partners = told.partner_ids
        self.assertIn(self.here.partner_id, partners)
        self.assertIn(self.both.partner_id, partners)
        self.assertNotIn(self.there.partner_id, partners)

    # -- the list of users -----------------------------------------------------------------------

    def seen(self, admin, companies=None):
        """Return what the list of users shows about Ann; every way of asking has to agree."""
        companies = companies or admin.company_ids
        self.env.flush_all()
        ann = self.ann.with_user(admin).with_context(allowed_company_ids=companies.ids)
        everyone = [("id", "=", ann.id)]
        [shown] = ann.read(["mail_sync_state", "mail_sync_headline", "mail_sync_last_sync_at"])
        [group] = ann.formatted_read_group(everyone, ["mail_sync_state"], ["__count"])
        found = ann.search_count([*everyone, ("mail_sync_state", "=", "error")])
        missing = ann.search_count([*everyone, ("mail_sync_state", "=", False)])
        self.assertEqual(group["mail_sync_state"], shown["mail_sync_state"])
        self.assertEqual((found, missing), (1, 0) if shown["mail_sync_state"] else (0, 1))
        self.assertEqual(bool(shown["mail_sync_headline"]), bool(shown["mail_sync_state"]))
        return shown["mail_sync_state"]

    def test_the_list_shows_the_mailboxes_of_the_users_companies(self):
        self.refuse()
        self.assertEqual(self.seen(self.here), "error")
        self.assertEqual(self.seen(self.both), "error")
        self.assertFalse(self.seen(self.there))

    def test_the_list_shows_the_mailboxes_of_the_companies_that_are_chosen(self):
        self.refuse()
        self.assertFalse(self.seen(self.both, self.second))
        self.assertEqual(self.seen(self.both, self.first), "error")

    def test_the_users_own_mailbox_is_shown_in_every_company(self):
        self.refuse()
        ann = self.ann.with_user(self.ann).with_context(allowed_company_ids=self.second.ids)
        self.assertEqual(ann.mail_sync_state, "error")
