"""Who waits for whom: the dates on a lead, its groups and filters, and the dot."""

from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import mail
from .waiting_case import ANN, LENA, WaitingCase, days_ago


@tagged("post_install", "-at_install")
class TestDates(WaitingCase):
    def test_recording_moves_the_dates_forward_and_never_back(self):
        self.assertDates(None, None)
        self.receive(5)
        self.assertDates(5, None)
        self.answer(4)
        self.receive(9)
        self.answer(8)
        self.assertDates(5, 4)

    def test_what_a_program_answered_counts_as_none(self):
        self.answer(4)
        self.receive(2, **{"Auto-Submitted": "auto-replied"})
        self.assertDates(None, 4)

    def test_a_private_mail_counts_for_nobody(self):
        self.receive(5)
        entry = self.receive(2)
        entry.with_user(self.ann).action_mail_sync_make_private()
        self.assertDates(5, None)
        self.receive(1, answers="In2@example.com")
        self.assertDates(5, None)
        entry.with_user(self.ann).action_mail_sync_show()
        self.assertDates(2, None)

    def test_a_removed_mail_takes_its_date_with_it(self):
        self.receive(5)
        self.receive(2).with_user(self.ann).action_mail_sync_remove()
        self.assertDates(5, None)

    def test_a_moved_mail_takes_its_date_along(self):
        other = self.env["crm.lead"].create({"name": "Other", "user_id": self.ann.id})
        self.receive(5)
        self.receive(2).with_user(self.ann)._mail_sync_move(other.with_user(self.ann))
        self.assertDates(5, None)
        self.assertDates(2, None, other)

    def test_a_merged_lead_has_the_latest_dates(self):
        other = self.env["crm.lead"].create(
            {"name": "Other", "type": "opportunity", "email_from": "otto@customer.example"}
        )
        self.deliver(mail("otto@customer.example", ANN, "Otto", date=days_ago(1)))
        self.receive(5)
        self.answer(4)
        merged = (self.lead | other)._merge_opportunity()
        self.assertDates(1, 4, merged)

    def test_disabling_with_remove_leaves_no_dates(self):
        self.receive(5)
        self.answer(4)
        self.account._disable("remove")
        self.assertDates(None, None)

    def test_a_mail_written_here_counts_when_it_is_sent(self):
        self.receive(5)
        message = self.smart_mail().sudo()
        sent = message.notification_ids
        sent.notification_status = "ready"
        self.env["crm.lead"]._mail_sync_recount(self.lead.ids)
        self.assertDates(5, None)
        sent._mail_sync_sent()
        self.settle()
        self.assertTrue(self.lead.mail_sync_last_out_at)
        sent._mail_sync_reported("failed", "no_such_user", "No such user")
        message._mail_sync_recount_leads()
        self.assertDates(5, None)

    def smart_mail(self, user=None):
        contact = self.env["res.partner"].create({"name": "Lena", "email": "lena@customer.example"})
        return self.lead.with_user(user or self.bob).message_post(
            body="Hello.",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=contact.ids,
        )

    def test_a_note_counts_as_none(self):
        self.lead.message_post(body="Called her.", message_type="comment")
        self.assertDates(None, None)

    def test_a_mail_through_the_gateway_counts(self):
        self.lead.message_post(
            body="Hello.", message_type="email", email_from=LENA, author_id=False
        )
        self.settle()
        self.assertTrue(self.lead.mail_sync_last_in_at)

    def test_the_dates_of_an_existing_database_are_counted_once(self):
        self.receive(5)
        self.answer(4)
        self.env.cr.execute(
            "UPDATE crm_lead SET mail_sync_last_in_at = NULL, mail_sync_last_out_at = NULL"
        )
        self.env["crm.lead"]._mail_sync_count_all()
        self.assertDates(5, 4)

    def test_recording_many_mails_costs_one_statement_for_the_dates(self):
        def updates(count, first):
            for number in range(first, first + count):
                self.deliver(mail(LENA, ANN, f"Mail {number}", date=days_ago(20 - number)))
            asked = []
            execute = type(self.cr).execute

            def listening(cr, query, *args, **kwargs):
                asked.append(str(getattr(query, "code", query)))
                return execute(cr, query, *args, **kwargs)

            with self.patch_cursor(listening):
                self.sync()
            return sum("UPDATE crm_lead" in one for one in asked)

        self.assertEqual(updates(1, 0), updates(9, 1))

    def patch_cursor(self, execute):
        return patch.object(type(self.cr), "execute", execute)


