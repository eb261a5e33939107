"""An Odoo database with the addon, in this process: leads, an account and its store."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import odoo.tools
from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry

from dev import database, postgres

from . import mails, servers

#: Other leads and contacts: a company has more customers than one mailbox knows.
OTHERS = 20_000

_OTHERS = """
    INSERT INTO res_partner (name, complete_name, active, type, email, email_normalized)
    SELECT 'Other ' || n, 'Other ' || n, true, 'contact',
           'other' || n || '@else.example', 'other' || n || '@else.example'
    FROM generate_series(1, %(count)s) n;
    INSERT INTO crm_lead (name, type, active, email_from, email_normalized, user_id, stage_id)
    SELECT 'Lead ' || n, 'opportunity', true, 'other' || n || '@else.example',
           'other' || n || '@else.example', l.user_id, l.stage_id
    FROM generate_series(1, %(count)s) n, (SELECT * FROM crm_lead LIMIT 1) l;
"""


@dataclass
class Crm:
    """The CRM of one salesperson, whose mailbox is that of ``user`` on our Dovecot."""

    db: str
    user: str
    leads: list[int]
    account_id: int

    @contextlib.contextmanager
    def transaction(self) -> Iterator[api.Environment]:
        """Yield an environment; commit at its end."""
        with Registry(self.db).cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})

    def store(self):
        """Return the account's store, under its lease."""
        from odoo.addons.mail_sync_custom.bridge.store import OdooStore

        return OdooStore(self.db, self.account_id, "bench")

    def connect(self, host: str = "", port: int = 0, *, tls: bool = True):
        """Return a logged-in session on the mailbox, by default over TLS to Dovecot itself."""
        from odoo.addons.mail_sync_custom.engine.imap import session
        from odoo.addons.mail_sync_custom.engine.net import policy
        from odoo.addons.mail_sync_custom.engine.values import Credentials, Endpoint

        if not host:
            host, port = servers.imaps()
        endpoint = Endpoint(host, port, implicit_tls=tls, plain_allowed=not tls)
        return session.connect(
            endpoint, Credentials(self.user, servers.PASSWORD), policy=policy.parse("127.0.0.0/8:*")
        )

    def sync(self) -> None:
        """Read the mailbox from log-in to log-out, as the account's turn does."""
        with self.connect() as session:
            self.read(session)

    def read(self, session) -> None:
        """Read what is new."""
        from odoo.addons.mail_sync_custom.engine.sync.run import run

        report = run(session, self.store())
        if report.problems or report.more:
            raise RuntimeError(f"The mailbox was not read: {report}")

    def recorded(self) -> int:
        """Return how many mails are on the leads."""
        with self.transaction() as env:
            return env["mail.message"].search_count(
                [("model", "=", "crm.lead"), ("message_type", "=", "email")]
            )

    def seen(self) -> int:
        """Return how many mails were looked at."""
        with self.transaction() as env:
            return sum(env["mail.sync.mailbox"].search([]).mapped("seen_count"))

    def turn_to(self, user: str) -> None:
        """From now on read another user's mailbox, from its beginning."""
        self.user = user
        self.forget()

    def forget(self) -> None:
        """Restore the state before the first sync."""
        with self.transaction() as env:
            messages = env["mail.message"].search(
                [("model", "=", "crm.lead"), ("message_type", "=", "email")]
            )
            ids = messages.ids
            for table, column in (
                ("mail_sync_message", "account_id"),
                ("mail_sync_mailbox", "account_id"),
            ):
                value = [self.account_id]
                env.cr.execute(f"DELETE FROM {table} WHERE {column} = ANY(%s)", [value])
            env.cr.execute(
                "DELETE FROM ir_attachment WHERE id IN (SELECT attachment_id FROM"
                " message_attachment_rel WHERE message_id = ANY(%s))",
                [ids],
            )
            env.cr.execute("DELETE FROM mail_message WHERE id = ANY(%s)", [ids])
            _create_mailbox(env, self.account_id)
        postgres.execute("VACUUM ANALYZE", db=self.db)


@contextlib.contextmanager
def opened(user: str, leads: int) -> Iterator[Crm]:
    """Yield a CRM with that many leads that write mails."""
    with database.copy("bench") as db:
        _start_odoo(db)
        crm = Crm(db, user, [], 0)
        with crm.transaction() as env:
            seller = _create_seller(env, user)
            crm.leads = _create_leads(env, leads, seller)
            crm.account_id = _create_account(env, user, seller)
            env.flush_all()
            env.cr.execute(_OTHERS, {"count": OTHERS})
        postgres.execute("VACUUM ANALYZE", db=db)
        try:
            yield crm
        finally:
            odoo.sql_db.close_db(db)


def _start_odoo(db: str) -> None:
    config = [f"--config={database.configure()}", f"--database={db}", "--log-level=error"]
    odoo.tools.config.parse_config(config, setup_logging=True)
    Registry(db)


def _create_seller(env: api.Environment, user: str):
    """Create the salesperson, who is notified within Odoo, so that no mail is sent."""
    return env["res.users"].create(
        {"name": "Seller", "login": user, "email": mails.OWNER, "notification_type": "inbox"}
    )


def _create_leads(env: api.Environment, count: int, seller) -> list[int]:
    leads = env["crm.lead"].create(
        [
            {
                "name": f"Lead {number}",
                "type": "opportunity",
                "email_from": mails.lead_address(number),
                "user_id": seller.id,
            }
            for number in range(count)
        ]
    )
    return leads.ids


def _create_account(env: api.Environment, user: str, seller) -> int:
    host, port = servers.imaps()
    account = env["mail.sync.account"].create(
        {
            "user_id": seller.id,
            "company_id": seller.company_id.id,
            "email": mails.OWNER,
            "history": "all",
            "imap_host": host,
            "imap_port": port,
            "imap_username": user,
            "lease_token": "bench",
        }
    )
    _create_mailbox(env, account.id)
    return account.id


def _create_mailbox(env: api.Environment, account_id: int) -> None:
    env["mail.sync.mailbox"].create(
        [
            {"account_id": account_id, "name": name, "special_use": use}
            for name, use in (("INBOX", "inbox"), ("Sent", "sent"))
        ]
    )
