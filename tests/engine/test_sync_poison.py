"""A message or mailbox that makes the server drop the connection blocks nothing else.

Everything is real except the mail server and the database, which are in memory. Batches are small,
so that a few mails make many of them.
"""

import pytest

from engine.errors import (
    ConnectionLost,
    ConnectionTimeout,
    Kind,
    LoginRefused,
    MailError,
    NothingDelivered,
    ProtocolViolation,
    ServerRefused,
)
from engine.sync.line import MAX_RECONNECTS
from engine.sync.run import run
from tests.engine.world import EVE, World, deliver_many, kept_up, synced

pytestmark = pytest.mark.usefixtures("small_batches")

MANY = 40
ENDINGS = [
    ConnectionLost("* BYE"),
    ConnectionTimeout("a byte a second"),
    ProtocolViolation("a literal of 4294967296 bytes"),
    ServerRefused("[CONTACTADMIN] go away", kind=Kind.SETUP, code="contact_admin"),
]
PARTS = ["poison", "header_poison"]

over_headers_and_bodies = pytest.mark.parametrize("part", PARTS, ids=["body", "headers"])
new_and_old = pytest.mark.parametrize("history", [True, False], ids=["first sync", "new mail"])


def poisoned(history, part, *uids, error=ENDINGS[0], mailbox="INBOX"):
    """A mailbox with many of Lea's mails, some of which drop every connection."""
    world = World() if history else kept_up()
    world.store.patient = True
    world.found = dict(enumerate((world.deliver(mailbox) for _ in range(MANY)), 1))
    getattr(world.server[mailbox], part).update(dict.fromkeys(uids, error))
    return world


def set_aside(world):
    return sorted(aside.failure.uid for aside in world.store.set_aside.values())


def healed(world):
    """The server is well again, and messages set aside are due."""
    for mailbox in world.server.mailboxes.values():
        for each in (mailbox.poison, mailbox.header_poison, mailbox.fails, mailbox.hidden):
            each.clear()
    world.store.patient = False
    synced(world, again=True)


# -- messages -------------------------------------------------------------------------------------


