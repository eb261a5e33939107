"""A mail cannot be edited or deleted as a note can, by whatever way."""

import json

from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged

from .common import mail
from .test_timeline import LENA, TimelineCase


@tagged("post_install", "-at_install")
class TestSentMail(TimelineCase, HttpCase):
    def edit(self, message, user=None, **changes):
        """Edit a message as the web client does; return the server's error, if any."""
        user = user or self.ann
        self.authenticate(user.login, user.login)
        given = {"message_id": message.id, "update_data": {"attachment_ids": [], **changes}}
        answer = self.url_open(
            "/mail/message/update_content",
            data=json.dumps({"params": given}),
            headers={"Content-Type": "application/json"},
        ).json()
        return answer.get("error", {}).get("data", {}).get("message", "")

    def note(self):
        return self.lead.with_user(self.ann).message_post(
            body="Called her.", message_type="comment", subtype_xmlid="mail.mt_note"
        )

    def recorded(self):
        self.deliver(mail(self.ann.email, LENA, "Offer"), "Sent")
        self.sync()
        return self.entries()

    def test_its_author_cannot_edit_or_delete_a_sent_mail(self):
        sent = self.smart_mail()
        for body in ("Something else.", ""):
            with self.subTest(body=body):
                self.assertIn("cannot be changed or deleted", self.edit(sent, body=body))
        self.assertIn("Here is the offer.", sent.body)

    def test_nor_can_an_administrator_in_the_web_client(self):
        sent, admin = self.smart_mail(), self.env.ref("base.user_admin")
        self.assertIn("cannot be changed", self.edit(sent, user=admin, body="Something else."))

    def test_nor_over_rpc(self):
        for message in (self.smart_mail(), self.recorded()):
            own = message.with_user(self.ann)
            for values in ({"body": "Other."}, {"subject": "Other"}, {"date": "2020-01-01"}):
                with self.subTest(values=values), self.assertRaises(UserError):
                    own.write(values)
            with self.assertRaises(UserError):
                own.unlink()

    def test_a_note_is_edited_and_deleted_as_ever(self):
        note = self.note()
        self.assertFalse(self.edit(note, body="Called her twice."))
        self.assertIn("twice", note.body)
        self.assertFalse(self.edit(note, body=""))

    def test_a_message_to_a_colleague_is_no_mail(self):
        ben = self.salesperson("ben")
        message = self.lead.with_user(self.ann).message_post(
            body="Have a look.", message_type="comment", partner_ids=ben.partner_id.ids
        )
        self.assertFalse(self.edit(message, body="Look."))

    def test_a_mail_can_be_starred_and_read(self):
        sent = self.smart_mail().with_user(self.ann)
        sent.toggle_message_starred()
        sent.set_message_done()
        self.assertTrue(sent.starred)
