"""Who may do what with what, for every role and every model of ours: one table, and its test.

The table follows the specification (roles, privacy), not what the rules happen to say. A model
without a line in it fails the test, and so does a line without a model.
"""

from collections import namedtuple

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .roles_case import COMPANY, NOBODY, OWN, SHARED, TEAM, WHO, Roles

_ = NOBODY
NOT_INTERNAL = (_, _)
Access = namedtuple("Access", "read write create unlink")


def nobody():
    """What nobody may do by hand: Mail Sync itself does it."""
    return (_,) * len(WHO)


def own():
    """What every internal user may do with what is their own."""
    return (*NOT_INTERNAL, *(OWN,) * 7)


def shared(*, administrators=False):
    """What every internal user may do, or administrators alone, with what belongs to nobody."""
    return (*NOT_INTERNAL, *((_,) * 6 if administrators else (SHARED,) * 6), SHARED)


#                   portal public employee  jr   sales  marketing  sales m.  company m.  admin.
STATUS_AND_LOG = (*NOT_INTERNAL, OWN, OWN, OWN, OWN, TEAM, COMPANY, COMPANY)
FOLDERS = (*NOT_INTERNAL, OWN, OWN, OWN, OWN, OWN, OWN, COMPANY)
EXPECTED = {
    # -- a mailbox and its status: changed only by its buttons
    "mail.sync.account": Access(STATUS_AND_LOG, nobody(), nobody(), nobody()),
    "mail.sync.log": Access(STATUS_AND_LOG, nobody(), nobody(), nobody()),
    "mail.sync.mailbox": Access(FOLDERS, nobody(), nobody(), nobody()),
    # -- whom somebody writes to is private, from administrators too
    "mail.sync.message": Access(own(), nobody(), nobody(), nobody()),
    "mail.sync.missing": Access(own(), nobody(), nobody(), nobody()),
    # -- readable by whoever may read the mail it is about
    "mail.sync.entry": Access(nobody(), nobody(), nobody(), nobody()),
    # -- who is never recorded: a user's own list is private, from administrators too
    "mail.sync.exclusion": Access(own(), own(), own(), own()),
    # -- what mailboxes have to look for
    "mail.sync.latecomer": Access(nobody(), nobody(), nobody(), nobody()),
    # -- where tokens are sent: an administrator's, in their companies; the tokens are nobody's
    "mail.sync.oauth.client": Access(*((*NOT_INTERNAL, _, _, _, _, _, _, COMPANY),) * 4),
    "mail.sync.oauth.grant": Access(nobody(), nobody(), nobody(), nobody()),
    # -- what became of a mail is shown with the mail; reports about unknown mails are nobody's
    "mail.sync.delivery": Access(nobody(), nobody(), nobody(), nobody()),
    "mail.sync.report": Access(nobody(), nobody(), nobody(), nobody()),
    # -- holds mails that wait to be sent
    "mail.sync.outgoing": Access(nobody(), nobody(), nobody(), nobody()),
    # -- the same for everyone, and an administrator's to change
    "mail.sync.provider": Access(
        shared(),
        shared(administrators=True),
        shared(administrators=True),
        shared(administrators=True),
    ),
    # -- wizards are their user's own
    "mail.sync.account.setup": Access(own(), own(), own(), own()),
    "mail.sync.account.setup.folder": Access(own(), own(), own(), own()),
    "mail.sync.account.disable": Access(own(), own(), own(), nobody()),
    "mail.sync.account.password": Access(own(), own(), own(), nobody()),
    "mail.sync.account.test": Access(own(), nobody(), own(), nobody()),
    "mail.sync.entry.move": Access(own(), own(), own(), nobody()),
    "mail.sync.exclusion.apply": Access(own(), own(), own(), nobody()),
    "mail.sync.reminder": Access(own(), own(), own(), nobody()),
    # -- when somebody last looked at a lead is shown to nobody else, and to them as a dot
    "mail.sync.look": Access(nobody(), nobody(), nobody(), nobody()),
    # -- what is stored of a person is an administrator's to export and to erase
    "mail.sync.erasure": Access(*((*NOT_INTERNAL, _, _, _, _, _, _, OWN),) * 3, nobody()),
    # -- Smart Mails: sent by the six roles, and their tags are whose who prepare them
    "mail.sync.smart.tag": Access(
        shared(), *((*NOT_INTERNAL, _, _, _, SHARED, _, SHARED, SHARED),) * 3
    ),
    **dict.fromkeys(
        ("mail.sync.smart.mail", "mail.sync.smart.mail.line", "mail.sync.smart.mail.send"),
        Access(*((*NOT_INTERNAL, _, *(OWN,) * 6),) * 3, nobody()),
    ),
    # -- what may not come back
    "mail.sync.tombstone": Access(nobody(), nobody(), nobody(), nobody()),
}
EXPECTED |= {
    # -- what is allowed, and what is billed: an administrator's; a Company Manager sees the bill
    "mail.sync.host": Access(*(shared(administrators=True),) * 4),
    "mail.sync.plan": Access(*(shared(administrators=True),) * 4),
    "mail.sync.usage": Access(
        (*NOT_INTERNAL, _, _, _, _, _, COMPANY, COMPANY), nobody(), nobody(), nobody()
    ),
}


