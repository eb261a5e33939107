"""One recorded mail is removed, or moved to another record, and no mailbox undoes it."""

from datetime import UTC, datetime, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import MailSyncCase, mail

LENA, ANN, BOB = (
    "Lena <lena@customer.example>",
    "Ann <ann@company.example>",
    "Bob <bob@company.example>",
)


class EntryCase(MailSyncCase):
    """A mail of Lena's is on her lead; Ann has it in her mailbox, and Bob gets it later."""

    def setUp(self):
        super().setUp()
        self.bob, self.cem = self.salesperson("bob"), self.salesperson("cem")
        self.bobs, self.bobs_server = self.connect(self.bob)
        self.mail = mail(LENA, f"{ANN}, {BOB}", "Offer", date=self.day(1))
        self.deliver(self.mail)
        self.sync()
        self.entry = self.entries()

    def day(self, number):
        return datetime.now(UTC) - timedelta(days=9 - number)

    def bob_gets(self, message=None):
        self.deliver(message or self.mail, server=self.bobs_server)
        self.sync(self.bobs)

    def reconnect(self):
        """Ann disables her mailbox, and connects it again with all of its past."""
        self.account._disable("keep")
        self.account, server = self.connect(self.ann)
        self.deliver(self.mail, server=server)
        self.sync()


@tagged("post_install", "-at_install")
class TestRemove(EntryCase):
    def remove(self, user=None):
        self.entry.with_user(user or self.ann).action_mail_sync_remove()
        self.assertTimeline()

    def test_it_does_not_come_back_from_a_colleague_who_gets_it_later(self):
        self.remove()
        self.bob_gets()
        self.assertTimeline()

    def test_it_does_not_come_back_from_a_colleague_who_had_it(self):
        self.bob_gets()
        self.remove()
        self.sync(self.bobs)
        self.assertTimeline()

    def test_it_does_not_come_back_when_its_owner_connects_again(self):
        self.remove()
        self.reconnect()
        self.assertTimeline()

    def test_it_does_not_come_back_for_a_new_lead(self):
        self.remove()
        self.lead.action_set_lost()
        late = self.env["crm.lead"].create({"name": "Late", "email_from": LENA})
        self.sync()
        self.bob_gets()
        self.assertTimeline(record=late)

    def test_it_does_not_come_back_when_its_owner_was_deleted(self):
        self.remove()
        self.env["mail.message"].search([("author_id", "=", self.ann.partner_id.id)]).unlink()
        self.ann.unlink()
        self.bob_gets()
        self.assertTimeline()

    def test_what_nobody_holds_does_not_come_back_either(self):
        self.env["mail.message"].search([("author_id", "=", self.ann.partner_id.id)]).unlink()
        self.ann.unlink()
        self.remove(self.salesperson("boss", "mail_sync_custom.group_mail_sync_company_manager"))
        self.bob_gets()
        self.assertTimeline()

    def test_a_manager_removes_a_private_mail_without_reading_it(self):
        self.entry.with_user(self.ann).action_mail_sync_make_private()
        boss = self.salesperson("boss", "mail_sync_custom.group_mail_sync_company_manager")
        self.assertFalse(self.entry.with_user(boss).has_access("read"))
        [shown] = self.lead.with_user(boss).mail_sync_timeline()["entries"]
        self.assertEqual((shown["hidden"], shown["removable"]), (True, True))
        self.remove(boss)

    def test_a_colleague_without_the_mail_does_not_remove_it(self):
        with self.assertRaises(AccessError):
            self.entry.with_user(self.cem).action_mail_sync_remove()
        self.assertTimeline("Offer")


