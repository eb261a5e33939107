"""A salesperson with a mailbox in memory, and the assertions of the domain."""

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from unittest.mock import patch

from odoo.tests import TransactionCase, new_test_user

from ..engine.imap import session
from ..engine.memory.server import MemoryServer
from ..engine.values import Connected, Security


def mail(sender, to, subject="Hello", text="Hello.", **headers):
    """Return a mail as a mail program writes it; ``message_id``, ``cc``, ``answers``, ``date``."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    date = headers.pop("date", datetime.now(UTC) - timedelta(days=1))
    message["Date"] = format_datetime(date)
    own_id = f"{subject.replace(' ', '').replace(':', '')}@example.com"
    message["Message-ID"] = f"<{headers.pop('message_id', own_id)}>"
    if answers := headers.pop("answers", None):
        message["In-Reply-To"] = message["References"] = f"<{answers}>"
    for name, value in headers.items():
        message[name] = value
    message.set_content(text)
    return message


class MailSyncCase(TransactionCase):
    """``self.ann`` is synchronised: her mailbox is ``self.server``, in memory.

    Only the session is replaced, and nothing below it: store, models and database are real.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ann = cls.salesperson("ann")
        cls.lead = cls.env["crm.lead"].create(
            {
                "name": "Solar roof",
                "type": "opportunity",
                "email_from": "lena@customer.example",
                "user_id": cls.ann.id,
            }
        )

    def setUp(self):
        super().setUp()
        self.servers = {}
        self.account, self.server = self.connect(self.ann)
        connect = patch.object(session, "connect", self._connect)
        connect.start()
        self.addCleanup(connect.stop)

    def _connect(self, _endpoint, credentials, **_budgets):
        connection = self.servers[credentials.username].connect()
        connection.connected = Connected(Security.IMPLICIT_TLS, "ab" * 32)
        return connection

    @classmethod
    def salesperson(cls, login, groups="sales_team.group_sale_salesman_all_leads", **values):
        return new_test_user(
            cls.env, login, groups=groups, email=f"{login}@company.example", **values
        )

    def connect(self, user, **values):
        """Return an account of a user, and the server that it reads."""
        server = MemoryServer()
        server.create("Sent", "\\Sent")
        self.servers[user.email] = server
        settings = {
            f"{protocol}_{name}": value
            for protocol in ("imap", "smtp")
            for name, value in {
                "host": "mail.company.example",
                "port": 993,
                "ssl": True,
                "self_signed": False,
                "plain_allowed": False,
                "username": user.email,
                "fingerprint": False,
                "starttls": False,
                "secret": self.env["mail.sync.account"]._encrypt("correct horse"),
            }.items()
        }
        account = self.env["mail.sync.account"]._set_up(
            user,
            {
                **settings,
                "email": user.email,
                "provider_id": False,
                "history": "all",
                "folders": [
                    {"name": name, "special_use": use, "uidvalidity": 0, "uidnext": 0}
                    for name, use in (("INBOX", "inbox"), ("Sent", "sent"))
                ],
                **values,
            },
        )
        return account, server

    def sync(self, account=None):
        """Press *Sync now* as the owner; return what it says."""
        account = account or self.account
        with self.enter_registry_test_mode():
            said = account.with_user(account.user_id).action_sync_now()
        return said["params"]["message"]

    def deliver(self, message, mailbox="INBOX", server=None):
        raw = message if isinstance(message, bytes) else message.as_bytes(policy=SMTP)
        return (server or self.server).deliver(mailbox, raw, datetime.now(UTC))

    def entries(self, record=None):
        """Return what was recorded on a record, in chronological order."""
        record = record or self.lead
        return self.env["mail.message"].search(
            [
                ("model", "=", record._name),
                ("res_id", "=", record.id),
                ("message_type", "=", "email"),
            ],
            order="date, id",
        )

    def assertTimeline(self, *subjects, record=None):
        """A record has these mails, in this chronological order, and no others."""
        self.assertEqual(self.entries(record).mapped("subject"), list(subjects))
