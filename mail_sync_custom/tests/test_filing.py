from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from ..bridge.live import Live
from ..engine.errors import ConnectionLost, Kind, ServerRefused, Step
from ..engine.sync.protocols import Report
from ..models.mail_sync_latecomer import MailSyncLatecomer
from ..models.mail_sync_outgoing import MAX_FILINGS
from ..turns import filing, turn
from .common import MailSyncCase, mail

#: What Courier says to APPEND while a mailbox is open read-only.
READ_ONLY = ServerRefused(
    "Current box is selected READ-ONLY.", code="refused", kind=Kind.SETUP, step=Step.SENDING
)


class FilingCase(MailSyncCase):
    def send(self, subject="Offer"):
        """Have Ann's SMTP server accept a mail; return its row in `mail.sync.outgoing`."""
        message = EmailMessage()
        message["From"], message["To"] = self.ann.email, "lena@customer.example"
        message["Subject"], message["Message-Id"] = subject, f"<{subject}@company.example>"
        message.set_content("Hello.")
        Outgoing = self.env["mail.sync.outgoing"]
        with self.enter_registry_test_mode():
            outgoing, _ = Outgoing._begin(self.account.id, message, ["lena@customer.example"])
            Outgoing._settle(outgoing, "sent", message)
        return Outgoing.browse(outgoing)

    def refuse(self, error, word=b""):
        self.server["Sent"].refuses[word] = error

    def filed(self):
        return sorted(
            line.decode().strip().removeprefix("Subject: ")
            for message in self.server["Sent"].messages.values()
            for name, line in message.fields
            if name == b"subject"
        )

    def a_turn(self):
        """Run a turn; return what it says."""
        self.env.invalidate_all()
        said = self.sync()
        self.env.invalidate_all()
        return said

    def assertReads(self, subject):
        """A mail that arrives now is on its lead after the next turn, and there is no error."""
        self.deliver(mail("lena@customer.example", self.ann.email, subject))
        said = self.a_turn()
        self.assertIn("Recorded: 1.", said)
        self.assertIn(subject, self.entries().mapped("subject"))
        self.assertEqual(self.account.state, "enabled")
        self.assertFalse(self.account.error_code)


@tagged("post_install", "-at_install")
class TestFiling(FilingCase):
    def test_a_copy_is_filed_once(self):
        sent = self.send()
        self.a_turn()
        self.a_turn()
        self.assertEqual(self.filed(), ["Offer"])
        self.assertTrue(sent.filed)
        self.assertFalse(sent.raw)

    def test_the_copy_has_the_date_of_sending(self):
        sent = self.send()
        sent.sent_at = fields.Datetime.now() - timedelta(hours=5)
        self.a_turn()
        [copy] = self.server["Sent"].messages.values()
        self.assertEqual(copy.internaldate, sent.sent_at.replace(tzinfo=UTC))

    def test_a_server_that_refuses_every_copy_is_still_read(self):
        self.refuse(READ_ONLY)
        sent = self.send()
        for number in range(4):
            self.assertReads(f"Mail {number}")
        self.assertFalse(sent.filed)
        self.assertGreater(sent.filing_retry_at, fields.Datetime.now())
        [logged] = self.account.log_ids
        self.assertEqual((logged.code, logged.step), (READ_ONLY.code, "sending"))
        self.assertIn("READ-ONLY", logged.detail)

    def test_the_life_of_the_lead_says_that_there_is_no_copy(self):
        message = self.lead.with_user(self.ann).message_post(
            body="Hello", subject="Offer", message_type="comment"
        )
        message.sudo().message_id = "<Offer@company.example>"
        self.refuse(READ_ONLY)
        sent = self.send()
        self.a_turn()
        self.assertIn("no copy in Sent yet", self.unfiled(message))
        self.assertIn("READ-ONLY", self.unfiled(message))
        self.server["Sent"].refuses.clear()
        sent.filing_retry_at = fields.Datetime.now()
        self.a_turn()
        self.assertEqual(self.unfiled(message), "")

    def unfiled(self, message):
        entries = self.lead.with_user(self.ann)._mail_sync_entries(message.with_user(self.ann))
        return entries[0]["unfiled"]

    def test_a_connection_dropped_by_a_copy_has_finished_reading(self):
        self.refuse(ConnectionLost())
        self.send()
        for number in range(3):
            self.assertReads(f"Mail {number}")

    def test_a_refused_copy_is_tried_again_with_growing_pauses(self):
        self.refuse(READ_ONLY)
        sent = self.send()
        pauses = []
        for _ in range(6):
            self.a_turn()
            pauses.append(sent.filing_retry_at - fields.Datetime.now())
            before = len(self.server.commands)
            self.a_turn()
            self.assertNotIn(("APPEND", "Sent"), self.server.commands[before:])
            sent.filing_retry_at = fields.Datetime.now()
        self.assertEqual(pauses, sorted(pauses))
        self.assertGreater(pauses[-1], timedelta(hours=12))

    def test_once_the_server_accepts_it_there_is_one_copy_and_no_message(self):
        self.refuse(READ_ONLY)
        sent = self.send()
        self.a_turn()
        self.assertTrue(sent.filing_code)
        self.server["Sent"].refuses.clear()
        sent.filing_retry_at = fields.Datetime.now()
        self.a_turn()
        self.assertEqual(self.filed(), ["Offer"])
        self.assertFalse(sent.filing_code)
        self.a_turn()
        self.assertEqual(self.filed(), ["Offer"])

    def test_after_ten_days_it_is_given_up_and_its_text_deleted(self):
        self.refuse(READ_ONLY)
        sent = self.send()
        sent.filing_attempts = MAX_FILINGS - 1
        self.a_turn()
        self.assertTrue(sent.filed)
        self.assertFalse(sent.raw)
        self.assertEqual(sent.filing_code, READ_ONLY.code)

    def test_a_copy_that_is_too_large_does_not_delay_the_others(self):
        self.refuse(ServerRefused(code="copy_too_large", kind=Kind.MSG), b"Subject: Plans")
        plans, _offer = self.send("Plans"), self.send("Offer")
        self.a_turn()
        self.assertEqual(self.filed(), ["Offer"])
        self.assertTrue(plans.filed)
        self.assertEqual(plans.filing_code, "copy_too_large")

    def test_a_limit_is_not_tried_with_each_copy(self):
        self.refuse(ServerRefused(code="over_limit", kind=Kind.LIMIT))
        for number in range(5):
            self.send(f"Offer {number}")
        self.a_turn()
        self.assertEqual(self.server.commands.count(("APPEND", "Sent")), 1)
        self.a_turn()
        self.assertEqual(self.server.commands.count(("APPEND", "Sent")), 1)

    def test_a_pause_that_the_server_asks_for_is_kept(self):
        self.refuse(ServerRefused(code="over_limit", kind=Kind.LIMIT, retry_after=7200))
        sent = self.send()
        self.a_turn()
        self.assertGreater(sent.filing_retry_at, fields.Datetime.now() + timedelta(minutes=119))


