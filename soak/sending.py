"""Sending under faults: hundreds of Smart Mails, each meeting a server that fails at some point.

Afterwards all is well and time passes: what waits is sent again. Then each mail must have been
delivered once, or be shown as refused or as perhaps sent, with a reason; never twice, and never
lost without a word.
"""

from __future__ import annotations

import itertools
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field

from dev import connecting
from dev.client import Client, Refused
from dev.database import OdooServer

from . import mailboxes
from .faults import FAULTS, SECOND, SILENCES, Fault, Host
from .firm import Firm
from .told import told

#: Salespeople who send at the same time. Each needs up to three of Odoo's 64 connections.
PEOPLE = 16
#: How many of a hundred sendings meet silence. Each lasts up to 90 s.
SILENT = 6
#: How often what waits is sent again before it counts as stuck.
TRIES = 5

#: Time passes: whatever is to be tried later may be tried now.
_LATER = (
    "UPDATE mail_mail SET scheduled_date = NULL WHERE state = 'outgoing'",
    "UPDATE mail_sync_outgoing SET retry_at = now() AT TIME ZONE 'UTC' WHERE state = 'deferred'",
    "UPDATE mail_sync_account SET sending_retry_at = now() AT TIME ZONE 'UTC' - interval '1 s'"
    " WHERE sending_retry_at IS NOT NULL",
)


def planned(count: int, rng: random.Random) -> list[Fault]:
    """Return the faults for ``count`` sendings at each point, the silences together at the end."""
    quiet = SILENT * count // 100
    usual = [
        Fault(point, kind)
        for point, kinds in FAULTS.items()
        for kind in itertools.islice(itertools.cycle(kinds), count - quiet)
    ]
    silent = [
        Fault(point, kind)
        for point, kinds in SILENCES.items()
        for kind in itertools.islice(itertools.cycle(kinds), quiet)
    ]
    rng.shuffle(usual)
    return usual + silent


@dataclass(slots=True)
class Sent:
    """A Smart Mail: who wrote it, through a server with which fault."""

    person: int
    subject: str
    fault: Fault
    met: int = 0


