"""The web client's own routes to a mail recorded on a contact, and to its file."""

import io
import zipfile

from odoo import http
from odoo.tests import HttpCase, JsonRpcException, tagged

from .recorded_case import Recorded


@tagged("post_install", "-at_install")
class TestRoutes(Recorded, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.env["crm.lead"].create(
            {"name": "Roof", "type": "opportunity", "user_id": cls.mate.id}
        )
        cls.contact = cls.env["res.partner"].create({"name": "Ella", "company_id": False})
        cls.lead.partner_id = cls.contact

    def setUp(self):
        super().setUp()
        self.entry(self.lead)
        self.mail = self.entry(self.contact)
        self.file = self.mail.attachment_ids
        self.file.raw = b"the offer"

    def log_in(self, user):
        self.authenticate(user.login, user.login)

    def opens(self, url, **data):
        """Return whether a route returns the file."""
        return b"the offer" in self.url_open(url, data=data or None).content

    def ways_to_the_file(self):
        return {
            "content": self.opens(f"/web/content/{self.file.id}?download=1"),
            "field": self.opens(f"/web/content/ir.attachment/{self.file.id}/raw"),
            "query": self.opens(f"/web/content?model=ir.attachment&id={self.file.id}&field=raw"),
            "image": self.opens(f"/web/image/{self.file.id}"),
            "zip": self.opens_in_zip(),
        }

    def opens_in_zip(self):
        token = http.Request.csrf_token(self)
        data = {"file_ids": str(self.file.id), "zip_name": "all.zip", "csrf_token": token}
        answer = self.url_open("/mail/attachment/zip", data=data)
        if not zipfile.is_zipfile(io.BytesIO(answer.content)):
            return False
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            return "offer.txt" in archive.namelist()

    def ways_to_the_mail(self):
        thread = {"thread_model": "res.partner", "thread_id": self.contact.id}
        shown = self.make_jsonrpc_request("/mail/thread/messages", thread)
        told = self.make_jsonrpc_request(
            "/mail/data",
            {"fetch_params": [["mail.thread", {**thread, "request_list": ["attachments"]}]]},
        )
        files = {file["id"] for file in told.get("ir.attachment", [])}
        return {
            "chatter": self.mail.id in shown["messages"],
            "files of the chatter": self.file.id in files,
            "reaction": self.reacts(),
        }

    def reacts(self):
        try:
            self.make_jsonrpc_request(
                "/mail/message/reaction",
                {"message_id": self.mail.id, "content": "👍", "action": "add"},
            )
        except JsonRpcException:
            return False
        return True

    def test_the_leads_owner_opens_mail_and_file_by_each_route(self):
        self.log_in(self.mate)
        self.assertEqual(set(self.ways_to_the_file().values()), {True})
        self.assertEqual(set(self.ways_to_the_mail().values()), {True})

    def test_a_colleague_opens_neither_mail_nor_file_by_any_route(self):
        for who in ("employee", "jr_salesperson"):
            self.log_in(self.people[who])
            with self.subTest(who=who):
                self.assertEqual(set(self.ways_to_the_file().values()), {False})
                self.assertEqual(set(self.ways_to_the_mail().values()), {False})