@new_and_old
@over_headers_and_bodies
@pytest.mark.parametrize("error", ENDINGS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("uid", [1, 2, 17, MANY])
def test_the_message_is_set_aside_and_the_others_are_read_in_the_same_run(
    history, part, error, uid
):
    world = poisoned(history, part, uid, error=error)
    report = world.sync(again=True)
    assert (report.problems, report.more) == ([], False)
    assert sorted(world.timeline()) == sorted(world.found[u] for u in world.found if u != uid)
    (aside,) = world.store.set_aside.values()
    assert (aside.failure.uid, aside.failure.code) == (uid, error.code)
    assert aside.failure.detail == error.detail
    assert world.store.state("INBOX").complete and world.store.state("INBOX").at_once == 0
    healed(world)
    assert sorted(world.timeline()) == sorted(world.found.values())
    assert world.store.set_aside == {}


@new_and_old
@over_headers_and_bodies
@pytest.mark.parametrize("uid", [1, 17, MANY])
def test_without_another_connection_it_takes_a_few_runs(history, part, uid):
    world = poisoned(history, part, uid)
    assert synced(world) <= 8
    assert set_aside(world) == [uid]
    assert len(world.timeline()) == MANY - 1


@new_and_old
@pytest.mark.parametrize("again", [True, False])
@pytest.mark.parametrize("unflushed", [1, 5, MANY])
def test_answers_lost_with_the_connection_blame_no_other_message(history, again, unflushed):
    world = poisoned(history, "header_poison", 17)
    world.server["INBOX"].unflushed = unflushed
    synced(world, again=again)
    assert set_aside(world) == [17]
    assert len(world.timeline()) == MANY - 1


@new_and_old
@over_headers_and_bodies
@pytest.mark.parametrize(
    "uids", [range(10, 16), range(1, 6), range(35, MANY + 1), range(3, MANY, 9)], ids=str
)
def test_several_messages_are_each_found(history, part, uids):
    world = poisoned(history, part, *uids)
    assert synced(world, again=True) <= len(uids)
    assert set_aside(world) == list(uids)
    assert len(world.timeline()) == MANY - len(uids)
    healed(world)
    assert sorted(world.timeline()) == sorted(world.found.values())


@new_and_old
@over_headers_and_bodies
def test_a_mailbox_of_only_such_messages_is_finished_if_another_mailbox_can_be_read(history, part):
    world = poisoned(history, part, *range(1, MANY + 1))
    sent = world.send()
    synced(world, again=True)
    assert set_aside(world) == list(range(1, MANY + 1))
    later = world.deliver()
    world.sync(again=True)
    assert world.timeline() == [sent, later]
    healed(world)
    assert sorted(world.timeline()) == sorted([*world.found.values(), sent, later])


@new_and_old
@over_headers_and_bodies
def test_if_no_message_can_be_read_none_is_blamed_until_one_can(history, part):
    world = poisoned(history, part, *range(1, MANY + 1))
    for _ in range(5):
        assert world.sync(again=True).problems
        assert set_aside(world) == []
    later = world.deliver()
    synced(world, again=True)
    assert world.timeline() == [later]
    assert set_aside(world) == list(range(1, MANY + 1))


@new_and_old
@over_headers_and_bodies
def test_the_only_message_in_a_mailbox_is_set_aside(history, part):
    world = World() if history else kept_up()
    world.deliver()
    getattr(world.server["INBOX"], part)[1] = ConnectionLost("* BYE")
    world.store.patient = True
    assert synced(world, again=True) == 1
    assert set_aside(world) == [1]


@over_headers_and_bodies
def test_a_retry_that_drops_the_connection_again_blocks_nothing_and_happens_once_a_run(part):
    world = poisoned(False, part, 3, 5, 30)
    synced(world, again=True)
    world.store.patient = False
    before = world.server.connections
    new, sent = world.deliver(), world.send()
    report = world.sync(again=True)
    assert report.problems == []
    assert {new, sent} <= {*world.timeline()}
    assert set_aside(world) == [3, 5, 30]
    assert world.server.connections - before == 2


@over_headers_and_bodies
def test_a_retry_with_nothing_new_beside_it_counts_once_another_message_has_come(part):
    world = poisoned(False, part, 3)
    synced(world, again=True)
    world.store.patient = False
    assert world.sync(again=True).problems == []
    (aside,) = world.store.set_aside.values()
    assert aside.attempts == 2


@over_headers_and_bodies
def test_a_retry_on_a_server_that_delivers_nothing_does_not_count(part):
    world = poisoned(False, part, 3)
    synced(world, again=True)
    world.store.patient = False
    command = {"poison": "FETCH BODY", "header_poison": "FETCH HEADER"}[part]
    for mailbox in world.server.mailboxes.values():
        mailbox.fails[command] = ConnectionLost("* BYE")
    for _ in range(3):
        assert world.sync(again=True).problems
    (aside,) = world.store.set_aside.values()
    assert aside.attempts == 1


def test_a_password_that_is_refused_when_connecting_again_is_tried_once():
    world = poisoned(True, "header_poison", 9)
    tried = []

    def refuse():
        tried.append(1)
        raise LoginRefused("changed meanwhile")

    with world.server.connect() as session, pytest.raises(LoginRefused):
        run(session, world.store, reconnect=refuse)
    assert len(tried) == 1


def test_a_message_in_sent_is_found_as_well():
    world = poisoned(True, "header_poison", 9, mailbox="Sent")
    received = deliver_many(world, 5)
    assert world.sync(again=True).problems == []
    assert set_aside(world) == [9]
    assert len(world.timeline()) == MANY - 1 + len(received)


# -- a server that ends them all ------------------------------------------------------------------


@new_and_old
@pytest.mark.parametrize("command", ["FETCH HEADER", "FETCH BODY", "SEARCH", "EXAMINE", "STATUS"])
def test_a_server_that_drops_every_connection_is_not_flooded_and_nothing_is_lost(history, command):
    world = poisoned(history, "poison")
    sent = [world.send() for _ in range(3)]
    for mailbox in world.server.mailboxes.values():
        mailbox.fails[command] = ConnectionLost("* BYE")
    for _ in range(3):
        before = world.server.connections
        try:
            report = world.sync(again=True)
        except MailError:
            pass
        else:
            assert report.problems or command == "STATUS"
        assert world.server.connections - before <= MAX_RECONNECTS + 1
    healed(world)
    assert sorted(world.timeline()) == sorted([*world.found.values(), *sent])
    assert world.store.set_aside == {}


@pytest.mark.parametrize("again", [True, False])
@pytest.mark.parametrize("command", ["SEARCH", "EXAMINE", "STATUS"])
@pytest.mark.parametrize("bad", ["INBOX", "Sent"])
def test_a_mailbox_that_drops_every_connection_does_not_block_the_others(again, command, bad):
    world = World()
    received, sent = deliver_many(world, 6), [world.send() for _ in range(6)]
    world.server[bad].fails[command] = ConnectionLost("* BYE")
    for _ in range(3):
        try:
            world.sync(again=again)
        except ConnectionLost:
            assert not again
    assert {*world.timeline()} >= {*(sent if bad == "INBOX" else received)}
    healed(world)
    assert sorted(world.timeline()) == sorted(received + sent)


@new_and_old
@over_headers_and_bodies
@pytest.mark.parametrize(
    "error",
    [
        ServerRefused("[UNAVAILABLE] UID FETCH Server error", code="unavailable"),
        ServerRefused("[LIMIT] not this one", kind=Kind.LIMIT, code="throttled"),
    ],
    ids=lambda error: error.code,
)
@pytest.mark.parametrize("ends", [True, False], ids=["BYE", "NO"])
def test_a_message_whose_refusal_looks_like_a_general_one_is_found_as_well(
    history, part, error, ends
):
    world = poisoned(history, part, 17, error=error)
    world.server["INBOX"].ends_over_refusals = ends
    for _ in range(12):
        try:
            world.sync(again=True)
        except ServerRefused:
            assert error.kind is Kind.LIMIT
    assert set_aside(world) == [17]
    assert len(world.timeline()) == MANY - 1


@pytest.mark.parametrize("command", ["SEARCH", "EXAMINE", "FETCH HEADER"])
def test_a_mailbox_that_refuses_a_command_does_not_block_the_others(command):
    world = World()
    received, sent = deliver_many(world, 6), [world.send() for _ in range(6)]
    world.server["INBOX"].fails[command] = ServerRefused("[UNAVAILABLE] later")
    report = world.sync()
    assert [(name, error.detail) for name, error in report.problems] == [
        ("INBOX", "[UNAVAILABLE] later")
    ]
    assert sorted(world.timeline()) == sorted(sent)
    assert world.store.set_aside == {}
    healed(world)
    assert sorted(world.timeline()) == sorted(received + sent)


def test_a_server_that_does_not_let_us_in_again_says_why():
    world = poisoned(True, "header_poison", 9)

    def refuse():
        raise ServerRefused("Too many connections", kind=Kind.LIMIT, code="too_many_connections")

    with world.server.connect() as session, pytest.raises(ServerRefused, match="too_many"):
        run(session, world.store, reconnect=refuse)
    assert synced(world, again=True)
    assert set_aside(world) == [9]


# -- a server that hands out nothing --------------------------------------------------------------


@new_and_old
def test_a_server_that_says_ok_but_delivers_nothing_is_a_problem_and_blames_no_message(history):
    world = poisoned(history, "poison")
    world.server["INBOX"].hidden = set(range(1, MANY + 1))
    for _ in range(3):
        report = world.sync(again=True)
        ((name, error),) = report.problems
        assert (name, type(error)) == ("INBOX", NothingDelivered)
        assert report.undelivered > 0
        assert world.store.set_aside == {}
    healed(world)
    assert sorted(world.timeline()) == sorted(world.found.values())


def test_a_message_withheld_while_others_are_delivered_is_to_blame():
    world = kept_up()
    old = world.deliver()
    world.sync()
    bad = [world.deliver() for _ in range(3)]
    world.server["INBOX"].hidden = {2, 3, 4}
    report = world.sync()
    assert (report.problems, report.undelivered) == ([], 0)
    assert set_aside(world) == [2, 3, 4]
    healed(world)
    assert sorted(world.timeline()) == sorted([old, *bad])


def test_nothing_new_is_not_nothing_delivered():
    world = kept_up()
    world.deliver(sender=EVE)
    world.sync()
    report = world.sync()
    assert (report.problems, report.undelivered) == ([], 0)
