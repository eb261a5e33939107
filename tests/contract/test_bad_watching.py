"""Waiting with servers as they exist: Courier, and servers with no NOTIFY or half of it."""

from __future__ import annotations

import threading

import pytest

from engine.errors import ConnectionTimeout
from tests.contract.conftest import NOON
from tests.contract.scripted import SELECTED, connect, failing, until_news


def courier(client, *, messages=3):
    """Play Courier: no UIDNEXT on EXAMINE, and no APPEND while a mailbox is open read-only."""
    client.log_in(b"IMAP4rev1 UIDPLUS CHILDREN NAMESPACE IDLE")
    opened = None
    while True:
        tag, command = client.hear()
        verb, _, rest = command.partition(b" ")
        name = rest.split(b" ")[0]
        if verb == b"EXAMINE":
            opened = name
            client.say(b"* %d EXISTS" % messages, b"* OK [UIDVALIDITY 7] Ok", tag + b" OK")
        elif verb == b"STATUS":
            client.say(b"* STATUS %b (UIDNEXT 12 UIDVALIDITY 7)" % name, tag + b" OK")
        elif verb == b"IDLE":
            client.raw(b"+ entering idle mode\r\n* 4 EXISTS\r\n")
            assert client.hear()[0] == b"DONE"
            client.say(tag + b" OK")
        elif verb == b"CLOSE":
            opened = None
            client.say(tag + b" OK mailbox closed.")
        elif verb == b"APPEND" and opened == name:
            client.say(tag + b" NO Current box is selected READ-ONLY.")
        elif verb == b"APPEND":
            client.raw(b"+ OK\r\n")
            client.hear_bytes(int(rest.rpartition(b"{")[2][:-1]) + 2)
            client.say(tag + b" OK [APPENDUID 7 12] APPEND Ok.")
        else:
            client.say(tag + b" OK")


def test_waiting_works_if_only_status_reports_uidnext(scripted):
    with connect(scripted(courier)) as found:
        told = found.watch(["INBOX"]).told["INBOX"]
        assert (told.uidvalidity, told.uidnext, told.exists) == (7, 12, 3)
        assert until_news(found) == {"INBOX"}
        found.done()


def test_a_copy_is_not_filed_while_a_mailbox_is_open(scripted):
    with connect(scripted(courier)) as found:
        found.examine("Sent")
        found.append("Sent", b"From: a@example.com\n\nBody\n", NOON)
        found.examine("Sent")


def test_a_mailbox_that_cannot_be_closed_is_left_by_opening_another(scripted):
    def script(client):
        client.log_in(b"IMAP4rev1")
        client.accept(*SELECTED)
        assert client.accept(ok=b"BAD what") == b"CLOSE"
        assert client.accept(*SELECTED) == b'EXAMINE "INBOX"'
        _, command = client.hear()
        assert command.startswith(b'APPEND "Sent"')
        client.wait_for_the_end()

    with connect(scripted(script)) as found:
        found.examine("Sent")
        with failing(ConnectionTimeout):
            found.append("Sent", b"a", NOON)


class Mailboxes:
    """A server with IDLE whose other mailboxes have to be polled, or are reported by NOTIFY."""

    def __init__(self, *, notify=b"OK done", capabilities=b"IMAP4rev1 IDLE UNSELECT NOTIFY"):
        self.notify = notify
        self.capabilities = capabilities
        self.uidnext = {b'"Sent"': 5, b'"Drafts"': 2}
        self.told = threading.Event()
        self.said: list[bytes] = []
        self.push: list[bytes] = []

    def __call__(self, client):
        client.log_in(self.capabilities)
        while True:
            tag, command = client.hear()
            self.said.append(command)
            verb, _, rest = command.partition(b" ")
            if verb == b"EXAMINE":
                client.say(*SELECTED, tag + b" OK")
            elif verb == b"STATUS":
                name = rest.rpartition(b" (")[0]
                client.say(*self.status(name), tag + b" OK")
            elif verb == b"NOTIFY":
                client.say(tag + b" " + self.notify)
            elif verb == b"IDLE":
                client.raw(b"+ idling\r\n")
                if self.push:
                    self.told.wait(5)
                    client.say(*self.push)
                    self.push = []
                if client.hear()[0] != b"DONE":
                    return  # the client logs out
                client.say(tag + b" OK")
            else:
                client.say(tag + b" OK")

    def status(self, name):
        name = name.removesuffix(b" (UIDNEXT UIDVALIDITY)").partition(b" (")[0]
        return [b"* STATUS %b (UIDNEXT %d UIDVALIDITY 7)" % (name, self.uidnext[name])]


def test_the_notify_command_follows_rfc_5465(scripted):
    server = Mailboxes()
    with connect(scripted(server)) as found:
        assert found.watch(["INBOX", "Sent", "Drafts"]).pushed == {"INBOX", "Sent", "Drafts"}
        found.done()
    events = b"(MessageNew MessageExpunge)"
    asked = b'NOTIFY SET (selected %b) (mailboxes ("Sent" "Drafts") %b)' % (events, events)
    assert asked in server.said
    at = server.said.index(b"NOTIFY NONE")
    assert server.said[at + 1] == b"UNSELECT"


@pytest.mark.parametrize("refusal", [b"BAD what", b"NO [NOTIFICATIONOVERFLOW] too much"])
def test_a_refused_notify_leaves_the_wait_for_the_inbox(scripted, refusal):
    server = Mailboxes(notify=refusal)
    with connect(scripted(server)) as found:
        watched = found.watch(["INBOX", "Sent"])
        assert watched.pushed == {"INBOX"}
        assert watched.told["Sent"].uidnext == 5


def test_a_server_without_notify_is_polled_by_status(scripted):
    server = Mailboxes(capabilities=b"IMAP4rev1 IDLE UNSELECT")
    with connect(scripted(server)) as found:
        assert found.watch(["INBOX", "Sent"]).pushed == {"INBOX"}
        assert not found.look()
        server.uidnext[b'"Sent"'] = 6
        assert found.look() == {"Sent"}
        assert not found.look()
    assert not any(said.startswith(b"NOTIFY") for said in server.said)


def test_after_notification_overflow_any_mailbox_may_have_news(scripted):
    server = Mailboxes()
    server.push = [b"* OK [NOTIFICATIONOVERFLOW] ...A comment can go here..."]
    with connect(scripted(server)) as found:
        found.watch(["INBOX", "Sent"])
        server.told.set()
        assert until_news(found) == {"Sent"}
        found.done()
        assert found.watch(["INBOX", "Sent"]).pushed == {"INBOX"}


def test_a_status_without_changes_is_not_news(scripted):
    server = Mailboxes()
    server.push = [
        b'* STATUS "Sent" (MESSAGES 3 UIDNEXT 5 UIDVALIDITY 7)',
        b"* STATUS Elsewhere (UIDNEXT 99 UIDVALIDITY 7)",
        b"* STATUS Sent (MESSAGES 3)",
        b"* STATUS Sent (UIDNEXT 6 UIDVALIDITY 7)",
    ]
    with connect(scripted(server)) as found:
        found.watch(["INBOX", "Sent"])
        server.told.set()
        assert until_news(found) == {"Sent"}
        assert not found.news()
