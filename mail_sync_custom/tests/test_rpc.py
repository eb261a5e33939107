"""Every method that can be called over RPC, by each role and in each state: it does its work or
explains why not. The methods are discovered, so a new one is tested automatically.
"""

import json

from odoo import api
from odoo.exceptions import UserError
from odoo.service.model import call_kw
from odoo.tests import tagged

from .roles_case import WHO, Roles
from .test_password import PasswordCase

OURS = "odoo.addons.mail_sync_custom."
#: The models whose methods look at a mailbox's state: the account's, and those of its wizards.
STATEFUL = ("mail.sync.account", "mail.sync.message", "res.users", "res.config.settings")


def methods(model):
    """Return the public methods that we have added to a model, besides those that Odoo has."""
    classes = type(model).mro()
    ours = [cls for cls in classes if cls.__module__.startswith(OURS)]
    theirs = [cls for cls in classes if cls not in ours]
    names = {name for cls in ours for name, value in vars(cls).items() if callable(value)}
    return sorted(
        name
        for name in names
        if not name.startswith("_") and not any(name in vars(cls) for cls in theirs)
    )


@tagged("post_install", "-at_install")
class TestPublicMethods(PasswordCase):
    def setUp(self):
        super().setUp()
        self.users = {
            who: self.salesperson(f"rpc-{who}", groups=Roles.group_of(who)) for who in WHO
        }
        for user in self.users.values():
            if not user.share:
                self.connect(user)

    # -- what it is called on --------------------------------------------------------------------

    def accounts(self, user):
        own = self.env["mail.sync.account"].search([("user_id", "=", user.id)])
        return {"own": own, "a colleague's": self.account}

    def records(self, model, user):
        """Return records of a model that a user may ask for, by their relation to the user."""
        maker = getattr(self, f"_{model.replace('.', '_')}", None)
        self.assertTrue(maker, f"What are records of {model}, to call its methods on?")
        return maker(user)

    def _mail_sync_account(self, user):
        return self.accounts(user)

    def _mail_sync_message(self, user):
        return {
            f"{whose} {outcome}": self.env["mail.sync.message"].create(
                {
                    "account_id": account.id,
                    "message_id": f"{outcome}@example.com",
                    "outcome": outcome,
                }
            )
            for whose, account in self.accounts(user).items()
            if account
            for outcome in ("recorded", "failed", "removed")
        }

    def _mail_sync_missing(self, _user):
        return {}  # it has no method of its own

    def _mail_sync_exclusion(self, user, private="bank.example", shared="board.example"):
        return {
            "own": self.env["mail.sync.exclusion"].create({"pattern": private, "user_id": user.id}),
            "the company's": self.env["mail.sync.exclusion"].create(
                {"pattern": shared, "company_id": user.company_id.id}
            ),
        }

    def _mail_message(self, user):
        recorded = self.env["mail.message"].create(
            {"model": "crm.lead", "res_id": self.lead.id, "message_type": "email", "body": "Hello"}
        )
        self.env["mail.sync.entry"].create(
            {
                "mail_message_id": recorded.id,
                "message_id": f"recorded-{recorded.id}@example.com",
                "model": "crm.lead",
                "res_id": self.lead.id,
            }
        )
        note = self.lead.with_user(user).sudo().message_post(body="Note")
        loose = self.env["mail.message"].create({"body": "Note"})
        return {"recorded": recorded, "own note": note, "of no record": loose}

    def _crm_lead(self, _user):
        return {"a lead": self.lead}

    def _res_partner(self, user):
        return {"own": user.partner_id, "a colleague's": self.ann.partner_id}

    def _mail_sync_timeline(self, _user):
        return {}  # abstract: leads and contacts have its method

    def _res_users(self, user):
        return {"own": user, "a colleague": self.ann}

    def _res_config_settings(self, user):
        return {"settings": self.env["res.config.settings"].with_user(user).sudo().create({})}

    def _mail_sync_oauth_client(self, user):
        # One without a client ID stands for Odoo's own settings.
        registered = {"sign_in": "google", "company_id": user.company_id.id}
        return {"a registration": self.env["mail.sync.oauth.client"].create(registered)}

    def _mail_sync_account_disable(self, user):
        return self.wizards("mail.sync.account.disable", user)

    def _mail_sync_account_test(self, user):
        return self.wizards("mail.sync.account.test", user, imap_problem="It fails.")

    def _mail_sync_account_password(self, user):
        with_password = {"password": "correct horse", "used_for": "both"}
        return {
            **self.wizards("mail.sync.account.password", user, used_for="both"),
            **{
                f"{name}, filled in": wizard
                for name, wizard in self.wizards(
                    "mail.sync.account.password", user, **with_password
                ).items()
            },
        }

    def wizards(self, model, user, **values):
        """Return a user's wizards on each account, however they got them."""
        wizards = self.env[model].with_user(user).sudo()
        return {
            whose: wizards.create({"account_id": account.id, **values})
            for whose, account in self.accounts(user).items()
            if account
        }

    def _mail_sync_entry_move(self, user):
        wizards = self.env["mail.sync.entry.move"].with_user(user).sudo()
        mails = self._mail_message(user).items()
        to = {"lead_id": self.lead.id}
        return {
            f"{whose}, {'to a lead' if chosen else 'to nothing'}": wizards.create(
                {"mail_message_id": mail.id, **chosen}
            )
            for whose, mail in mails
            for chosen in ({}, to)
        }

    def _mail_sync_reminder(self, user):
        wizards = self.env["mail.sync.reminder"].with_user(user).sudo()
        return {
            whose: wizards.create({"mail_message_id": mail.id})
            for whose, mail in self._mail_message(user).items()
        }

    def _mail_sync_addressed(self, _user):
        return {}  # abstract: for other addons

    def _mail_sync_exclusion_apply(self, user):
        wizards = self.env["mail.sync.exclusion.apply"].with_user(user).sudo()
        lists = self._mail_sync_exclusion(user, "club.example", "council.example").items()
        return {whose: wizards.create({"exclusion_id": one.id}) for whose, one in lists}

    def _mail_sync_erasure(self, user):
        wizards = self.env["mail.sync.erasure"].with_user(user).sudo()
        texts = {"an address": "lead@example.com", "no address": "nobody"}
        return {name: wizards.create({"addresses": text}) for name, text in texts.items()}

    def _smart_template(self):
        model_id = self.env["ir.model"]._get_id("crm.lead")
        values = {"name": "Welcome", "subject": "Hello", "body_html": "<p>Hello</p>"}
        return self.env["mail.template"].create(
            {**values, "model_id": model_id, "mail_sync_smart": True}
        )

    def _mail_sync_smart_mail(self, user):
        wizards = self.env["mail.sync.smart.mail"].with_user(user).sudo()
        return {
            name: wizards.create({"res_model": model, "res_ids": ids})
            for name, model, ids in (
                ("a lead", "crm.lead", self.lead.ids),
                ("nothing", "crm.lead", []),
                ("another model", "res.users", user.ids),
            )
        }

    def _mail_sync_smart_mail_line(self, user):
        lines = self.env["mail.sync.smart.mail.line"].with_user(user).sudo()
        return {
            name: lines.create({"smart_mail_id": one.id, "template_id": self._smart_template().id})
            for name, one in self._mail_sync_smart_mail(user).items()
        }

    def _mail_sync_smart_mail_send(self, user):
        wizards = self.env["mail.sync.smart.mail.send"].with_user(user).sudo()
        return {
            name: wizards.create(
                {
                    "res_model": one.res_model,
                    "res_ids": one.res_ids,
                    "template_id": self._smart_template().id,
                }
            )
            for name, one in self._mail_sync_smart_mail(user).items()
        }

    def _mail_compose_message(self, user):
        composers = self.env["mail.compose.message"].with_user(user).sudo()
        values = {"model": "crm.lead", "res_ids": repr(self.lead.ids)}
        return {"a composer": composers.create(values)}

    def _mail_sync_account_setup(self, user):
        wizards = self.env["mail.sync.account.setup"].with_user(user).sudo()
        return {step: wizards.create({"step": step}) for step in ("imap", "smtp", "ready")} | {
            "a colleague's": wizards.with_user(self.ann).sudo().create({})
        }

    # -- calling it --------------------------------------------------------------------------

    def put(self, state):
        """Put all accounts into a state."""
        accounts = self.env["mail.sync.account"].search([])
        if state == "disabled":
            accounts._disable("keep")
        else:
            accounts.write({"state": state, "error_code": state == "error" and "timeout"})
        self.env.flush_all()

    def wrong(self, user, record, name):
        """Return the error that a user sees where an answer or a sentence is due, or None."""
        env = api.Environment(self.env.cr, user.id, {"allowed_company_ids": user.company_ids.ids})
        on_model = getattr(getattr(type(record), name), "_api_model", False)
        arguments = [] if on_model else [record.ids]
        with self.env.cr.savepoint() as savepoint:
            said = self.said(env[record._name], name, arguments)
            savepoint.rollback()
        self.env.invalidate_all(flush=False)
        return said

    def said(self, model, name, arguments):
        try:
            with self.enter_registry_test_mode():
                json.dumps(call_kw(model, name, arguments, {}), default=str)
                self.env.flush_all()
        except UserError as error:
            return None if str(error).strip() else f"{type(error).__name__} without words"
        except Exception as error:  # whatever it is, the user would read it
            return f"{type(error).__name__}: {error}"
        return None

    def check(self, state):
        found = {name: methods(model) for name, model in self.env.items()}
        self.assertIn("action_reconnect", found["mail.sync.account"])
        if state != "enabled":
            found = {name: names for name, names in found.items() if name.startswith(STATEFUL)}
        wrong = [
            f"{who}, {what}"
            for who, user in self.users.items()
            for what in self.check_user(
                user, state, {m: names for m, names in found.items() if names}
            )
        ]
        self.assertFalse(wrong, "\n".join(["", *wrong]))

    def check_user(self, user, state, found):
        """Return what is wrong with the methods when a user calls them. All calls are undone."""
        wrong = []
        with self.env.cr.savepoint() as savepoint:
            records = {model: self.records(model, user) for model in found}
            self.put(state)
            for model, names in found.items():
                for name in names:
                    for whose, record in records[model].items():
                        if record and (said := self.wrong(user, record, name)):
                            wrong.append(f"{whose}: {model}.{name}: {said}")
            savepoint.rollback()
        self.env.invalidate_all(flush=False)
        return wrong

    def test_on_a_mailbox_that_is_pending(self):
        self.check("pending")

    def test_on_a_mailbox_that_is_enabled(self):
        self.check("enabled")

    def test_on_a_mailbox_in_error(self):
        self.check("error")

    def test_on_a_mailbox_that_was_given_up(self):
        self.check("connection")

    def test_on_a_mailbox_that_is_disabled(self):
        self.check("disabled")

    def test_reconnecting_a_waiting_account_says_that_it_waits(self):
        self.put("pending")
        with self.assertRaisesRegex(UserError, "mailbox limit"):
            self.account.with_user(self.ann).action_reconnect()
        self.assertEqual(self.account.state, "pending")