@tagged("post_install", "-at_install")
class TestTurn(WaitingCase):
    def setUp(self):
        super().setUp()
        leads = self.env["crm.lead"]
        dates = {
            "us": (1, 2),
            "us, never answered": (3, None),
            "lately": (9, 1),
            "4 days": (None, 4),
            "8 days": (9, 8),
            "20 days": (30, 20),
            "none": (None, None),
        }
        self.leads = {
            name: leads.create(
                {
                    "name": name,
                    "user_id": self.ann.id if name != "lately" else self.bob.id,
                    "mail_sync_last_in_at": last_in and days_ago(last_in).replace(tzinfo=None),
                    "mail_sync_last_out_at": last_out and days_ago(last_out).replace(tzinfo=None),
                }
            )
            for name, (last_in, last_out) in dates.items()
        }
        self.mine = [("id", "in", [lead.id for lead in self.leads.values()])]

    def found(self, *domain, order="id"):
        leads = self.env["crm.lead"].with_user(self.ann)
        return leads.search([*self.mine, *domain], order=order).mapped("name")

    def test_what_is_computed_and_what_is_searched_agree(self):
        names = dict(self.env["crm.lead"]._fields["mail_sync_turn"].selection)
        for turn in names:
            expected = [n for n, lead in self.leads.items() if lead.mail_sync_turn == turn]
            self.assertEqual(self.found(("mail_sync_turn", "=", turn)), expected, turn)
        self.assertEqual(self.found(("mail_sync_turn", "=", "1_us")), ["us", "us, never answered"])
        self.assertEqual(self.found(("mail_sync_turn", "=", "3_them_7")), ["8 days"])

    def test_no_answer_for_any_number_of_days(self):
        for days, expected in (
            (3, ["4 days", "8 days", "20 days"]),
            (4, ["4 days", "8 days", "20 days"]),
            (5, ["8 days", "20 days"]),
            (15, ["20 days"]),
        ):
            self.assertEqual(self.found(("mail_sync_unanswered_days", ">=", days)), expected)
        self.assertEqual(self.leads["8 days"].mail_sync_unanswered_days, 8)
        self.assertEqual(self.leads["us"].mail_sync_unanswered_days, 0)

    def test_leads_are_grouped_and_sorted_by_it(self):
        leads = self.env["crm.lead"].with_user(self.ann)
        groups = leads.formatted_read_group(self.mine, ["mail_sync_turn"], ["__count"])
        self.assertEqual(
            [(group["mail_sync_turn"], group["__count"]) for group in groups],
            [
                ("1_us", 2),
                ("2_them_14", 1),
                ("3_them_7", 1),
                ("4_them_3", 1),
                ("5_them", 1),
                ("6_none", 1),
            ],
        )
        for group in groups:
            self.assertEqual(
                leads.search_count(group["__extra_domain"] + self.mine), group["__count"]
            )
        ordered = self.found(
            ("mail_sync_unanswered_days", ">=", 0), order="mail_sync_unanswered_days desc"
        )
        self.assertEqual(ordered, ["20 days", "8 days", "4 days", "lately"])
        described = leads.fields_get(["mail_sync_turn", "mail_sync_unanswered_days"])
        for name, field in described.items():
            self.assertTrue(field["sortable"] and field["groupable"], name)

    def test_the_filters_of_both_search_views_work(self):
        for xmlid in ("view_crm_case_opportunities_filter", "view_crm_case_leads_filter"):
            arch = self.env["crm.lead"].get_view(self.env.ref(f"crm.{xmlid}").id, "search")["arch"]
            for name in ("mail_sync_waits_for_me", "mail_sync_unanswered_7", "mail_sync_new"):
                self.assertIn(f'name="{name}"', arch)
        self.assertEqual(
            self.found(("mail_sync_turn", "=", "1_us"), ("user_id", "=", self.ann.id)),
            ["us", "us, never answered"],
        )


@tagged("post_install", "-at_install")
class TestUnread(WaitingCase):
    def setUp(self):
        super().setUp()
        self.env.cr.execute(
            "UPDATE mail_sync_account SET create_date = %s", [days_ago(10).replace(tzinfo=None)]
        )
        self.env.cr.execute(
            "UPDATE ir_model_data SET create_date = %s"
            " WHERE module = 'mail_sync_custom' AND name = 'mt_synced_mail'",
            [days_ago(10).replace(tzinfo=None)],
        )

    def unread(self, user):
        self.settle()
        lead = self.lead.with_user(user)
        found = lead.mail_sync_unread
        for value in (True, False):
            there = lead.search([("id", "=", lead.id), ("mail_sync_unread", "=", value)])
            self.assertEqual(bool(there), found == value)
        return found

    def test_what_a_lead_wrote_is_new_until_its_salesperson_looks(self):
        self.assertFalse(self.unread(self.ann))
        self.receive(5)
        self.assertTrue(self.unread(self.ann))
        self.lead.with_user(self.ann).mail_sync_looked()
        self.assertFalse(self.unread(self.ann))
        self.receive(4)
        self.assertTrue(self.unread(self.ann))

    def test_each_user_looks_for_themselves(self):
        self.receive(5)
        self.assertFalse(self.unread(self.bob))  # it is Ann's lead, and Bob has never looked
        self.lead.with_user(self.bob).mail_sync_looked()
        self.receive(4)
        self.assertTrue(self.unread(self.bob))
        self.lead.with_user(self.ann).mail_sync_looked()
        self.assertTrue(self.unread(self.bob))
        self.assertFalse(self.unread(self.ann))

    def test_history_and_what_we_wrote_is_no_news(self):
        self.receive(30)
        self.answer(2)
        self.assertFalse(self.unread(self.ann))

    def test_a_private_mail_makes_no_dot(self):
        self.lead.user_id = self.bob
        entry = self.receive(5)
        self.assertTrue(self.unread(self.bob))
        entry.with_user(self.ann).action_mail_sync_make_private()
        self.assertFalse(self.unread(self.bob))

    def test_who_cannot_open_the_lead_cannot_look(self):
        junior = self.salesperson("junior", "sales_team.group_sale_salesman")
        with self.assertRaises(AccessError):
            self.lead.with_user(junior).mail_sync_looked()
