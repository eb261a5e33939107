"""Once: whatever is repeated, duplicated, renumbered or done by two at a time."""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest

from dev import connecting, database, demo, dovecot, postgres
from dev.client import Client
from dev.demo import mail

from .office import Lead, Office, Salesperson, import_mails, numbered, raw, somebody, wait_until

#: What a click or the clock changes anyway: the account's own row (when it was read), who is logged
#: in, and what the browser is sent.
OF_THE_RUN = {"mail_sync_account", "res_device_log", "bus_bus", "ir_logging"}


def rows(company: Office) -> dict[str, set[tuple]]:
    """Return every row of every table, with PostgreSQL's row versions."""
    tables = (
        "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE relkind = 'r' AND nspname = 'public'"
    )
    found = {}
    connection = psycopg2.connect(**postgres.connection(), dbname=company.db)
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute(tables)
        for [name] in cursor.fetchall():
            if name not in OF_THE_RUN:
                cursor.execute(f'SELECT ctid::text, xmin::text FROM "{name}"')
                found[name] = set(cursor.fetchall())
    return found


def changed(company: Office, act: Callable[[], object]) -> set[str]:
    """Do something; return the tables in which it wrote."""
    before = rows(company)
    act()
    after = rows(company)
    return {name for name in after if after[name] != before[name]}


def test_a_second_sync_now_writes_nothing(quiet_company: Office):
    company = quiet_company
    ann, lena, stranger = company.salesperson("ann"), somebody("lena"), somebody("stranger")
    lead = company.lead(lena, ann)
    ann.has(
        mail(lena, ann.person, "Question", "?", days_ago=1),
        mail(stranger, ann.person, "Private", "!"),
    )
    ann.has(mail(ann.person, lena, "Re: Question", "!"), mailbox="Sent")
    ann.connect()
    ann.sync()
    ann.account("state")
    assert lead.subjects() == ["Question", "Re: Question"]
    said: list[str] = []
    made = company.mails_made()

    assert changed(company, lambda: said.append(ann.sync())) == set()

    assert said == ["Nothing new."]
    assert company.mails_made() == made
    # A write would have been noticed: with one more mail, these tables are written.
    ann.has(mail(lena, ann.person, "One more", "?"))
    assert changed(company, ann.sync) >= {"mail_message", "mail_sync_entry", "mail_sync_mailbox"}


def test_flags_on_the_server_are_unchanged(company: Office):
    ann, lena = company.salesperson("ann"), somebody("lena")
    lead = company.lead(lena, ann)
    numbers = range(1, 9)
    import_mails(ann.person, "INBOX", numbered(lena, ann.person, numbers))
    flagged = {
        2: "\\Seen",
        3: "\\Flagged",
        4: "\\Answered \\Seen",
        5: "$Label1 Later",
        6: "\\Draft",
    }
    for uid, flags in flagged.items():
        add = ["flags", "add", "-u", ann.email, flags, "mailbox", "INBOX", "uid", str(uid)]
        dovecot.doveadm(*add)
    ann.has(mail(ann.person, lena, "Sent", "!"), mailbox="Sent")
    before = demo.flags(ann.person)
    assert any("$Label1" in line for line in before)

    ann.connect()
    ann.sync()

    assert len(lead.subjects()) == 9
    assert demo.flags(ann.person) == before


def test_two_users_with_the_same_mail_have_one_entry(company: Office):
    ann, ben, lena = company.salesperson("ann"), company.salesperson("ben"), somebody("lena")
    lead = company.lead(lena, ann)
    question = mail(lena, ann.person, "Question", "To both of you", cc=ben.person)
    ann.has(question)
    ben.has(question)
    for person in (ann, ben):
        person.connect()
    for person in (ann, ben):
        person.sync()

    assert lead.subjects() == ["Question"]
    [entry] = lead.entries()
    links = company.sql(
        "SELECT mail_sync_message_id FROM mail_sync_message_mail_message_rel"
        " WHERE mail_message_id = %s",
        entry["id"],
    )
    assert len(links) == 2, "each of the two is known to have it"


def test_a_mail_in_inbox_and_sent_has_one_entry(company: Office):
    ann, lena = company.salesperson("ann"), somebody("lena")
    lead = company.lead(lena, ann)
    to_both = mail(ann.person, lena, "For you and me", "!", cc=ann.person)
    ann.has(to_both)
    ann.has(to_both, mailbox="Sent")
    ann.connect()
    ann.sync()
    assert [(e["subject"], e["mail_sync_direction"]) for e in lead.entries()] == [
        ("For you and me", "out")
    ]


def test_a_mail_written_in_the_crm_has_one_entry_for_colleagues_too(company: Office):
    ann, ben, lena = company.salesperson("ann"), company.salesperson("ben"), somebody("lena")
    lead = company.lead(lena, ann)
    for person in (ann, ben):
        person.connect()
    ann.write(lead, "Your offer")
    # The customer forwards it unchanged to the colleague: the same mail in a second mailbox.
    ben.has(lead.receives("Your offer"))
    for person in (ann, ben):
        person.sync()
    assert lead.subjects() == ["Your offer"]


