"""A private mail: its owner reads it, and everybody else learns only that there was a mail."""

import json

from odoo.addons.mail.tools.discuss import Store
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .recorded_case import Recorded
from .roles_case import WHO

#: What must reach nobody else. The sender is part of it.
SUBJECT, BODY, SENDER, FILE, CONTENT = (
    "Zirkon",
    "Obsidian",
    "karneol",
    "Malachit.txt",
    b"Lapislazuli",
)
SECRETS = (SUBJECT, BODY, SENDER, FILE, CONTENT.decode(), "TGFwaXNsYXp1bGk")  # in base64, too
#: What the author of a template may write of the record.
EXPRESSIONS = (
    "object.message_ids.mapped('subject')",
    "object.message_ids.mapped('body')",
    "object.message_ids.parent_id.mapped('subject')",
    "object.message_ids.parent_id.mapped('body')",
    "[m.parent_id.subject for m in object.message_ids if m.parent_id.display_name]",
    "object.message_ids.parent_id.attachment_ids.mapped('name')",
    "object.sudo().message_ids.mapped('subject')",
    "object.env['mail.message'].sudo().search([('model', '=', 'crm.lead')]).mapped('body')",
)


def asked_for_everything(test, user):
    """Return, by the way of asking, what a user gets of the private mail and its file."""
    test.env.flush_all()
    env = test.env(user=user, su=False)
    mails, files = env["mail.message"], env["ir.attachment"]
    mail, file = mails.browse(test.private.id), files.browse(test.file.id)
    lead = env["crm.lead"].browse(test.lead.id)
    reply = mails.browse(test.reply.id)
    queued = env["mail.mail"].browse(test.queued.id)
    on_lead = [("model", "=", "crm.lead"), ("res_id", "=", lead.id)]
    return {
        "read": lambda: mail.read(["subject", "body", "email_from", "preview", "reply_to"]),
        "read all": lambda: mail.read(),
        "web_read": lambda: mail.web_read(
            {"subject": {}, "attachment_ids": {"fields": {"name": {}}}}
        ),
        "search_read": lambda: mails.search_read(on_lead, ["subject", "body"]),
        "web_search_read": lambda: mails.web_search_read(on_lead, {"subject": {}, "body": {}}),
        "search by subject": lambda: named(mails.search([*on_lead, ("subject", "ilike", SUBJECT)])),
        "search by body": lambda: named(mails.search([*on_lead, ("body", "ilike", BODY)])),
        "search by sender": lambda: named(mails.search([("email_from", "ilike", SENDER)])),
        "search by id": lambda: named(mails.search([("id", "=", mail.id)])),
        "search by Message-ID": lambda: named(
            mails.search([("message_id", "=", "<one@example.com>")])
        ),
        "search by file": lambda: named(mails.search([("attachment_ids.name", "=", FILE)])),
        "name_search": lambda: found(mail.id, mails.name_search("", on_lead, limit=None)),
        "count": lambda: count(mails.search_count([("subject", "ilike", SUBJECT)])),
        "group": lambda: mails.formatted_read_group(on_lead, ["subject"], ["__count"]),
        "read_group": lambda: mails.read_group(on_lead, ["subject"], ["subject"]),
        "grouped by sender": lambda: mails.formatted_read_group([], ["email_from"], ["__count"]),
        "greatest subject": lambda: mails.formatted_read_group(on_lead, [], ["subject:max"]),
        "order": lambda: mails.search(on_lead, order="subject").mapped("subject"),
        "last by subject": lambda: mails.search_read(
            [*on_lead, ("subject", "!=", False)], ["subject"], order="subject desc", limit=1
        ),
        "export": lambda: mail.export_data(["subject", "body", "attachment_ids/name"])["datas"],
        "export of the lead": lambda: lead.export_data(["message_ids/subject"]),
        "lead": lambda: mails.browse(lead.read(["message_ids"])[0]["message_ids"]).mapped(
            "subject"
        ),
        "lead by words": lambda: named(lead.search([("message_ids.body", "ilike", BODY)])),
        "lead by subject": lambda: named(lead.search([("message_ids.subject", "ilike", SUBJECT)])),
        "lead by file": lambda: named(
            lead.search([("message_ids.attachment_ids.name", "=", FILE)])
        ),
        "lead with files": lambda: lead.web_read(
            {"message_ids": {"fields": {"subject": {}, "attachment_ids": {"fields": {"name": {}}}}}}
        ),
        "name of the mail": lambda: reply.read(["parent_id"]),
        "mail behind its answer": lambda: reply.web_read(
            {"parent_id": {"fields": {"display_name": {}, "subject": {}, "body": {}}}}
        ),
        "export of the answer": lambda: reply.export_data(["parent_id", "parent_id/subject"]),
        "export of a notification": lambda: test.notification.with_user(user).export_data(
            ["mail_message_id/parent_id/subject", "mail_mail_id/subject", "mail_mail_id/body_html"]
        ),
        "answers in groups": lambda: mails.formatted_read_group(
            [("id", "=", reply.id)], ["parent_id"], ["__count"]
        ),
        "answer by words": lambda: named(mails.search([("parent_id.body", "ilike", BODY)])),
        "answers": lambda: mails.search([("child_ids", "in", reply.ids)]).mapped("subject"),
        "chatter": lambda: chatter(mails._message_fetch(None, thread=lead)["messages"]),
        "search in the chatter": lambda: named(
            mails._message_fetch(None, thread=lead, search_term=BODY)["messages"]
        ),
        "search for files in the chatter": lambda: named(
            mails._message_fetch(None, thread=lead, search_term=FILE)["messages"]
        ),
        "store": lambda: chatter(mails._get_with_access(mail.id)),
        "timeline": lambda: lead.mail_sync_timeline(filters={"show": "all"}),
        "received": lambda: lead.mail_sync_timeline(filters={"show": "in"}),
        "timeline of the mailbox": lambda: lead.mail_sync_timeline(
            filters={"mailbox": test.mate.id}
        ),
        "file": lambda: file.read(["name", "raw", "datas", "checksum", "index_content"]),
        "file by name": lambda: named(files.search([("name", "=", FILE)])),
        "file by text": lambda: named(files.search([("index_content", "ilike", CONTENT.decode())])),
        "file by checksum": lambda: named(files.search([("checksum", "=", test.file.checksum)])),
        "files of the lead": lambda: files.search(
            [("res_model", "=", "crm.lead"), ("res_id", "=", lead.id)]
        ).mapped("name"),
        "files in groups": lambda: files.formatted_read_group(
            [("res_model", "=", "crm.lead")], ["name"], ["__count"]
        ),
        "files in the chatter": lambda: chatter_files(lead),
        "queue": lambda: env["mail.mail"].search_read(
            [("mail_message_id", "=", mail.id)], ["subject", "body_html"]
        ),
        "queue by words": lambda: named(env["mail.mail"].search([("body_html", "ilike", BODY)])),
        "queue by id": lambda: queued.read(["subject", "body_html"]),
        "notification": lambda: test.notification.with_user(user).read(["mail_mail_id"]),
        "star": lambda: mail.toggle_message_starred() and SUBJECT,
        "starred": lambda: named(mails.search([("starred", "=", True), ("id", "=", mail.id)])),
        "copy": lambda: mail.copy_data()[0].get("subject"),
        "answer": lambda: mail.action_mail_sync_answer("reply"),
        "forward": lambda: mail.action_mail_sync_answer("forward"),
        "answer written here": lambda: mails.browse(test.written.id).read(["subject", "body"]),
        "answer written here, by words": lambda: named(
            mails.search([("id", "=", test.written.id), ("body", "ilike", BODY)])
        ),
        "answer to the answer": lambda: mails.browse(test.written.id).action_mail_sync_answer(
            "reply"
        ),
        "answer for later": lambda: env["mail.scheduled.message"].search_read(
            [("res_id", "=", lead.id)], ["subject", "body"]
        ),
        "answer for later, by id": lambda: test.scheduled.with_user(user).read(["body"]),
        **{
            f"template: {expression}": lambda it=expression: rendered(env, lead, it)
            for expression in EXPRESSIONS
        },
        "quoted": lambda: lead.message_post(body="x", parent_id=mail.id).read(["parent_id"]),
        "file in a note": lambda: lead.message_post(
            body="x", attachment_ids=file.ids
        ).attachment_ids.mapped("name"),
        "file in a message": lambda: mails.create(
            {"model": "crm.lead", "res_id": lead.id, "attachment_ids": file.ids}
        ).attachment_ids.mapped("name"),
    }


