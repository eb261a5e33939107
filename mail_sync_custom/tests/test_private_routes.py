"""The routes to the file of a private mail, with every token that Odoo ever gave out for it."""

from odoo.tests import HttpCase, tagged

from .recorded_case import Recorded
from .roles_case import WHO


@tagged("post_install", "-at_install")
class TestPrivateRoutes(Recorded, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.env["crm.lead"].create({"name": "Roof", "type": "lead", "user_id": False})

    def setUp(self):
        super().setUp()
        self.mail = self.entry(self.lead)
        self.hold(self.mate, self.mail)
        self.file = self.mail.attachment_ids
        self.file.raw = b"the offer"

    def ways(self):
        """Return the addresses of the file: with the reader's rights, and with each token."""
        file = f"/web/content/{self.file.id}"
        token = self.file.generate_access_token()[0]
        return {
            "rights": file,
            "image": f"/web/image/{self.file.id}",
            "model": f"/web/content/ir.attachment/{self.file.id}/raw",
            "datas": f"/web/content/ir.attachment/{self.file.id}/datas",
            "token": f"{file}?access_token={token}",
            "token of a picture": f"/web/image/{self.file.id}?access_token={token}",
            "token of the field": f"{file}?access_token={self.file._get_raw_access_token()}",
            "token by model": f"/web/content?model=ir.attachment&id={self.file.id}&field=raw"
            f"&access_token={token}",
            "pdf page": f"/mail/attachment/pdf_first_page/{self.file.id}?access_token={token}",
            "thumbnail": f"/web/image/{self.file.id}?access_token="
            f"{self.file._get_thumbnail_token()}",
        }

    def opened(self, ways):
        return [name for name, url in ways.items() if b"the offer" in self.url_open(url).content]

    def test_no_token_opens_its_file(self):
        ways = self.ways()
        self.authenticate(None, None)
        self.assertIn("token", self.opened(ways))
        self.mail.with_user(self.mate).action_mail_sync_make_private()
        self.env.flush_all()
        for who in WHO:
            if who == "public":
                self.authenticate(None, None)
            else:
                self.authenticate(self.people[who].login, self.people[who].login)
            with self.subTest(who=who):
                self.assertEqual(self.opened(ways), [])
        self.authenticate(self.mate.login, self.mate.login)
        self.assertLessEqual({"rights", "token", "model"}, set(self.opened(ways)))
