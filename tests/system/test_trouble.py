"""Failures: a changed password, a broken mail, a neighbour's failing mailbox, nightly jobs."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dev import dovecot, services
from dev.demo import mail
from dev.passwords import PASSWORD, set_password

from .imap_proxy import Proxy
from .office import Office, Salesperson, import_mails, numbered, somebody, wait_until


def logins_refused(person: Salesperson) -> int:
    """Return how many times the provider has refused a person's password."""
    log = Path(services.describe().mail_log).read_text(errors="replace")
    return sum("Aborted login" in line and f"<{person.email}>" in line for line in log.splitlines())


def new_password(person: Salesperson) -> str:
    """Change somebody's password at their provider; return it."""
    password = secrets.token_hex(8)
    set_password(person.email, password)
    return password


def enter_password(person: Salesperson, password: str) -> None:
    """Enter the new password in Odoo, in its one field."""
    account = person.account_id()
    wizard = person.client.create(
        "mail.sync.account.password", account_id=account, password=password
    )
    person.client.call("mail.sync.account.password", "action_change_password", [wizard])


def test_the_password_was_changed_at_the_provider(company: Office):
    ann, lena = company.salesperson("ann"), somebody("lena")
    lead = company.lead(lena, ann)
    ann.connect()
    ann.receives(mail(lena, ann.person, "Before", "?"))
    password = new_password(ann)
    ann.has(mail(lena, ann.person, "Meanwhile", "?"))

    said = ann.sync()

    assert said.startswith("Signing in: "), said
    assert "password" in said
    account = ann.account("state", "error_since", "headline", "remedy")
    assert account["state"] == "error"
    assert account["error_since"]
    assert "password" in f"{account['headline']} {account['remedy']}"
    entry = ann.log()[0]
    assert entry["date"]
    assert entry["step"] == "login"
    assert (entry["headline"], entry["remedy"]) == (account["headline"], account["remedy"])

    enter_password(ann, password)

    wait_until(lambda: lead.subjects() == ["Before", "Meanwhile"], "what came meanwhile")
    assert ann.account("state", "error_since", "headline") == {
        "id": ann.account_id(),
        "state": "enabled",
        "error_since": False,
        "headline": "",
    }


def test_a_refused_login_is_not_repeated_by_the_scheduler(company: Office):
    ann = company.salesperson("ann")
    ann.connect()
    ann.sync()
    new_password(ann)
    before = logins_refused(ann)
    company.let_time_pass(ann)
    wait_until(lambda: ann.account("state")["state"] == "error", "the failure is seen")
    wait_until(lambda: logins_refused(ann) == before + 1, "the provider's note of it")

    for _ in range(5):
        company.let_time_pass()

    assert logins_refused(ann) == before + 1
    due = datetime.fromisoformat(ann.account("next_sync_at")["next_sync_at"])
    assert due - datetime.now(UTC).replace(tzinfo=None) > timedelta(minutes=15)


def test_a_failing_account_does_not_block_the_others(company: Office):
    people = [company.salesperson(word) for word in ("ann", "ben", "cleo")]
    lena = somebody("lena")
    lead = company.lead(lena)
    for person in people:
        person.connect()
        person.sync()
        person.has(mail(lena, person.person, f"For {person.person.name}", "?"))
    ann, ben, cleo = people
    new_password(ben)
    company.let_time_pass(*people)
    wait_until(lambda: ben.account("state")["state"] == "error", "Ben's failure is seen")
    wait_until(
        lambda: set(lead.subjects()) == {f"For {p.person.name}" for p in (ann, cleo)},
        "the others' mails",
    )
    assert ann.account("state")["state"] == cleo.account("state")["state"] == "enabled"