def rendered(env, lead, expression):
    """Return what a template of a user's says of the lead."""
    template = env["mail.template"].create(
        {
            "name": "Ours",
            "model_id": env["ir.model"].sudo()._get_id("crm.lead"),
            "subject": f"{{{{ {expression} }}}}",
        }
    )
    composer = env["mail.compose.message"].with_context(
        default_model="crm.lead", default_res_ids=lead.ids
    )
    return composer.create({"template_id": template.id}).subject


def named(records):
    """Return a secret if a search that must find nothing finds anything."""
    return SUBJECT if records else ""


def found(id_, pairs):
    return SUBJECT if id_ in dict(pairs) else ""


def count(number):
    return SUBJECT if number else ""


def chatter(messages):
    """Return what the web client is told about messages."""
    store = Store()
    store.add(messages)
    return store.get_result()


def chatter_files(lead):
    store = Store()
    store.add(lead, request_list=["attachments"], as_thread=True)
    return store.get_result()


@tagged("post_install", "-at_install")
class TestPrivate(Recorded):
    """The lead is nobody's, so that each role can open it; the mail is in a colleague's mailbox."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.env["crm.lead"].create(
            {"name": "Roof", "type": "lead", "user_id": False, "company_id": cls.company.id}
        )

    def setUp(self):
        super().setUp()
        self.private = self.secret(self.lead)
        self.file = self.private.attachment_ids
        self.link = self.hold(self.mate, self.private)
        self.reply = self.entry(self.lead, "two@example.com")
        self.reply.write({"subject": "Re", "parent_id": self.private.id})
        # What was written here in answer to it, at once and for later.
        quoting = {"subject": f"Re: {SUBJECT}", "body": BODY, "model": "crm.lead"}
        self.written = self.env["mail.message"].create(
            {
                **quoting,
                "res_id": self.lead.id,
                "message_type": "comment",
                "subtype_id": self.env.ref("mail.mt_comment").id,
                "author_id": self.mate.partner_id.id,
                "mail_sync_exact": True,
                "parent_id": self.private.id,
            }
        )
        self.scheduled = self.env["mail.scheduled.message"].create(
            {
                **quoting,
                "res_id": self.lead.id,
                "author_id": self.mate.partner_id.id,
                "scheduled_date": "2999-01-01 00:00:00",
                "notification_parameters": json.dumps({"parent_id": self.private.id}),
            }
        )
        # A mail of the queue, and what tells of it: Odoo keeps copies there.
        self.queued = self.env["mail.mail"].create(
            {"mail_message_id": self.private.id, "body_html": BODY, "state": "exception"}
        )
        self.notification = self.env["mail.notification"].create(
            {
                "mail_message_id": self.reply.id,
                "mail_mail_id": self.queued.id,
                "notification_type": "email",
                "res_partner_id": self.contact().id,
            }
        )

    def secret(self, record, message_id="one@example.com"):
        mail = self.entry(record, message_id)
        mail.mail_sync_entry_ids.direction = "in"
        mail.attachment_ids.write({"name": FILE, "raw": CONTENT})
        mail.write({"subject": SUBJECT, "body": BODY, "email_from": f"{SENDER}@customer.example"})
        return mail

    def hide(self, mail=None, user=None):
        (mail or self.private).with_user(user or self.mate).action_mail_sync_make_private()
        self.env.flush_all()
        self.env.invalidate_all()

    def answers(self, user):
        """Return, by the way of asking, the secrets that a user gets."""
        told = {}
        for name, ask in asked_for_everything(self, user).items():
            self.env.invalidate_all()
            with self.env.cr.savepoint(flush=False):
                try:
                    said = json.dumps(ask(), default=str)
                except (AccessError, UserError):
                    said = ""
                except TypeError:
                    said = ""
                told[name] = [secret for secret in SECRETS if secret in said]
        return told

    def leaks(self, user):
        return {name: secrets for name, secrets in self.answers(user).items() if secrets}

    # -- the table -------------------------------------------------------------------------------

    def test_nobody_else_learns_anything_however_they_ask(self):
        self.hide()
        self.reply.mail_sync_private = False  # so that its answer is another way to ask
        for who in WHO:
            with self.subTest(who=who):
                self.assertEqual(self.leaks(self.people[who]), {})

    def test_each_way_of_asking_would_show_it(self):
        """Before it is private, each way is open to the role that has most rights."""
        shown = self.leaks(self.people["administrator"])
        self.assertEqual(set(asked_for_everything(self, self.mate)) - set(shown), set())
