"""What a mail's writer decides when it was refused, or when nobody knows if it was sent."""

import smtplib
from contextlib import suppress
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..engine.smtp import handover
from .test_timeline import TimelineCase


class Killed(BaseException):
    """The process ends here: nothing catches it."""


CUT, CUT_LATER = "cut", "cut later"


class SmtpConnection:
    """A connection to an SMTP server that accepts everything, except for those in ``answers``.

    ``answers``: address → the server's answer, or ``Killed`` once it has the text, or ``CUT`` or
    ``CUT_LATER`` for a connection that is lost before or after the server has the text.
    """

    handed_over = False
    refused = {}

    def __init__(self, delivered, answers):
        self.delivered, self.answers = delivered, answers

    def send_message(self, message, _smtp_from, smtp_to_list):
        """Deliver to each recipient, or answer as instructed."""
        self.refused = {to: self.answers[to] for to in smtp_to_list if to in self.answers}
        if Killed in self.refused.values():
            self.handed_over = True
            raise Killed
        if cut := {CUT, CUT_LATER} & set(self.refused.values()):
            self.handed_over = CUT_LATER in cut
            self.refused = {}
            raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")
        if len(self.refused) == len(smtp_to_list):
            refused, self.refused = self.refused, {}
            raise smtplib.SMTPRecipientsRefused(refused)
        self.delivered.extend(to for to in smtp_to_list if to not in self.answers)

    def quit(self):
        """Say goodbye."""


NO_SUCH_USER = (550, b"5.1.1 no such user")