def test_broken_mails_do_not_hold_up_later_ones(company: Office):
    ann, lena = company.salesperson("ann"), somebody("lena")
    lead = company.lead(lena, ann)
    good = numbered(lena, ann.person, range(1, 9))
    broken = list(bad_mails(lena.email, ann.email).values())
    # A good mail follows each broken one, whatever the broken one does.
    mixed = [m for pair in zip(good, broken, strict=False) for m in pair] + good[len(broken) :]
    assert mixed[-1] not in broken
    import_mails(ann.person, "INBOX", mixed)
    ann.connect()
    wait_until(
        lambda: ann.sync() and ann.account("seen_count")["seen_count"] >= len(mixed),
        "all of them looked at",
    )

    assert {f"Mail {n}" for n in range(1, 9)} <= set(lead.subjects())
    account = ann.account("state", "seen_count", "recorded_count", "failed_count")
    assert account["state"] == "enabled"
    assert account["seen_count"] == len(mixed)
    assert account["recorded_count"] + account["failed_count"] == len(mixed)
    for reason in set_aside(ann):
        assert reason["error_code"]
    # And not again in every run.
    assert ann.sync() == "Nothing new."


def set_aside(person: Salesperson) -> list[dict]:
    return person.client.call(
        "mail.sync.message", "search_read", [("outcome", "=", "failed")], ["error_code", "detail"]
    )


def bad_mails(sender: str, to: str) -> dict[str, bytes]:
    """Return mails that no program should send, but some do."""

    def made(*headers: bytes, body: bytes = b"Hello") -> bytes:
        mark = secrets.token_hex(8).encode()
        usual = [b"From: " + sender.encode(), b"Message-ID: <%b@bad.example>" % mark]
        if not any(header.startswith(b"To:") for header in headers):
            usual.append(b"To: " + to.encode())
        date = b"Date: Mon, 02 Mar 2026 10:00:00 +0000"
        return b"\r\n".join([*usual, date, *headers, b"", body, b""])

    many = b", ".join(b"Person %d <person%d@many.example>" % (n, n) for n in range(10_000))
    nested = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n)
        for n in range(1_000)
    )
    return {
        "eight bits": made(b"Subject: \xff\xfe\x80 \xc3(", body=bytes(range(128, 256)) * 200),
        "huge headers": made(b"Subject: Huge", b"X-Huge: " + b"x" * 2_000_000),
        "NUL": made(b"Subject: A NUL \0 in it", body=b"and \0 there"),
        "ten thousand addresses": made(b"To: " + to.encode() + b", " + many),
        "parts in parts": made(nested.rstrip(b"\r\n")),
        "semicolons": made(b"Subject: Type", b"Content-Type: text/plain" + b";" * 30_000),
        "an unknown charset": made(
            b"Subject: =?x-unknown-9?B?/////w==?=", b'Content-Type: text/plain; charset="utf-8\\"'
        ),
    }


def test_the_nightly_job_leaves_the_personal_server_alone(company: Office):
    ann = company.salesperson("ann", login="ann.of.another.name")
    ben = company.salesperson("ben")
    ann.connect()
    [server] = ann.account("mail_server_id")["mail_server_id"][:1]
    # Odoo's nightly job deletes servers that it does not know: this one shows that it ran.
    other = company.admin.create(
        "ir.mail_server",
        name="Forgotten",
        smtp_host="127.0.0.1",
        smtp_user="forgotten@sales.example",
        from_filter="forgotten@sales.example",
        owner_user_id=ben.client.uid,
    )
    # A user's address in Odoo may come to differ from the mailbox's.
    company.admin.call("res.users", "write", [ann.client.uid], {"email": "ann@elsewhere.example"})

    company.the_night()

    left = company.admin.call("ir.mail_server", "search", [("id", "in", [server, other])])
    assert left == [server]
    lead = company.lead(somebody("lena"), ann)
    ann.write(lead, "In the morning")
    assert lead.receives("In the morning")["Return-Path"] == f"<{ann.email}>"


def test_the_nightly_job_leaves_a_failing_accounts_server_alone(company: Office):
    ann = company.salesperson("ann", login="ann.the.third")
    ann.connect()
    new_password(ann)
    ann.sync()
    [server] = ann.account("mail_server_id")["mail_server_id"][:1]
    company.the_night()
    assert company.admin.call("ir.mail_server", "search_count", [("id", "=", server)]) == 1


def companys_server(company: Office) -> None:
    """Give the company a server that accepts everything, and must not be used."""
    host = services.describe()
    company.admin.create(
        "ir.mail_server",
        name="The company's",
        sequence=1,
        smtp_host=host.hosts.plain,
        smtp_port=host.smtp_port,
        smtp_user=somebody("company", "sales.example").email,
        smtp_pass=PASSWORD,
        smtp_encryption="none",
    )