@tagged("post_install", "-at_install")
class TestMove(EntryCase):
    def setUp(self):
        super().setUp()
        self.other = self.env["crm.lead"].create({"name": "Other", "user_id": self.ann.id})

    def move(self, target=None, user=None, entry=None):
        target = target or self.other
        wizard = self.env["mail.sync.entry.move"].with_user(user or self.ann)
        chosen = "lead_id" if target._name == "crm.lead" else "partner_id"
        wizard = wizard.create(
            {
                "mail_message_id": (entry or self.entry).id,
                "target_kind": target._name,
                chosen: target.id,
            }
        )
        wizard.action_move()

    def answer(self, subject="Re: Offer", answers="Offer@example.com", **values):
        return mail(LENA, f"{ANN}, {BOB}", subject, answers=answers, **values)

    def test_it_is_on_the_other_record_with_its_files(self):
        file = self.env["ir.attachment"].create(
            {"name": "offer.txt", "raw": b"1", "res_model": "crm.lead", "res_id": self.lead.id}
        )
        self.entry.attachment_ids = file
        self.move()
        self.assertTimeline()
        self.assertTimeline("Offer", record=self.other)
        self.assertEqual((file.res_model, file.res_id), ("crm.lead", self.other.id))

    def test_it_moves_to_a_contact(self):
        contact = self.env["res.partner"].create({"name": "Somebody"})
        self.move(contact)
        self.assertTimeline()
        self.assertTimeline("Offer", record=contact)

    def test_no_mailbox_brings_it_back(self):
        self.move()
        self.sync()
        self.bob_gets()
        self.reconnect()
        self.assertTimeline()
        self.assertTimeline("Offer", record=self.other)

    def test_later_answers_follow_it(self):
        self.move()
        self.deliver(self.answer())
        self.sync()
        self.assertTimeline()
        self.assertTimeline("Offer", "Re: Offer", record=self.other)
        self.assertEqual(self.entries(self.other)[1].parent_id, self.entry)

    def test_its_answer_moves_behind_it(self):
        self.deliver(self.answer(date=self.day(2)))
        self.sync()
        question, answer = self.entries()
        self.move()
        self.assertFalse(answer.parent_id)
        self.move(entry=answer)
        self.assertEqual(answer.parent_id, question)

    def test_an_answer_that_moves_first_stands_under_it_in_the_end(self):
        self.deliver(self.answer(date=self.day(2)))
        self.sync()
        question, answer = self.entries()
        self.move(entry=answer)
        self.move(entry=question)
        self.assertEqual(answer.parent_id, question)

    def test_a_record_that_has_it_already_has_it_once(self):
        self.other.email_from = LENA
        self.sync()
        self.bob_gets()
        self.move(self.env["crm.lead"].create({"name": "Third", "user_id": self.ann.id}))
        self.assertTimeline()
        twin = self.env["crm.lead"].create({"name": "Fourth", "email_from": LENA})
        self.sync()
        self.assertTimeline(record=twin)

    def test_the_copy_on_the_contact_is_the_one_that_is_left(self):
        contact = self.env["res.partner"].create({"name": "Lena", "email": LENA})
        self.lead.partner_id = contact
        self.deliver(mail(LENA, ANN, "Second"))
        self.sync()
        [second] = self.entries()[1:]
        self.move(contact, entry=second)
        self.assertTimeline("Offer")
        self.assertEqual(self.entries(contact).mapped("subject").count("Second"), 1)

    def test_only_to_a_record_that_its_user_may_write(self):
        jr = self.salesperson("jr", "mail_sync_custom.group_mail_sync_jr_salesperson")
        self.lead.user_id = jr
        self.other.user_id = self.bob
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.move(user=jr)
        self.lead.user_id = self.bob
        self.other.user_id = jr
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.move(user=jr)
        self.assertTimeline("Offer")

    def test_a_private_mail_stays_private_and_is_moved_by_its_owner_alone(self):
        self.entry.with_user(self.ann).action_mail_sync_make_private()
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.move(user=self.cem)
        self.move()
        self.env.invalidate_all()
        self.assertFalse(self.entry.with_user(self.cem).has_access("read"))
        self.assertTrue(self.entry.with_user(self.ann).has_access("read"))

    def test_what_was_not_recorded_does_not_move(self):
        note = self.lead.with_user(self.ann).message_post(body="Note.")
        with self.assertRaises(UserError):
            self.move(entry=note)