@tagged("post_install", "-at_install")
class TestSendAgain(TimelineCase):
    """``self.delivered`` has each recipient of each mail; ``self.answers`` as above."""

    def setUp(self):
        super().setUp()
        self.delivered, self.answers = [], {}
        for where, name, instead in (
            (handover, "connect", lambda *_, **__: SmtpConnection(self.delivered, self.answers)),
            (type(self.env["ir.mail_server"]), "_disable_send", lambda _: False),
        ):
            replaced = patch.object(where, name, instead)
            replaced.start()
            self.addCleanup(replaced.stop)
        self.enterContext(self.enter_registry_test_mode())
        self.lena, self.jon = self.env["res.partner"].create(
            [
                {"name": "Lena", "email": "lena@customer.example"},
                {"name": "Jon", "email": "jon@customer.example"},
            ]
        )

    def write_to(self, *partners, **values):
        """Write to contacts as the composer does; return the message as its writer sees it."""
        ids = [partner.id for partner in partners]
        return self.lead.with_user(self.ann).message_post(
            body="Here is the offer.",
            subject="Offer",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=ids,
            **values,
        )

    def write_with_copy(self, to, cc):
        """Write to addresses, with others in copy."""
        Mail = type(self.env["mail.mail"])
        with patch.object(Mail, "send_after_commit", lambda _mails: None):
            message = self.write_to(outgoing_email_to=to)
        self.queued(message).email_cc = cc
        self.queue_runs()
        return message

    def killed_writing_to(self, *partners):
        """Write to contacts, and be killed once the server has the text for one of them."""
        Mail = type(self.env["mail.mail"])
        with patch.object(Mail, "send_after_commit", lambda _mails: None):
            message = self.write_to(*partners)
        self.killed_in_the_queue(message)
        self.queue_runs()
        return message

    def killed_in_the_queue(self, message):
        """Be killed while the queue is sent: what was not committed is as it was."""
        before = self.queued(message).read(["state", "failure_type", "failure_reason"])[0]
        notices = message.sudo().notification_ids
        with suppress(Killed):
            self.queue_runs()
            self.fail("Nobody was killed.")
        self.queued(message).write(before)
        notices.write(
            {"notification_status": "ready", "failure_type": False, "failure_reason": False}
        )

    def queue_runs(self):
        """Let Odoo send what is in its queue."""
        mails = self.env["mail.mail"].search([("state", "=", "outgoing")])
        self.env["mail.mail"].browse(mails.ids).send()

    def sync(self):
        """Press *Sync now*; new cursors are this test's own already."""
        self.account.with_user(self.ann).action_sync_now()
        self.env.invalidate_all()

    def state(self, message):
        self.env.invalidate_all()
        return message.mail_sync_delivery

    def status_of(self, message, partner):
        notifications = message.sudo().notification_ids
        return notifications.filtered(lambda one: one.res_partner_id == partner).notification_status

    def queued(self, message):
        return self.env["mail.mail"].search([("mail_message_id", "=", message.id)])

    # -- nobody knows --------------------------------------------------------------------------

    def test_a_mail_of_unknown_outcome_is_never_resent_automatically(self):
        self.answers = {self.lena.email: Killed}
        message = self.killed_writing_to(self.lena, self.jon)
        self.answers = {}
        self.queue_runs()
        self.assertEqual(self.delivered, [self.jon.email])
        self.assertEqual(self.state(message), "unknown")
        self.assertIn("do not know", message.mail_sync_delivery_reason)
        self.assertEqual(self.status_of(message, self.lena), "exception")
        self.assertEqual(self.status_of(message, self.jon), "sent")

    def test_a_connection_lost_after_the_text_is_no_error_for_its_author_who_is_asked(self):
        self.answers = {self.lena.email: CUT_LATER}
        message = self.write_to(self.lena, self.jon)
        self.queue_runs()
        self.assertEqual(self.state(message), "unknown")
        self.assertEqual(self.status_of(message, self.lena), "exception")
        self.assertEqual(self.delivered, [self.jon.email])

    def test_a_connection_lost_before_the_text_is_no_error_for_its_author_and_is_tried_again(self):
        self.answers = {self.lena.email: CUT}
        message = self.write_to(self.lena, self.jon)
        self.assertEqual(self.state(message), "waiting")
        self.assertTrue(message.mail_sync_delivery_reason)
        self.assertEqual(self.status_of(message, self.lena), "ready")
        self.answers = {}
        self.queued(message).scheduled_date = False
        self.queue_runs()
        self.assertEqual(self.delivered, [self.jon.email, self.lena.email])
        self.assertFalse(self.state(message))

    def test_send_again_reaches_only_recipients_of_unknown_outcome(self):
        self.answers = {self.lena.email: Killed}
        message = self.killed_writing_to(self.lena, self.jon)
        self.answers = {}
        before = message.mail_sync_before_sending_again()
        self.assertEqual(before["to"], [self.lena.email])
        self.assertIn("ann@company.example", before["route"])
        self.assertFalse(message.action_mail_sync_send_again())
        self.queue_runs()
        self.assertEqual(self.delivered, [self.jon.email, self.lena.email])
        self.assertFalse(self.state(message))
        self.assertEqual(self.status_of(message, self.lena), "sent")

    def test_pressed_twice_it_is_sent_once(self):
        self.answers = {self.lena.email: Killed}
        message = self.killed_writing_to(self.lena)
        self.answers = {}
        for _tab in range(2):
            message.action_mail_sync_send_again()
        self.queue_runs()
        message.action_mail_sync_send_again()
        self.queue_runs()
        self.assertEqual(self.delivered, [self.lena.email])

    def test_killed_while_it_is_resent_it_asks_once_more(self):
        self.answers = {self.lena.email: Killed}
        message = self.killed_writing_to(self.lena)
        message.action_mail_sync_send_again()
        self.killed_in_the_queue(message)
        self.answers = {}
        self.queue_runs()
        self.assertEqual(self.delivered, [])
        self.assertEqual(self.state(message), "unknown")

    def test_it_was_sent_sends_nothing_and_files_the_copy_once(self):
        self.answers = {self.lena.email: Killed}
        message = self.killed_writing_to(self.lena, self.jon)
        self.answers = {}
        self.assertFalse(message.action_mail_sync_was_sent())
        self.queue_runs()
        self.assertEqual(self.delivered, [self.jon.email])
        self.assertFalse(self.state(message))
        self.assertEqual(self.status_of(message, self.lena), "sent")
        for _turn in range(2):
            self.sync()
        [copy] = self.copies_in_sent()
        self.assertIn(self.lena.email, copy)
        self.assertIn(self.jon.email, copy)

    def test_it_was_sent_files_no_copy_if_the_provider_filed_one(self):
        self.answers = {self.lena.email: Killed}
        message = self.killed_writing_to(self.lena)
        raw = f"Message-ID: {message.message_id}\r\nSubject: Offer\r\n\r\nHere it is.\r\n"
        self.deliver(raw.encode(), "Sent")
        message.action_mail_sync_was_sent()
        self.sync()
        self.assertEqual(len(self.copies_in_sent()), 1)

    def copies_in_sent(self):
        return [copy.raw.decode() for copy in self.server["Sent"].messages.values()]

    # -- refused -------------------------------------------------------------------------------

    def test_a_refused_mail_goes_to_the_corrected_address_and_to_nobody_twice(self):
        self.answers = {self.lena.email: NO_SUCH_USER}
        message = self.write_to(self.lena, self.jon)
        self.assertEqual(self.state(message), "refused")
        self.assertEqual(self.delivered, [self.jon.email])
        self.lena.email = "lena.park@customer.example"
        message.action_mail_sync_send_again()
        self.queue_runs()
        self.assertEqual(self.delivered, [self.jon.email, "lena.park@customer.example"])
        self.assertFalse(self.state(message))

    def test_a_second_refusal_is_reported_again(self):
        self.answers = {self.lena.email: NO_SUCH_USER}
        message = self.write_to(self.lena)
        message.action_mail_sync_send_again()
        self.assertFalse(self.state(message))
        self.queue_runs()
        self.assertEqual(self.state(message), "refused")
        self.assertIn("no such user", message.mail_sync_delivery_reason)
        self.assertTrue(message.mail_sync_repeatable)

    def test_one_of_several_addresses_is_resent_alone(self):
        self.answers = {"jon@customer.example": NO_SUCH_USER}
        message = self.write_to(outgoing_email_to="lena@customer.example, jon@customer.example")
        self.assertEqual(self.state(message), "refused")
        self.assertEqual(self.delivered, ["lena@customer.example"])
        self.answers = {}
        message.action_mail_sync_send_again()
        self.queue_runs()
        self.assertEqual(self.delivered, ["lena@customer.example", "jon@customer.example"])
        self.assertFalse(self.state(message))

    def test_if_the_cc_was_accepted_only_the_refused_recipient_gets_it(self):
        self.answers = {"lena@customer.example": NO_SUCH_USER}
        message = self.write_with_copy("lena@customer.example", "Jon <jon@customer.example>")
        self.assertEqual(self.state(message), "refused")
        self.assertEqual(self.delivered, ["jon@customer.example"])
        self.answers = {}
        self.assertEqual(message.mail_sync_before_sending_again()["to"], ["lena@customer.example"])
        message.action_mail_sync_send_again()
        self.queue_runs()
        self.assertEqual(self.delivered, ["jon@customer.example", "lena@customer.example"])
        self.assertFalse(self.state(message))

    def test_a_refused_cc_is_resent_and_to_nobody_else(self):
        self.answers = {"jon@customer.example": NO_SUCH_USER}
        message = self.write_with_copy(
            "lena@customer.example", "Jon <jon@customer.example>, kim@customer.example"
        )
        self.assertEqual(self.state(message), "refused")
        self.answers = {}
        self.assertEqual(message.mail_sync_before_sending_again()["to"], ["jon@customer.example"])
        message.action_mail_sync_send_again()
        self.queue_runs()
        self.assertEqual(
            self.delivered,
            ["lena@customer.example", "kim@customer.example", "jon@customer.example"],
        )
        self.assertFalse(self.state(message))
        self.sync()
        [copy] = self.copies_in_sent()
        self.assertEqual(copy.count("lena@customer.example"), 1)

    def test_a_cc_refused_again_is_reported_again(self):
        self.answers = {"jon@customer.example": NO_SUCH_USER}
        message = self.write_with_copy("lena@customer.example", "jon@customer.example")
        message.action_mail_sync_send_again()
        self.queue_runs()
        self.assertEqual(self.state(message), "refused")
        self.assertEqual(self.delivered, ["lena@customer.example"])

    def test_a_refused_and_deleted_recipient_counts_as_not_reached(self):
        self.answers = {self.lena.email: NO_SUCH_USER}
        message = self.write_to(self.lena)
        self.lena.unlink()
        for _time in range(2):
            message.action_mail_sync_send_again()
            self.queue_runs()
            self.assertEqual(self.state(message), "refused")

    def test_a_recipient_with_another_name_at_the_next_attempt_gets_it_once(self):
        self.answers = {self.jon.email: Killed}
        with patch.object(type(self.env["mail.mail"]), "send_after_commit", lambda _mails: None):
            message = self.write_to(self.lena, self.jon)
        self.killed_in_the_queue(message)
        self.assertEqual(self.delivered, [self.lena.email])
        self.lena.name = "Lena Park"
        self.queue_runs()
        self.assertEqual(self.delivered, [self.lena.email])

    def test_a_refusal_stays_when_the_rest_was_sent(self):
        self.answers = {self.lena.email: Killed, self.jon.email: NO_SUCH_USER}
        message = self.killed_writing_to(self.lena, self.jon)
        self.assertEqual(self.state(message), "unknown")
        left = message.action_mail_sync_was_sent()
        self.assertEqual(left["state"], "refused")
        self.assertIn("no such user", left["reason"])
        self.assertEqual(self.status_of(message, self.lena), "sent")
        self.assertEqual(self.status_of(message, self.jon), "exception")

    # -- without the mailbox -------------------------------------------------------------------

    def test_after_disabling_it_names_the_server_before_sending(self):
        self.account.state = "error"
        message = self.write_to(self.lena)
        self.env["ir.mail_server"].create(
            {"name": "The company's", "smtp_host": "smtp.company.example"}
        )
        self.account._disable("keep")
        self.assertEqual(self.state(message), "refused")
        self.assertIn("was disabled", message.mail_sync_delivery_reason)
        self.assertIn("The company's", message.mail_sync_before_sending_again()["route"])
        message.action_mail_sync_send_again()
        self.assertEqual(self.queued(message).state, "outgoing")

    def test_while_the_mailbox_does_not_work_it_says_that_it_waits(self):
        self.answers = {self.lena.email: NO_SUCH_USER}
        message = self.write_to(self.lena)
        self.account.state = "error"
        self.assertIn("cannot send", message.mail_sync_before_sending_again()["route"])
        message.action_mail_sync_send_again()
        self.queue_runs()
        self.assertEqual(self.state(message), "waiting")

    # -- who may -------------------------------------------------------------------------------

    def test_nobody_decides_on_a_colleagues_mail_but_an_administrator(self):
        self.answers = {self.lena.email: NO_SUCH_USER}
        message = self.write_to(self.lena)
        ben = self.salesperson("ben")
        for name in (
            "mail_sync_before_sending_again",
            "action_mail_sync_send_again",
            "action_mail_sync_was_sent",
        ):
            with self.subTest(name), self.assertRaisesRegex(AccessError, "wrote this mail"):
                getattr(message.with_user(ben), name)()
        self.answers = {}
        boss = new_test_user(
            self.env, "boss", groups="base.group_system,sales_team.group_sale_manager"
        )
        message.with_user(boss).action_mail_sync_send_again()
        self.queue_runs()
        self.assertEqual(self.delivered, [self.lena.email])

    def test_a_user_who_can_no_longer_read_the_lead_decides_nothing(self):
        self.answers = {self.lena.email: NO_SUCH_USER}
        message = self.write_to(self.lena)
        self.ann.write({"group_ids": [(6, 0, self.env.ref("base.group_user").ids)]})
        with self.assertRaises(AccessError):
            message.action_mail_sync_send_again()