@tagged("post_install", "-at_install")
class TestBesideTheReading(FilingCase):
    """Whatever a step beside the reading raises, mails are read, and the log names the fault."""

    def assertLogged(self, step):
        logged = self.account.log_ids.filtered(lambda entry: entry.code == "internal")
        self.assertEqual((logged[:1].step, logged[:1].detail), (step, "ZeroDivisionError"))

    def breaks(self, where, name):
        """Let a step fail; the server's log has the traceback."""
        broken = patch.object(where, name, side_effect=ZeroDivisionError)
        broken.start()
        self.addCleanup(broken.stop)
        logged = self.assertLogs("odoo.addons.mail_sync_custom", "ERROR")
        logged.__enter__()
        self.addCleanup(logged.__exit__, None, None, None)

    def fail_visibly(self):
        """Let the account fail so that its owner is notified; then the server works again."""
        refused = ServerRefused(code="login_refused", kind=Kind.CRED, step=Step.LOGIN)
        self.account._failed(refused, datetime.now(UTC))
        self.assertEqual(self.account.state, "error")
        self.account.log_ids.unlink()

    def test_filing(self):
        self.breaks(filing, "file_sent")
        self.assertReads("Hello")
        self.assertLogged("sending")

    def test_the_notice_that_it_is_over(self):
        self.fail_visibly()
        self.assertTrue(self.account.told_owner)
        self.breaks(type(self.env["mail.thread"]), "message_notify")
        self.assertReads("Hello")
        self.assertLogged("recording")

    def test_the_notice_that_it_has_begun(self):
        self.breaks(type(self.env["mail.thread"]), "message_notify")
        self.fail_visibly()

    def test_updating_open_pages(self):
        self.breaks(Live, "_send")
        self.assertReads("Hello")
        self.assertLogged("recording")

    def test_the_top_bar(self):
        self.fail_visibly()
        self.breaks(type(self.env["res.users"]), "_bus_send")
        self.assertReads("Hello")
        self.assertLogged("recording")

    def test_looking_back_for_latecomers(self):
        self.breaks(MailSyncLatecomer, "_count")
        self.assertReads("Hello")
        self.assertLogged("reading")

    def test_a_failure_to_save_the_result_does_not_end_the_run_or_repeat_at_once(self):
        self.breaks(type(self.account), "_succeeded")
        self.deliver(mail("lena@customer.example", self.ann.email, "Hello"))
        self.a_turn()
        self.assertTimeline("Hello")
        self.assertLogged("recording")
        self.assertFalse(self.account.lease_token)
        self.assertGreater(self.account.next_sync_at, fields.Datetime.now())


@tagged("post_install", "-at_install")
class TestNothingRead(FilingCase):
    def states_after(self, turns, report):
        """Return the account's status after each of several turns that end alike."""
        states = []
        with patch.object(turn, "run", return_value=report):
            for _ in range(turns):
                self.a_turn()
                states.append(self.account.state)
        return states

    def test_three_turns_in_a_row_that_read_nothing_are_an_error(self):
        report = Report(problems=[("INBOX", ConnectionLost())])
        self.assertEqual(self.states_after(3, report), ["enabled", "enabled", "error"])

    def test_a_failure_after_some_were_read_is_shown_when_it_lasts(self):
        report = Report(problems=[("INBOX", ConnectionLost())], came=5)
        self.assertEqual(self.states_after(3, report), ["enabled"] * 3)