def test_a_mail_written_while_the_account_fails_waits(new_company: Office):
    company = new_company
    ann, lena = company.salesperson("ann"), somebody("lena")
    lead = company.lead(lena, ann)
    ann.connect()
    ann.sync()
    companys_server(company)
    password = new_password(ann)
    ann.sync()
    assert ann.account("state")["state"] == "error"

    ann.write(lead, "It waits")
    for _ in range(3):
        company.send_queue()

    assert lead.inbox("It waits") == []
    [waiting] = company.admin.call(
        "mail.mail",
        "search_read",
        [("subject", "=", "It waits"), ("recipient_ids", "in", [lead.partner])],
        ["state", "failure_reason"],
    )
    assert waiting["state"] == "outgoing"
    assert ann.email in waiting["failure_reason"], waiting

    enter_password(ann, password)

    received = lead.receives("It waits")
    assert received["Return-Path"] == f"<{ann.email}>"
    assert len(lead.inbox("It waits")) == 1
    wait_until(lambda: ann.sync() and ann.sent("It waits"), "a copy in Sent")
    assert len(ann.sent("It waits")) == 1
    assert lead.subjects() == ["It waits"]


def test_a_missing_folder_does_not_block_the_other(company: Office):
    ann, lena = company.salesperson("ann"), somebody("lena")
    lead = company.lead(lena, ann)
    dovecot.doveadm("mailbox", "create", "-u", ann.email, "Sent by me")
    ann.connect()
    ann.sync()
    wizard = ann.client.create("mail.sync.account.setup", **ann.settings())
    ann.client.call("mail.sync.account.setup", "action_next", [wizard])
    [folder] = ann.client.call(
        "mail.sync.account.setup.folder",
        "search",
        [("setup_id", "=", wizard), ("name", "=", "Sent by me")],
    )
    ann.client.call("mail.sync.account.setup", "write", [wizard], {"sent_folder_id": folder})
    for button in ("action_connect_smtp", "action_finish"):
        ann.client.call("mail.sync.account.setup", button, [wizard])
    ann.sync()
    dovecot.doveadm("mailbox", "delete", "-u", ann.email, "Sent by me")
    ann.write(lead, "There is nowhere to file this")
    company.send_queue()
    lead.receives("There is nowhere to file this")
    ann.has(mail(lena, ann.person, "Still read", "?"))

    said = ann.sync()

    assert "Still read" in lead.subjects()
    assert "folder" in said.lower(), said
    assert any(entry["step"] == "folders" for entry in ann.log())


def test_a_waiting_mail_is_sent_through_the_mailbox_connected_since(new_company: Office):
    company = new_company
    ann, lena = company.salesperson("ann"), somebody("lena")
    lead = company.lead(lena, ann)
    ann.connect()
    companys_server(company)
    new_password(ann)
    ann.sync()
    ann.write(lead, "It waits")
    company.send_queue()
    assert lead.inbox("It waits") == []
    other = somebody("ann", "sales.example").email

    ann.connect(email=other, imap_username=other, smtp_username=other)

    received = lead.receives("It waits")
    assert received["Return-Path"] == f"<{other}>"
    assert other in received["From"]
    assert other in received["Reply-To"]


def test_a_server_that_accepts_no_copy_is_still_read(company: Office):
    ann, lena = company.salesperson("ann"), somebody("lena")
    lead = company.lead(lena, ann)
    # Without LITERAL+ (RFC 7888) a message is sent only when the server has agreed to take it.
    with Proxy(hidden=rb" LITERAL[+-]", refuses=b"APPEND") as courier:
        ann.connect(**courier.settings())
        ann.sync()
        ann.write(lead, "Offer")
        company.send_queue()
        lead.receives("Offer")
        for number in range(3):
            ann.receives(mail(lena, ann.person, f"Mail {number}", "?"))

        assert sorted(lead.subjects()) == ["Mail 0", "Mail 1", "Mail 2", "Offer"]
        assert ann.account("state")["state"] == "enabled"
        [logged] = ann.log()
        assert logged["step"] == "sending"
        assert ann.sent("Offer") == []

        courier.refuses = b""
        company.sql("UPDATE mail_sync_outgoing SET filing_retry_at = NULL")
        ann.sync()
        assert len(ann.sent("Offer")) == 1
