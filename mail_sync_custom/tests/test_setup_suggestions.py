from odoo.tests import tagged

from .. import vault
from ..engine.memory.server import MemoryServer
from .common import MailSyncCase

SETUP = "mail.sync.account.setup"
SERVERS = [f"{p}_{name}" for p in ("imap", "smtp") for name in ("host", "port", "ssl")]
BLANK = {"imap_host": False, "imap_port": 993, "imap_ssl": True}
GMAIL = {"imap_host": "imap.gmail.com", "smtp_host": "smtp.gmail.com"}
YAHOO = {"imap_host": "imap.mail.yahoo.com", "smtp_host": "smtp.mail.yahoo.com"}


@tagged("post_install", "-at_install")
class TestSuggestions(MailSyncCase):
    """What the wizard filled in follows the address; what its user typed stays."""

    def setUp(self):
        super().setUp()
        self.new = self.salesperson("new")
        names = ("provider_id", "imap_username", "email", "suggested", *SERVERS)
        self.spec = {name: {} for name in names} | {"provider_id": {"fields": {}}}

    def form(self, user=None):
        """Open the form."""
        self.web = self.env[SETUP].with_user(user or self.new)
        self.shown = self.web.onchange({}, [], self.spec)["value"]

    def enter(self, **changes):
        """Change one field after the other, as somebody who types."""
        for name, value in changes.items():
            self.shown[name] = value
            provider = self.shown["provider_id"]
            values = {**self.shown, "provider_id": isinstance(provider, dict) and provider["id"]}
            self.shown |= self.web.onchange({**values, name: value}, [name], self.spec)["value"]

    def choose(self, code):
        provider = self.env["mail.sync.provider"].search([("code", "=", code)])
        self.shown["provider_id"] = {"id": provider.id}
        self.enter(provider_id=provider.id)
        self.shown["provider_id"] = {"id": provider.id}

    def assertShown(self, **values):
        self.assertEqual({name: self.shown[name] for name in values}, values)

    def test_every_value_follows_another_address(self):
        self.form()
        self.enter(imap_username="ann@gmail.com")
        self.assertShown(**GMAIL)
        self.enter(imap_username="ann@yahoo.com")
        self.assertShown(**YAHOO)

    def test_nothing_is_left_of_a_provider_that_the_address_is_not_from(self):
        self.form()
        self.enter(imap_username="ann@gmail.com")
        self.enter(imap_username="ann@company.example")
        self.assertShown(smtp_host=False, smtp_port=465, smtp_ssl=True, **BLANK)
        self.assertEqual(self.provider(), "other")

    def provider(self):
        shown = self.shown["provider_id"]
        id_ = shown["id"] if isinstance(shown, dict) else shown
        return self.env["mail.sync.provider"].browse(id_).code

    def test_a_host_that_was_typed_stays_with_its_port(self):
        self.form()
        self.enter(imap_username="ann@gmail.com", imap_host="mail.company.example")
        self.enter(imap_username="ann@yahoo.com")
        self.assertShown(imap_host="mail.company.example", imap_port=993)
        self.enter(imap_host="", imap_username="ann@gmail.com")
        self.assertShown(**GMAIL)

    def test_a_port_that_was_typed_stays_while_the_host_follows(self):
        self.form()
        self.enter(imap_username="ann@gmail.com", smtp_port=2525)
        self.enter(imap_username="ann@yahoo.com")
        self.assertShown(smtp_port=2525, imap_port=993, **YAHOO)

    def test_a_host_that_was_typed_for_sending_does_not_hold_the_other(self):
        self.form()
        self.enter(imap_username="ann@gmail.com", smtp_host="relay.company.example")
        self.enter(imap_username="ann@yahoo.com")
        self.assertShown(imap_host=YAHOO["imap_host"], smtp_host="relay.company.example")

    def test_a_provider_that_was_chosen_stays_and_takes_the_new_domain(self):
        self.form()
        self.enter(imap_username="ann@one.example")
        self.choose("bluehost")
        self.assertShown(imap_host="mail.one.example")
        self.enter(imap_username="ann@two.example")
        self.assertShown(imap_host="mail.two.example")
        self.assertEqual(self.provider(), "bluehost")

    def test_an_address_that_is_only_emptied_changes_nothing(self):
        self.form()
        self.enter(imap_username="ann@gmail.com")
        self.enter(imap_username="")
        self.assertShown(**GMAIL)

    def test_saved_settings_follow_only_where_they_are_the_provider_s(self):
        gmail = self.env["mail.sync.provider"].search([("code", "=", "gmail")])
        self.account.write(
            {"provider_id": gmail.id, "imap_username": "ann@gmail.com"}
            | {**gmail._settings("ann@gmail.com"), "smtp_host": "relay.company.example"}
        )
        self.form(self.ann)
        self.assertShown(imap_host="imap.gmail.com", smtp_host="relay.company.example")
        self.enter(imap_username="ann@yahoo.com")
        self.assertShown(imap_host=YAHOO["imap_host"], smtp_host="relay.company.example")

    # -- the second step

    def wizard(self, username="new@company.example", **values):
        for each in (username, "other@company.example"):
            self.servers[each] = MemoryServer()
        return (
            self.env[SETUP]
            .with_user(self.new)
            .create(
                {
                    "imap_username": username,
                    "imap_password": "first",
                    "imap_host": "imap.one.example",
                    **values,
                }
            )
        )

    def test_the_second_step_follows_what_is_corrected_in_the_first(self):
        wizard = self.wizard()
        wizard.action_next()
        self.assertEqual(wizard.smtp_host, "smtp.one.example")
        wizard.action_back()
        wizard.write(
            {
                "imap_username": "other@company.example",
                "imap_password": "second",
                "imap_host": "imap.two.example",
            }
        )
        wizard.action_next()
        self.assertEqual(wizard.smtp_host, "smtp.two.example")
        self.assertEqual(wizard.smtp_username, "other@company.example")
        self.assertEqual(vault.decrypt(wizard.sudo().smtp_secret), "second")

    def test_what_was_typed_in_the_second_step_stays(self):
        wizard = self.wizard()
        wizard.action_next()
        typed = {"smtp_host": "relay.example", "smtp_username": "me", "smtp_password": "own"}
        wizard.write(typed)
        wizard.action_back()
        wizard.write({"imap_host": "imap.two.example", "imap_password": "second"})
        wizard.action_next()
        self.assertEqual((wizard.smtp_host, wizard.smtp_username), ("relay.example", "me"))
        self.assertEqual(vault.decrypt(wizard.sudo().smtp_secret), "own")

    def test_the_example_of_the_second_step_is_what_the_first_one_leads_to(self):
        wizard = self.wizard(imap_host="mailimap.one.example")
        self.assertEqual(wizard.smtp_host_example, "mailimap.one.example")
        wizard.imap_host = "imap.one.example"
        self.assertEqual(wizard.smtp_host_example, "smtp.one.example")