@tagged("post_install", "-at_install")
class TestModels(Roles):
    def make(self, model, owner):
        """Return a record of a model that belongs to an owner, as Mail Sync itself makes it."""
        model_as_owner = self.env[model].with_user(owner).sudo()
        return model_as_owner.create(getattr(self, f"_{model.replace('.', '_')}")(owner))

    def _mail_sync_account(self, owner):
        return {"user_id": owner.id, "company_id": owner.company_id.id, "email": owner.login}

    def account(self, owner):
        found = self.env["mail.sync.account"].search([("user_id", "=", owner.id)])
        return found or self.make("mail.sync.account", owner)

    def _mail_sync_mailbox(self, owner):
        return {"account_id": self.account(owner).id, "name": "Family"}

    def _mail_sync_log(self, owner):
        return {"account_id": self.account(owner).id, "code": "timeout"}

    def _mail_sync_message(self, owner):
        return {
            "account_id": self.account(owner).id,
            "message_id": "one@example.com",
            "outcome": "recorded",
        }

    def _mail_sync_missing(self, owner):
        boxes = self.env["mail.sync.mailbox"]
        box = boxes.search([("account_id", "=", self.account(owner).id)], limit=1)
        return {
            "account_id": self.account(owner).id,
            "mailbox_id": (box or self.make(boxes._name, owner)).id,
            "uid": 7,
            "uidvalidity": 1,
            "message_id": "one@example.com",
            "variant": 0,
        }

    def _mail_sync_delivery(self, owner):
        links = self.env["mail.sync.message"]
        link = links.search([("account_id", "=", self.account(owner).id)], limit=1)
        link = link or self.make(links._name, owner)
        return {"link_id": link.id, "address": "lead@example.com", "state": "failed"}

    def _mail_sync_report(self, owner):
        boxes = self.env["mail.sync.mailbox"]
        box = boxes.search([("account_id", "=", self.account(owner).id)], limit=1)
        box = box or self.make(boxes._name, owner)
        return {"mailbox_id": box.id, "uid": 7, "key": "0"}

    def _mail_sync_entry(self, owner):
        message = self.env["mail.message"].create({"body": owner.name})
        return {
            "mail_message_id": message.id,
            "message_id": f"{owner.id}@example.com",
            "model": "crm.lead",
            "res_id": owner.id,
        }

    def _mail_sync_latecomer(self, owner):
        lead = self.env["crm.lead"].create({"name": owner.name})
        return {"lead_id": lead.id, "email": f"{owner.id}@example.com"}

    def _mail_sync_oauth_client(self, owner):
        return {"sign_in": "google", "client_id": "one", "company_id": owner.company_id.id}

    def _mail_sync_oauth_grant(self, owner):
        client = self.make("mail.sync.oauth.client", owner)
        return {"client_id": client.id, "user_id": owner.id, "subject": "one"}

    def _mail_sync_exclusion(self, owner):
        return {"pattern": "ex.example", "user_id": owner.id}

    def _mail_sync_outgoing(self, owner):
        return {
            "account_id": self.account(owner).id,
            "message_id": f"{owner.id}@example.com",
            "recipients_hash": "0",
            "state": "sent",
        }

    def _mail_sync_provider(self, owner):
        return {"name": owner.name, "code": f"for-{owner.id}"}

    def _mail_sync_host(self, owner):
        return {"host": f"imap{owner.id}.example:993"}

    def _mail_sync_plan(self, owner):
        return {"name": owner.name}

    def _mail_sync_usage(self, owner):
        return {
            "date": "2020-02-29",
            "user_id": owner.id,
            "email": owner.login,
            "company_id": owner.company_id.id,
        }

    def _mail_sync_account_setup(self, _owner):
        return {}

    def _mail_sync_account_setup_folder(self, owner):
        return {"setup_id": self.make("mail.sync.account.setup", owner).id, "name": "INBOX"}

    def _mail_sync_account_disable(self, owner):
        return {"account_id": self.account(owner).id}

    def _mail_sync_account_password(self, owner):
        return {"account_id": self.account(owner).id, "used_for": "both"}

    def _mail_sync_account_test(self, owner):
        return {"account_id": self.account(owner).id, "imap_problem": "It does not answer."}

    def _mail_sync_entry_move(self, owner):
        return {"mail_message_id": self.env["mail.message"].create({"body": owner.name}).id}

    def _mail_sync_reminder(self, owner):
        return {"mail_message_id": self.env["mail.message"].create({"body": owner.name}).id}

    def _mail_sync_look(self, owner):
        lead = self.env["crm.lead"].create({"name": owner.name})
        return {"lead_id": lead.id, "user_id": owner.id, "seen_in_at": "2026-01-01"}

    def _mail_sync_exclusion_apply(self, owner):
        lists = self.env["mail.sync.exclusion"]
        own = lists.search([("user_id", "=", owner.id)]) or self.make(lists._name, owner)
        return {"exclusion_id": own.id}

    def _mail_sync_erasure(self, owner):
        return {"addresses": f"{owner.id}@example.com"}

    def _mail_sync_smart_tag(self, owner):
        return {"name": str(owner.id)}

    def _mail_sync_smart_mail(self, _owner):
        return {"res_model": "crm.lead", "res_ids": []}

    def _smart_template(self):
        model_id = self.env["ir.model"]._get_id("crm.lead")
        return self.env["mail.template"].create({"name": "Welcome", "model_id": model_id})

    def _mail_sync_smart_mail_line(self, owner):
        wizard = self.make("mail.sync.smart.mail", owner)
        return {"smart_mail_id": wizard.id, "template_id": self._smart_template().id}

    def _mail_sync_smart_mail_send(self, _owner):
        return {"template_id": self._smart_template().id}

    def _mail_sync_tombstone(self, owner):
        return {"hash": str(owner.id)}

    # -- the table --------------------------------------------------------------------------

    def test_every_model_of_ours_has_its_line(self):
        ours = {
            name
            for name, model in self.env.items()
            # Without a table of its own, it has a test of its own: test_traffic.
            if name.startswith("mail.sync.") and not model._abstract and model._auto
        }
        self.assertEqual(ours, set(EXPECTED))

    def test_access_rights_by_role_and_owner(self):
        wrong = [
            difference
            for model, access in EXPECTED.items()
            if model in self.env
            for difference in self.differences(model, access)
        ]
        self.assertFalse(wrong, "\n".join(["", *wrong]))

    def differences(self, model, access):
        """Yield what a user may do but should not, and should be able to do but may not."""
        everybody = {owner for user in self.people.values() for owner in self.whose(user).values()}
        records = {owner: self.make(model, owner) for owner in everybody}
        self.env.flush_all()
        for column, who in enumerate(WHO):
            user = self.people[who]
            for operation, columns in access._asdict().items():
                may = {
                    whose
                    for whose, owner in self.whose(user).items()
                    if records[owner].with_user(user).has_access(operation)
                }
                if may != columns[column]:
                    yield f"{who} may {operation} {model}: {may}, and not {columns[column]}"
            if (found := self.found(model, user, records)) != access.read[column]:
                yield f"{who} finds {model}: {found}, and not {access.read[column]}"

    def found(self, model, user, records):
        """Return whose records a user's own search returns."""
        try:
            found = self.env[model].with_user(user).search([])
        except AccessError:
            return set()
        return {
            whose
            for whose, owner in self.whose(user).items()
            if records[owner].sudo() in found.sudo()
        }

    def test_nobody_reads_a_secret(self):
        for who in WHO:
            user = self.people[who]
            account = self.account(user).with_user(user)
            for name in ("imap_secret", "smtp_secret", "lease_token"):
                with self.subTest(who=who, secret=name), self.assertRaises(AccessError):
                    account.read([name])

    def test_who_may_disable_another_users_mailbox(self):
        may = {"company_manager": COMPANY, "administrator": COMPANY}
        for who in WHO[2:]:
            user = self.people[who]
            for whose, owner in self.whose(user).items():
                account = self.account(owner).with_user(user)
                with self.subTest(who=who, whose=whose):
                    try:
                        account.action_open_disable()
                        allowed = True
                    except AccessError:
                        allowed = False
                    self.assertEqual(allowed, whose in may.get(who, OWN))

    def test_a_team_no_longer_led_by_the_user(self):
        leader = self.people["sales_manager"]
        account = self.account(self.led[leader]).with_user(leader)
        self.assertTrue(account.has_access("read"))
        team = self.env["crm.team"].search([("user_id", "=", leader.id)])
        team.crm_team_member_ids.action_archive()
        self.assertFalse(account.has_access("read"))
        team.crm_team_member_all_ids.action_unarchive()
        self.assertTrue(account.has_access("read"))
        team.action_archive()
        self.assertFalse(account.has_access("read"))

    def test_counts_are_visible_but_folders_are_not(self):
        leader = self.people["sales_manager"]
        account = self.account(self.led[leader])
        self.make("mail.sync.mailbox", account.user_id).seen_count = 7
        self.env.flush_all()
        self.env.invalidate_all()
        account = account.with_user(leader)
        self.assertEqual(account.seen_count, 7)
        self.assertFalse(account.mailbox_ids)
