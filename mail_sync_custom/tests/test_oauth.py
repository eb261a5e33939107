from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .. import vault
from ..engine.errors import HostNotAllowed, LoginRefused
from ..engine.net import web
from ..sign_in import tokens
from .common import MailSyncCase

CLIENT, GRANT, SETUP = (
    "mail.sync.oauth.client",
    "mail.sync.oauth.grant",
    "mail.sync.account.setup",
)


@tagged("post_install", "-at_install")
class TestRegistration(MailSyncCase):
    """What an administrator registers, and whom it is offered."""

    def register(self, **values):
        return self.env[CLIENT].create({"sign_in": "google", "client_id": "one", **values})

    def offered(self, email, provider=None, user=None):
        """Return what the wizard's button says for an address."""
        user = user or self.salesperson(f"new-{len(self.env.user.ids)}-{email}")
        wizard = self.env[SETUP].with_user(user).new({"imap_username": email})
        wizard.provider_id = self.env["mail.sync.provider"].search(
            [("code", "=", provider)] if provider else [("id", "=", False)]
        )
        return wizard.sign_in_label

    def test_nothing_is_offered_before_somebody_registered(self):
        self.assertFalse(self.offered("someone@gmail.com", "gmail"))

    def test_an_address_of_a_registered_provider_is_offered_its_sign_in(self):
        self.register()
        self.assertEqual(self.offered("someone@gmail.com", "gmail"), "Sign in with Google")
        self.assertFalse(self.offered("someone@gmx.net", "gmx"))

    def test_odoos_own_settings_are_used(self):
        set_param = self.env["ir.config_parameter"].set_param
        set_param("microsoft_outlook_client_id", "odoos")
        set_param("microsoft_outlook_client_secret", "hush")
        self.assertEqual(self.offered("a@outlook.com", "outlook"), "Sign in with Microsoft")
        client = self.env[CLIENT]._offered(self.ann.company_id, "a@outlook.com", "outlook")
        found = client._saved()._client()
        self.assertEqual((found.client_id, found.secret), ("odoos", "hush"))

    def test_a_registration_of_the_company_comes_before_odoos_own(self):
        self.env["ir.config_parameter"].set_param("google_gmail_client_id", "odoos")
        own = self.register(client_secret="hush")
        client = self.env[CLIENT]._offered(self.ann.company_id, "a@gmail.com", "gmail")
        self.assertEqual(client, own)
        self.assertEqual((client._client().client_id, client._client().secret), ("one", "hush"))

    def test_another_companys_registration_is_not_offered(self):
        self.register(company_id=self.env["res.company"].create({"name": "Other"}).id)
        self.assertFalse(self.offered("someone@gmail.com", "gmail"))

    def test_the_addresses_of_an_own_domain_are_offered_it(self):
        self.register(sign_in="microsoft", domains="Shop.example, shop.test", tenant="shop.test")
        self.assertEqual(self.offered("me@shop.example"), "Sign in with Microsoft")
        self.assertFalse(self.offered("me@workshop.example"))

    def test_an_own_domain_has_the_providers_servers(self):
        client = self.register(sign_in="microsoft", domains="shop.example")
        provider = self.env["mail.sync.provider"]
        for code, smtp in (
            ("other", "smtp.office365.com"),
            ("microsoft365", "smtp.office365.com"),
            ("outlook", "smtp-mail.outlook.com"),
        ):
            with self.subTest(code):
                chosen = provider.search([("code", "=", code)])
                found = client._server_settings(chosen, "me@shop.example")
                self.assertEqual(found["imap_host"], "outlook.office365.com")
                self.assertEqual(found["smtp_host"], smtp)
        self.assertEqual(self.env[CLIENT]._server_settings(provider, "me@shop.example"), {})

    def test_a_directory_is_part_of_the_addresses(self):
        client = self.register(sign_in="microsoft", tenant="shop.test")
        self.assertEqual(
            client._client().addresses.token,
            "https://login.microsoftonline.com/shop.test/oauth2/v2.0/token",
        )
        with self.assertRaises(ValidationError):
            client.tenant = "a/../evil"

    def test_a_secret_goes_in_and_never_comes_out(self):
        client = self.register(client_secret="hush hush")
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(client.client_secret)
        self.assertNotIn("hush", str(client.read()))
        self.assertEqual(vault.decrypt(client.sudo().secret), "hush hush")

    def test_only_an_administrator_says_where_tokens_go(self):
        client = self.register()
        for method, values in (("read", ["client_id"]), ("write", {"issuer": "https://a.example"})):
            with self.assertRaises(AccessError):
                getattr(client.with_user(self.ann), method)(values)
        with self.assertRaises(AccessError):
            self.env[CLIENT].with_user(self.ann).create({"client_id": "mine"})

    def test_an_issuer_of_the_inside_is_not_asked(self):
        """The host policy holds for an issuer, too."""
        self.env["ir.config_parameter"].set_param("mail_sync_custom.allowed_hosts", False)
        for issuer in (
            "https://127.0.0.1",
            "https://169.254.169.254/latest",
            "https://login.internal",
            "https://login.example:8080",
        ):
            with (
                self.subTest(issuer),
                patch.object(web.dial.time, "sleep"),
                self.assertRaises(UserError) as told,
            ):
                self.register(sign_in="openid", issuer=issuer)
            self.assertIsInstance(told.exception.__cause__, HostNotAllowed)

    def test_an_issuer_is_an_https_address(self):
        for issuer in ("http://login.example", "login.example", "https://me@login.example", ""):
            with self.subTest(issuer), self.assertRaises(UserError):
                self.register(sign_in="openid", issuer=issuer)

    def test_each_provider_says_what_to_register(self):
        for key in ("google", "microsoft", "yahoo", "zoho", "openid"):
            with self.subTest(key):
                client = self.env[CLIENT].new({"sign_in": key})
                self.assertIn("<li>", client.steps)
                self.assertTrue(
                    client.redirect_url.endswith("/mail_sync_custom/oauth/callback"),
                    client.redirect_url,
                )


