"""The dashboard: which mails each role counts, and how long leads waited for an answer."""

from datetime import datetime, timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .recorded_case import Recorded
from .roles_case import WHO

NOW = datetime(2026, 3, 2, 12)


@tagged("post_install", "-at_install")
class TestTraffic(Recorded):
    def mail(self, lead, number, direction="in", hours=0, **values):
        """Return a mail on a lead, so many hours after noon."""
        entry = self.entry(lead, f"{number}@example.com")
        entry.mail_sync_entry_ids.write({"direction": direction, **values})
        entry.date = NOW + timedelta(hours=hours)
        return entry

    def counted(self, user, *domain):
        self.env.flush_all()
        traffic = self.env["mail.sync.traffic"].with_user(user)
        return traffic.formatted_read_group(
            list(domain), ["direction"], ["mail_number:count_distinct", "answer_hours:avg"]
        )

    def mails(self, user, *domain):
        groups = self.counted(user, *domain)
        return {one["direction"]: one["mail_number:count_distinct"] for one in groups}

    def test_each_role_counts_its_own_or_all(self):
        # Each is a salesperson of one lead with one mail; so are a colleague and another company's.
        for number, user in enumerate((*self.people.values(), self.mate, self.foreign)):
            if not user.share:
                lead = self.env["crm.lead"].create(
                    {"name": user.name, "user_id": user.id, "company_id": user.company_id.id}
                )
                self.mail(lead, number)
        inside = len(WHO) - 2 + 1  # the internal users of the company, and the colleague
        expected = {
            "jr_salesperson": 1,
            "salesperson": 1,
            "marketing_manager": 1,
            "sales_manager": inside,
            "company_manager": inside,
            "administrator": inside,
        }
        for who, user in self.people.items():
            with self.subTest(who=who):
                if who in expected:
                    self.assertEqual(self.mails(user), {"in": expected[who]})
                    continue
                with self.assertRaises(AccessError):
                    self.mails(user)

    def test_a_rule_on_leads_holds_here_as_well(self):
        boss = self.people["company_manager"]
        lead = self.env["crm.lead"].create({"name": "Hidden", "user_id": boss.id})
        self.mail(lead, 1)
        self.assertEqual(self.mails(boss, ("lead_id", "=", lead.id)), {"in": 1})
        self.env["ir.rule"].create(
            {
                "name": "Nobody",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "domain_force": "[('name', '!=', 'Hidden')]",
            }
        )
        self.assertEqual(self.mails(boss, ("lead_id", "=", lead.id)), {})

    def test_private_and_automatic_mails_are_not_counted(self):
        boss = self.people["administrator"]
        lead = self.env["crm.lead"].create({"name": "Roof", "user_id": boss.id})
        here = ("lead_id", "=", lead.id)
        self.mail(lead, 1)
        private = self.mail(lead, 2)
        self.mail(lead, 3, automatic=True)
        self.assertEqual(self.mails(boss, here), {"in": 2})
        private._mail_sync_mark(True)
        self.assertEqual(self.mails(boss, here), {"in": 1})

    def test_a_mail_on_two_leads_is_one_mail(self):
        boss = self.people["administrator"]
        leads = self.env["crm.lead"].create([{"name": "Roof", "user_id": boss.id}] * 2)
        for lead in leads:
            self.mail(lead, 1)
        self.assertEqual(self.mails(boss, ("lead_id", "in", leads.ids)), {"in": 1})

    def test_the_time_to_answer_begins_with_the_first_mail_that_waits(self):
        boss = self.people["administrator"]
        lead = self.env["crm.lead"].create({"name": "Roof", "user_id": boss.id})
        way = ("in", "in", "out", "out", "in", "out", "in")
        hours = (0, 1, 4, 5, 10, 12, 20)
        for number, (direction, hour) in enumerate(zip(way, hours, strict=True)):
            self.mail(lead, number, direction, hour)
        groups = self.counted(boss, ("lead_id", "=", lead.id))
        found = {one["direction"]: one["answer_hours:avg"] for one in groups}
        # Four hours from noon, two hours from ten o'clock; the last one still waits.
        self.assertEqual(found, {"in": 3.0, "out": False})

    def test_it_is_grouped_by_week_and_salesperson(self):
        boss = self.people["administrator"]
        lead = self.env["crm.lead"].create({"name": "Roof", "user_id": boss.id})
        for number, hours in enumerate((0, 24, 24 * 7)):
            self.mail(lead, number, hours=hours)
        self.env.flush_all()
        groups = (
            self.env["mail.sync.traffic"]
            .with_user(boss)
            .formatted_read_group(
                [("lead_id", "=", lead.id)],
                ["date:week", "user_id"],
                ["mail_number:count_distinct"],
            )
        )
        self.assertEqual([one["mail_number:count_distinct"] for one in groups], [2, 1])
