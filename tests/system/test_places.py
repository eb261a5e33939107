"""The company's places, when several people come and go at the same moment."""

from __future__ import annotations

import pytest

from .office import PATIENCE, Office, Salesperson, barrier, meanwhile, wait_until


@pytest.fixture
def company(quiet_company: Office) -> Office:
    return quiet_company


def limit(company: Office, places: int) -> None:
    """Let the administrator allow this many more mailboxes than there are."""
    own = company.admin.call("res.company", "search", [])[:1]
    # Whoever is still waiting starts, and counts among them.
    company.admin.call("res.company", "write", own, {"mail_sync_account_limit": 0})
    taken = company.sql("SELECT count(*) FROM mail_sync_account WHERE active")[0][0]
    company.admin.call("res.company", "write", own, {"mail_sync_account_limit": taken + places})


def ready(person: Salesperson) -> int:
    """Go through the wizard up to *Finish*."""
    wizard = person.client.create("mail.sync.account.setup", **person.settings())
    for button in ("action_next", "action_connect_smtp"):
        person.client.call("mail.sync.account.setup", button, [wizard])
    return wizard


def finish(person: Salesperson, wizard: int) -> dict:
    return person.client.call("mail.sync.account.setup", "action_finish", [wizard])


def disable(person: Salesperson) -> None:
    wizard = person.client.create(
        "mail.sync.account.disable", account_id=person.account_id(), policy="keep"
    )
    person.client.call("mail.sync.account.disable", "action_disable", [wizard])


def waits_for_a_lock(company: Office) -> list[tuple]:
    return company.sql(
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event IN ('transactionid', 'tuple')"
    )


def states(*people: Salesperson) -> list[str]:
    return [person.account("state")["state"] for person in people]


def test_two_users_who_finish_at_once_do_not_both_get_the_last_place(company: Office):
    ann, ben = company.salesperson("ann"), company.salesperson("ben")
    anns, bens = ready(ann), ready(ben)
    limit(company, 1)
    with barrier(company, "mail_sync_mailbox", "INSERT") as place:
        first = meanwhile(lambda: finish(ann, anns))
        place.reached()
        second = meanwhile(lambda: finish(ben, bens))
        wait_until(lambda: waits_for_a_lock(company), "Ben waits for Ann")
    first.result(timeout=PATIENCE)
    said = second.result(timeout=PATIENCE)
    assert states(ann, ben) == ["enabled", "pending"]
    assert "mailbox limit" in said["params"]["message"]


def test_a_free_place_goes_to_the_first_in_the_queue(company: Office):
    ann, ben = company.salesperson("ann"), company.salesperson("ben")
    limit(company, 1)
    ann.connect()
    bens = ready(ben)
    with barrier(company, "mail_sync_mailbox", "INSERT") as place:
        queued = meanwhile(lambda: finish(ben, bens))
        place.reached()
        gone = meanwhile(lambda: disable(ann))
        wait_until(lambda: waits_for_a_lock(company), "Ann waits for Ben")
    queued.result(timeout=PATIENCE)
    gone.result(timeout=PATIENCE)
    assert states(ben) == ["enabled"]
