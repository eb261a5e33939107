"""What the tests of instant recording share: who is watched, and what is recorded at once."""

from __future__ import annotations

import json

from dev import dovecot
from dev.console import Failure
from dev.demo import Person, mail

from .office import Lead, Office, Salesperson, somebody, wait_until

#: Seconds from a mail's delivery to its entry on the lead.
AT_ONCE = 2
#: Seconds within which a mail is recorded that the server does not report: in another mailbox.
LOOKED_AT = 45
#: Seconds within which the watcher notices a user's change.
SOON = 8


def switch(company: Office, on: bool) -> None:
    """Tick or untick the box in the settings, and save."""
    settings = company.admin.create("res.config.settings", mail_sync_idle=on)
    company.admin.call("res.config.settings", "execute", [settings])


def shown_in_settings(company: Office) -> dict[str, object]:
    """Return what the settings show of the watchers."""
    settings = company.admin.create("res.config.settings")
    names = ("mail_sync_watcher_count", "mail_sync_watched_count", "mail_sync_watch_command")
    return company.admin.read("res.config.settings", settings, *names)


def connections(person: Salesperson) -> int:
    """Return how many connections a user's mailbox has, as its provider sees it."""
    told = json.loads(dovecot.doveadm("-f", "json", "who", person.email))
    return sum(int(one["connections"]) for one in told if one["username"] == person.email)


def is_dropped(person: Salesperson) -> None:
    """Have the provider end a user's connections; wait until it knows of one."""

    def kicked() -> bool:
        try:
            dovecot.doveadm("kick", person.email)
        except Failure:  # it counts none at this moment
            return False
        return True

    wait_until(kicked, "a connection is dropped")


def hired(
    company: Office, word: str = "ann", **settings: object
) -> tuple[Salesperson, Person, Lead]:
    """Return a user whose mailbox is watched, a customer, and the customer's opportunity."""
    seller, customer = company.salesperson(word), somebody("lena")
    lead = company.lead(customer, seller)
    seller.connect(**settings)
    is_watched(seller)
    return seller, customer, lead


def is_watched(person: Salesperson) -> None:
    account = person.account_id()
    wait_until(
        lambda: account in watched_accounts(person.office) and connections(person) == 1,
        f"{person.email} is watched",
        SOON + 5,
    )


def is_let_go(person: Salesperson, account: int) -> None:
    wait_until(
        lambda: account not in watched_accounts(person.office) and connections(person) == 0,
        f"{person.email} is let go",
        SOON,
    )


def watched_accounts(company: Office) -> list[int]:
    """Return who is watched, each as many times as they are."""
    return [
        account
        for (account,) in company.sql(
            "SELECT objid::int FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND classid = 1297307982 AND objid > 0"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
    ]


def arrives(seller: Salesperson, lead: Lead, subject: str) -> None:
    """Deliver a mail of the lead's, and check that it is recorded at once."""
    seller.has(mail(lead.customer, seller.person, subject, "?"))
    is_recorded(lead, subject, AT_ONCE)


def is_recorded(lead: Lead, subject: str, within: float) -> None:
    query = "SELECT 1 FROM mail_message WHERE model = 'crm.lead' AND res_id = %s AND subject = %s"
    wait_until(lambda: lead.office.sql(query, lead.id, subject), f"{subject!r} there", within)


def waits(seller: Salesperson) -> None:
    """Wait until nobody is reading the mailbox, so that nothing is read by chance."""
    query = "SELECT lease_token IS NULL AND last_sync_at IS NOT NULL FROM mail_sync_account"
    account = seller.account_id()
    wait_until(
        lambda: seller.office.sql(f"{query} WHERE id = %s", account)[0][0], "the first turn is over"
    )