@tagged("post_install", "-at_install")
class TestGrant(MailSyncCase):
    """A permission, and the account that uses it."""

    def setUp(self):
        super().setUp()
        self.client = self.env[CLIENT].create({"sign_in": "google", "client_id": "one"})
        self.grant = self.granted()
        self.account.write(
            {"oauth_grant_id": self.grant.id, "imap_secret": False, "smtp_secret": False}
        )

    def granted(self, **values):
        return self.env[GRANT].create(
            {
                "client_id": self.client.id,
                "user_id": self.ann.id,
                "subject": "ann",
                "refresh_secret": vault.encrypt("refresh"),
                "access_secret": vault.encrypt("access"),
                "access_until": fields.Datetime.now() + timedelta(hours=1),
                **values,
            }
        )

    def credentials(self):
        with self.enter_registry_test_mode():
            return self.account._credentials("imap")

    def withdraw(self):
        """Run the scheduled action; return how many permissions a provider was asked to end."""
        self.env.flush_all()
        with patch.object(tokens.flow, "revoke") as revoke, self.enter_registry_test_mode():
            self.env.ref("mail_sync_custom.ir_cron_mail_sync_oauth").method_direct_trigger()
        self.env.invalidate_all()
        return revoke.call_count

    def test_a_token_takes_the_place_of_the_password(self):
        found = self.credentials()
        self.assertEqual((found.username, found.password), (self.ann.email, "access"))
        self.assertTrue(found.bearer)
        self.assertNotIn("access", repr(found))

    def test_a_mailbox_is_read_with_it(self):
        self.sync()
        self.assertEqual(self.account.state, "enabled")

    def test_an_ended_permission_is_not_asked_for_again(self):
        self.grant.write({"ended": True, "access_secret": False})
        with (
            patch.object(tokens.flow, "renew") as renew,
            self.assertRaises(LoginRefused) as told,
        ):
            self.credentials()
        self.assertEqual(told.exception.code, "sign_in_again")
        renew.assert_not_called()

    def test_one_button_for_what_only_a_sign_in_mends(self):
        for code, wants in (("sign_in_again", True), ("token_refused", True), ("timeout", False)):
            with self.subTest(code):
                self.account.error_code = code
                self.assertEqual(self.account.wants_sign_in, wants)
        self.account.write({"error_code": "sign_in_again", "oauth_grant_id": False})
        self.assertFalse(self.account.wants_sign_in)

    def test_disabling_lets_go_of_it(self):
        self.account._disable("keep")
        self.assertFalse(self.account.oauth_grant_id)
        self.assertTrue(self.grant.withdrawn_at)
        self.assertFalse(self.grant.access_secret)

    def test_a_password_takes_its_place(self):
        self.connect(self.ann)
        self.assertFalse(self.account.oauth_grant_id)
        self.assertTrue(self.grant.withdrawn_at)

    def test_signing_in_again_does_not_withdraw_the_new_permission_with_the_old(self):
        """Some providers know one permission a user, whichever token is withdrawn."""
        self.account._replace_grant(self.grant.browse())
        self.account.oauth_grant_id = self.granted()
        self.assertEqual(self.withdraw(), 0)
        self.assertFalse(self.grant.exists())

    def test_what_no_account_uses_is_withdrawn_after_a_while(self):
        left = self.granted(subject="somebody")
        self.assertEqual(self.withdraw(), 0)
        self.env.cr.execute(
            "UPDATE mail_sync_oauth_grant SET create_date = create_date - interval '2 h'"
        )
        self.env.invalidate_all()
        self.assertEqual(self.withdraw(), 1)
        self.assertFalse(left.exists())
        self.assertTrue(self.grant.exists())

    def test_a_token_of_another_key_is_counted_and_encrypted_anew(self):
        before = self.env["mail.sync.account"]._count_secrets()
        self.granted(refresh_secret="gAAAA")
        after = self.env["mail.sync.account"]._count_secrets()
        self.assertEqual(
            after[vault.Encryption.UNREADABLE], before[vault.Encryption.UNREADABLE] + 1
        )
        self.assertEqual(after[vault.Encryption.CURRENT], before[vault.Encryption.CURRENT] + 1)