def test_two_odoo_processes_at_the_same_accounts_at_once(new_company: Office):
    company = new_company
    ann, ben, lena = company.salesperson("ann"), company.salesperson("ben"), somebody("lena")
    lead = company.lead(lena, ann)
    mails = [
        raw(mail(lena, ann.person, f"To both {n}", "!", days_ago=1, cc=ben.person))
        for n in range(200)
    ]
    for person in (ann, ben):
        import_mails(person.person, "INBOX", mails)
        import_mails(person.person, "Sent", numbered(person.person, lena, range(50)))
    with database.OdooServer(company.db) as second:
        for person in (ann, ben):
            person.connect()
        clients = [
            Client(url, company.db, person.email, demo.LOGIN_PASSWORD)
            for url in (company.server.url, second.url)
            for person in (ann, ben)
        ]
        with ThreadPoolExecutor(len(clients)) as pool:
            list(pool.map(connecting.sync, clients))
    count = Counter(lead.subjects())
    assert {count.pop(f"To both {n}") for n in range(200)} == {1}
    # These are two mails each: one of Ann's, one of Ben's.
    assert count == {f"Mail {n}": 2 for n in range(50)}
    for person in (ann, ben):
        account = person.account("state", "failed_count", "seen_count")
        assert account == {
            "id": account["id"],
            "state": "enabled",
            "failed_count": 0,
            "seen_count": 250,
        }


@pytest.mark.parametrize("how", ["new number", "deleted and made anew"])
def test_a_mailbox_is_renumbered(company: Office, how: str):
    ann, lena = company.salesperson("ann"), somebody("lena")
    lead = company.lead(lena, ann)
    old = numbered(ann.person, lena, range(1, 8))
    import_mails(ann.person, "Sent", old)
    ann.connect()
    ann.sync()
    assert len(lead.subjects()) == 7
    before = dovecot.doveadm("mailbox", "status", "-u", ann.email, "uidvalidity", "Sent")

    new = raw(mail(ann.person, lena, "In the gap", "!"))
    if how == "new number":
        ann.has(mail(ann.person, lena, "In the gap", "!"), mailbox="Sent")
        number = int(re.search(r"uidvalidity=(\d+)", before)[1]) + 7
        dovecot.doveadm("mailbox", "update", "-u", ann.email, "--uid-validity", str(number), "Sent")
    else:
        dovecot.doveadm("mailbox", "delete", "-u", ann.email, "Sent")
        dovecot.doveadm("mailbox", "create", "-u", ann.email, "Sent")
        # In another order: no UID means what it meant before.
        import_mails(ann.person, "Sent", [new, *reversed(old)])
    after = dovecot.doveadm("mailbox", "status", "-u", ann.email, "uidvalidity", "Sent")
    assert after != before
    ann.sync()

    assert sorted(lead.subjects()) == sorted([*(f"Mail {n}" for n in range(1, 8)), "In the gap"])
    assert ann.account("state")["state"] == "enabled"


@pytest.mark.parametrize("count", [499, 500, 501, 1000])
def test_exactly_one_batch_of_mails(company: Office, count: int):
    all_are_there_once(company, count, every=10)


def test_twelve_hundred_mails_with_a_lead(company: Office):
    all_are_there_once(company, 1200, every=1)


def all_are_there_once(company: Office, count: int, every: int) -> None:
    """Read a mailbox in which every n-th mail is a lead's, then as many that arrive later."""
    ann, lena, stranger = company.salesperson("ann"), somebody("lena"), somebody("stranger")
    lead = company.lead(lena, ann)
    wanted = [n for n in range(1, count + 1) if n % every == 0 or n in (1, count)]
    mails = {n: (lena if n in wanted else stranger) for n in range(1, count + 1)}
    import_mails(
        ann.person, "INBOX", [numbered(sender, ann.person, [n])[0] for n, sender in mails.items()]
    )
    ann.connect()
    read(ann, count)
    assert Counter(lead.subjects()) == Counter(f"Mail {n}" for n in wanted)

    import_mails(ann.person, "INBOX", numbered(lena, ann.person, range(count + 1, count + 4)))
    read(ann, count + 3)
    assert Counter(lead.subjects()) == Counter(
        f"Mail {n}" for n in [*wanted, *range(count + 1, count + 4)]
    )


def read(person: Salesperson, count: int) -> None:
    """Sync until this many mails have been looked at, and no more."""
    wait_until(
        lambda: person.sync() and person.account("seen_count")["seen_count"] >= count,
        f"{count} mails looked at",
    )
    assert person.account("seen_count", "failed_count") == {
        "id": person.account_id(),
        "seen_count": count,
        "failed_count": 0,
    }


def test_merged_leads_keep_their_mails_without_duplicates(company: Office):
    ann, lena = company.salesperson("ann"), somebody("lena")
    first, second = company.lead(lena, ann), company.lead(lena, ann)
    ann.has(mail(lena, ann.person, "Question", "?"))
    ann.connect()
    ann.sync()
    assert first.subjects() == second.subjects() == ["Question"]
    merged = merge(company, first, second)
    ann.has(mail(lena, ann.person, "Another", "?"))
    ann.sync()
    assert set(merged.subjects()) >= {"Question", "Another"}
    assert merged.subjects().count("Another") == 1


def merge(company: Office, first: Lead, second: Lead) -> Lead:
    """Merge two leads, as a salesperson does; return what is left."""
    wizard = company.admin.create(
        "crm.merge.opportunity", opportunity_ids=[(6, 0, [first.id, second.id])]
    )
    company.admin.call("crm.merge.opportunity", "action_merge", [wizard])
    left = company.admin.call("crm.lead", "search", [("id", "in", [first.id, second.id])])
    return first if left == [first.id] else second