@dataclass
class Sending:
    """A run: ``count`` sendings at each point."""

    server: OdooServer
    count: int
    seed: int = 1
    people: int = PEOPLE
    sent: list[Sent] = field(default_factory=list)
    results: Counter[tuple[str, str]] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    took: float = 0.0

    def run(self) -> None:
        """Send everything, then look at what became of each mail."""
        begun, faults = time.monotonic(), planned(self.count, random.Random(self.seed))
        self.people = min(self.people, len(faults))
        with ExitStack() as stack:
            self.hosts = [stack.enter_context(Host()) for _ in range(self.people)]
            self.firm = Firm(self.server)
            self.firm.hire(self.people, [host.settings() for host in self.hosts])
            self._meet_customers()
            pool = stack.enter_context(ThreadPoolExecutor(self.people))
            for number, some in enumerate(_batched(faults, self.people)):
                self._round(pool, number, some)
            self._judge(pool)
        self.took = time.monotonic() - begun

    def _meet_customers(self) -> None:
        """Give each person a lead, and two contacts to write to as fast as they like."""
        admin, mark = self.firm.admin, self.firm.mark
        limit = ("mail.server.personal.limit.minutes", "1000")
        admin.call("ir.config_parameter", "set_param", *limit)
        self.leads, self.contacts = [], []
        for number, client in enumerate(self.firm.clients):
            two = [
                admin.create(
                    "res.partner",
                    name=f"{word} {number}",
                    email=f"{word}{number}.{mark}@client.example",
                )
                for word in ("first", SECOND)
            ]
            values = {"name": f"Lead {number}", "partner_id": two[0], "user_id": client.uid}
            # By its salesperson: whoever makes a lead follows it, and gets its mails.
            self.leads.append(client.create("crm.lead", type="opportunity", **values))
            self.contacts.append(two)

    def _round(self, pool: ThreadPoolExecutor, number: int, faults: Sequence[Fault]) -> None:
        """Let each person send one mail while their server fails; then let all be well again."""
        mails = [
            Sent(person, f"Mail {number}.{person}", fault) for person, fault in enumerate(faults)
        ]
        list(pool.map(self._send, mails))
        for mail in mails:
            host = self.hosts[mail.person]
            mail.met = host.met
            host.end()
        self.sent += mails
        self._recover(pool)

    def _send(self, mail: Sent) -> None:
        host, client = self.hosts[mail.person], self.firm.clients[mail.person]
        host.begin(mail.fault)
        first, second = self.contacts[mail.person]
        # One SMTP conversation for both, or one for each; each silence is waited for once only.
        together = mail.fault.kind.startswith("partly") or mail.person % 2
        values = {"partner_ids": [(6, 0, [first])]}
        if "silence" not in mail.fault.kind:
            if together:
                values["mail_sync_cc_ids"] = [(6, 0, [second])]
            else:
                values["partner_ids"] = [(6, 0, [first, second])]
        try:
            self._write(client, self.leads[mail.person], mail.subject, values)
        except (Refused, OSError) as error:
            self.problems.append(f"{mail.subject}: the writer saw {error}")

    @staticmethod
    def _write(client: Client, lead: int, subject: str, recipients: dict) -> None:
        """Write to contacts from a lead, as the composer does."""
        values = {
            "model": "crm.lead",
            "res_ids": repr([lead]),
            "composition_mode": "comment",
            "subject": subject,
            "body": "<p>Hello</p>",
            **recipients,
        }
        context = {"default_model": "crm.lead", "default_res_ids": [lead]}
        model = "mail.compose.message"
        composer = client.call(model, "create", [values], context=context)
        client.call(model, "action_send_mail", composer)

    def _recover(self, pool: ThreadPoolExecutor) -> None:
        """Press *Reconnect* where it fails, let time pass, and have Odoo send what waits."""
        for _ in range(TRIES):
            failing = self.firm.sql(
                "SELECT user_id FROM mail_sync_account WHERE sending_error_code != ''"
                " OR error_code != ''"
            )
            broken = [client for client in self.firm.clients if (client.uid,) in failing]
            list(pool.map(self._reconnect, broken))
            for statement in _LATER:
                self.firm.sql(statement)
            if broken:
                self._cron("mail_sync_custom", "ir_cron_mail_sync_sending")
            if not broken and not self._waiting():
                return
            self._cron("mail", "ir_cron_mail_scheduler_action")

    @staticmethod
    def _reconnect(client: Client) -> None:
        account = connecting.account_of(client)
        client.call("mail.sync.account", "action_reconnect", [account])
        connecting.sync(client)

    def _waiting(self) -> int:
        [(waiting,)] = self.firm.sql("SELECT count(*) FROM mail_mail WHERE state = 'outgoing'")
        return waiting

    def _cron(self, module: str, name: str) -> None:
        admin = self.firm.admin
        ref = admin.call("ir.model.data", "check_object_reference", module, name)[1]
        deadline = time.monotonic() + 60
        while True:
            try:
                admin.call("ir.cron", "method_direct_trigger", [ref])
                return
            except Refused as refused:
                if "already executing" not in str(refused) or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    # -- what became of them --------------------------------------------------------------------

    def _judge(self, pool: ThreadPoolExecutor) -> None:
        """Compare what the servers accepted with what the writers are shown."""
        list(pool.map(connecting.sync, self.firm.clients))
        shown = self._shown()
        taken: list[Counter] = [
            Counter((one.message_id, one.recipient) for one in host.accepted) for host in self.hosts
        ]
        copies = [self._copies(person.email) for person in self.firm.people]
        for mail in self.sent:
            if mail.subject not in shown:
                self._wrong(mail, "", "lost", "no trace of it in the CRM")
                continue
            self._judge_one(mail, shown[mail.subject], taken[mail.person], copies[mail.person])
            if not mail.met and mail.fault.point != "connect":
                self.problems.append(f"{mail.subject}: never met its fault {mail.fault}")

    def _judge_one(self, mail: Sent, shown: dict, taken: Counter, copies: Counter) -> None:
        statuses = []
        for recipient, (status, reason) in shown["recipients"].items():
            arrived = taken[shown["message_id"], recipient]
            state = "unknown" if status == "exception" and shown["state"] == "unknown" else status
            statuses.append(state)
            if arrived > 1:
                self._wrong(mail, recipient, "twice", f"accepted {arrived} times")
            elif state == "sent" and not arrived:
                self._wrong(mail, recipient, "lost", "shown as sent, but never accepted")
            elif state == "exception" and arrived:
                self._wrong(mail, recipient, "wrong", f"accepted, but shown as refused: {reason}")
            elif state in ("exception", "unknown") and not reason:
                self._wrong(mail, recipient, "wrong", f"{state} without a reason")
            elif state not in ("sent", "exception", "unknown"):
                self._wrong(mail, recipient, "stuck", f"{state}: {reason}")
            else:
                word = {"sent": "delivered", "exception": "refused"}.get(state, state)
                self.results[mail.fault.point, word] += 1
        if copies[mail.subject] > 1 or (set(statuses) == {"sent"} and not copies[mail.subject]):
            self._wrong(mail, "", "wrong", f"{copies[mail.subject]} copies in Sent")

    def _wrong(self, mail: Sent, recipient: str, what: str, words: str) -> None:
        self.results[mail.fault.point, what] += 1
        at = f"{mail.fault.point}, {mail.fault.kind}"
        self.problems.append(f"{what}: {mail.subject} {recipient} ({at}): {words}")

    def _shown(self) -> dict[str, dict]:
        """Return what the writers see, by subject: the mail's state, and each recipient's."""
        found: dict[str, dict] = {}
        for client, lead in zip(self.firm.clients, self.leads, strict=True):
            domain = [
                ("model", "=", "crm.lead"),
                ("res_id", "=", lead),
                ("message_type", "=", "comment"),
            ]
            rows = client.call(
                "mail.message",
                "search_read",
                domain,
                ["subject", "message_id", "mail_sync_delivery"],
            )
            for row in rows:
                found[row["subject"]] = {
                    "id": row["id"],
                    "message_id": row["message_id"],
                    "state": row["mail_sync_delivery"],
                    "recipients": {},
                }
        by_id = {one["id"]: one["recipients"] for one in found.values()}
        notices = self.firm.admin.call(
            "mail.notification",
            "search_read",
            [("mail_message_id", "in", list(by_id)), ("notification_type", "=", "email")],
            ["mail_message_id", "res_partner_id", "notification_status", "failure_reason"],
        )
        emails = self._emails()
        for one in notices:
            shown = (one["notification_status"], one["failure_reason"] or "")
            by_id[one["mail_message_id"][0]][emails[one["res_partner_id"][0]]] = shown
        return found

    def _emails(self) -> dict[int, str]:
        ids = [contact for two in self.contacts for contact in two]
        rows = self.firm.admin.call("res.partner", "read", ids, ["email"])
        return {row["id"]: row["email"] for row in rows}

    def _copies(self, user: str) -> Counter[str]:
        """Return how often each subject is in somebody's Sent folder."""
        there = (one for one in mailboxes.messages(user) if one.folder == "Sent")
        return Counter(told(one.raw).subject for one in there)

    @property
    def is_good(self) -> bool:
        """Whether every mail was delivered once, or says why not."""
        return not self.problems

    def lines(self) -> list[str]:
        """Return the figures, a line each."""
        words = ("delivered", "refused", "unknown", "twice", "lost", "wrong", "stuck")
        by_point = defaultdict(Counter)
        for (point, word), count in self.results.items():
            by_point[point][word] = count
            by_point["all"][word] += count
        sendings = Counter(mail.fault.point for mail in self.sent)
        return [
            f"sending: {len(self.sent)} mails, {self.took:.0f} s",
            f"{'fault at':10}{'mails':>6}" + "".join(f"{word:>10}" for word in words),
            *(
                f"{point:10}{sendings[point] or len(self.sent):>6}"
                + "".join(f"{by_point[point][word]:>10}" for word in words)
                for point in (*FAULTS, "all")
            ),
            *self.problems[:40],
        ]


def _batched(faults: Sequence[Fault], size: int) -> Iterator[Sequence[Fault]]:
    """Yield the faults in rounds; in each, the silences of the same patience are together."""
    for start in range(0, len(faults), size):
        yield faults[start : start + size]
