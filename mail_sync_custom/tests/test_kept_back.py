"""A message that the server withholds does not hold up others, and its owner is notified."""

from datetime import timedelta

from odoo import fields

from ..engine.errors import ConnectionLost
from .common import MailSyncCase, mail

LENA = "lena@customer.example"
ANN = "ann@company.example"


class TestKeptBack(MailSyncCase):
    def setUp(self):
        super().setUp()
        self.uids = [self.deliver(mail(LENA, ANN, f"Mail {number}")) for number in range(5)]
        self.inbox = self.server["INBOX"]

    def end_the_connection_over(self, uid):
        self.inbox.header_poison[uid] = ConnectionLost("* BYE internal error")

    def test_the_others_are_recorded_in_the_same_turn(self):
        self.end_the_connection_over(self.uids[2])
        self.sync()
        expected = ["Mail 0", "Mail 1", "Mail 3", "Mail 4"]
        self.assertCountEqual(self.entries().mapped("subject"), expected)
        self.assertEqual(self.account.state, "enabled")
        self.assertEqual(self.account.failed_ids.uid, self.uids[2])
        self.assertEqual(self.server.open, 0)

    def test_the_log_names_folder_and_uid_once(self):
        self.end_the_connection_over(self.uids[2])
        self.sync()
        self.account.failed_ids.retry_at = fields.Datetime.now()
        self.sync()
        (entry,) = self.account.log_ids
        self.assertEqual(entry.code, "message_not_delivered")
        self.assertEqual(entry.detail, f"INBOX, UID {self.uids[2]}: * BYE internal error")

    def test_it_is_requested_every_day_and_recorded_when_it_arrives(self):
        self.end_the_connection_over(self.uids[2])
        self.sync()
        for _ in range(6):
            self.account.failed_ids.retry_at = fields.Datetime.now() - timedelta(minutes=1)
            self.sync()
        pause = self.account.failed_ids.retry_at - fields.Datetime.now()
        self.assertLessEqual(pause, timedelta(days=1))
        self.assertEqual(self.account.failed_ids.attempts, 7)
        self.inbox.header_poison.clear()
        self.account.failed_ids.retry_at = fields.Datetime.now()
        self.sync()
        self.assertEqual(len(self.entries()), 5)
        self.assertFalse(self.account.failed_ids)

    def test_a_mailbox_that_cannot_be_opened_is_remembered_and_read_last(self):
        self.inbox.fails["EXAMINE"] = ConnectionLost("* BYE")
        self.deliver(mail(ANN, LENA, "Sent"), "Sent")
        self.sync()
        self.assertTimeline("Sent")
        inbox = self.account.mailbox_ids.filtered(lambda box: box.special_use == "inbox")
        self.assertEqual((inbox.at_once, inbox.uidvalidity), (1, -1))
        self.inbox.fails.clear()
        self.sync()
        self.assertEqual(len(self.entries()), 6)
        self.assertEqual(inbox.at_once, 0)

    def test_a_server_that_delivers_nothing_has_its_own_error_message(self):
        self.inbox.hidden = set(self.uids)
        said = self.sync()
        self.assertEqual(self.account.state, "error")
        self.assertEqual(self.account.error_code, "nothing_delivered")
        self.assertIn("hands out none", said)
        self.assertFalse(self.account.failed_ids)
        self.inbox.hidden.clear()
        self.sync()
        self.assertEqual(self.account.state, "enabled")
        self.assertEqual(len(self.entries()), 5)
