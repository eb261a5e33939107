"""Servers that lie, stall, flood and give up. Each case has a budget, and keeps it."""

from __future__ import annotations

import base64
import contextlib
import re
import selectors
import socket
import ssl
import threading
import time

import pytest

from dev import certificates
from engine.errors import (
    CertificateUntrusted,
    ConnectionLost,
    ConnectionTimeout,
    InvalidSettings,
    Kind,
    LoginRefused,
    MailboxMissing,
    ProtocolViolation,
    ServerRefused,
    StarttlsGone,
    StarttlsMissing,
    Step,
    TlsError,
    TlsOnPlainPort,
)
from engine.imap import session
from engine.smtp import check as smtp
from engine.values import Credentials, Endpoint, Security

BUDGET = 0.6
WITHIN = 2 * BUDGET + 0.5  # a slow machine is no stalled client

GREETING = b"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hello\r\n"
SECRET = 'p4ss\\w"ord'
CREDENTIALS = Credentials("me@example.com", SECRET)

# A literal of four milliards of bytes, as an answer to whatever was asked.
HUGE = 4 * 1024**3


class Gone(Exception):
    """The client has closed the connection."""


class Client:
    """What a scripted server sees of its client."""

    def __init__(self, sock):
        self.sock = sock
        self.heard = b""

    def say(self, *lines: bytes):
        try:
            self.sock.sendall(b"".join(line + b"\r\n" for line in lines))
        except OSError:
            raise Gone from None

    def raw(self, data: bytes):
        try:
            self.sock.sendall(data)
        except OSError:
            raise Gone from None

    def hear(self) -> tuple[bytes, bytes]:
        """Return the tag and the rest of the next line."""
        line = bytearray()
        while not line.endswith(b"\r\n"):
            try:
                byte = self.sock.recv(1)
            except OSError:
                raise Gone from None
            if not byte:
                raise Gone
            line += byte
        self.heard += line
        tag, _, rest = bytes(line[:-2]).partition(b" ")
        return tag, rest

    def hear_bytes(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            data += self.sock.recv(count - len(data))
        self.heard += data
        return data

    def accept(self, *untagged: bytes, ok: bytes = b"OK done") -> bytes:
        """Answer the next command well, and return it."""
        tag, command = self.hear()
        self.say(*untagged, tag + b" " + ok)
        return command

    def log_in(self, capabilities: bytes = b"IMAP4rev1"):
        self.raw(GREETING)
        self.accept(ok=b"OK [CAPABILITY " + capabilities + b"] in")

    def start_tls(self, certificate=certificates.SELF_SIGNED):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate / "certificate.pem", certificate / "key.pem")
        try:
            self.sock = context.wrap_socket(self.sock, server_side=True)
        except OSError:
            raise Gone from None

    def wait_for_the_end(self):
        with contextlib.suppress(Gone):
            while True:
                self.hear()


class Scripted:
    """A server on a port of its own that plays one script to every client."""

    def __init__(self, script):
        self.script = script
        self.clients: list[Client] = []
        self.failure = None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def endpoint(self, **settings):
        settings = {"implicit_tls": False, "plain_allowed": True, **settings}
        return Endpoint("127.0.0.1", self.listener.getsockname()[1], **settings)

    @property
    def heard(self) -> bytes:
        return b"".join(client.heard for client in self.clients)

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self.listener.accept()
                sock.settimeout(5)
                threading.Thread(target=self._play, args=(Client(sock),), daemon=True).start()

    def _play(self, client):
        self.clients.append(client)
        try:
            self.script(client)
        except Gone:
            pass
        except Exception as error:  # told to the test by the fixture
            self.failure = error
        finally:
            client.sock.close()

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


@pytest.fixture
def scripted():
    made = []

    def make(script) -> Scripted:
        made.append(Scripted(script))
        return made[-1]

    yield make
    for server in made:
        server.close()
        assert server.failure is None


def connect(server, credentials=CREDENTIALS, **settings):
    return session.connect(server.endpoint(**settings), credentials, budget=BUDGET, patience=BUDGET)


@contextlib.contextmanager
def failing(error_class, /, **attributes):
    """The block fails as it says, in time, and says nothing of the password."""
    began = time.monotonic()
    with pytest.raises(error_class) as caught:
        yield caught
    assert time.monotonic() - began < WITHIN
    error = caught.value
    assert type(error) is error_class
    assert {name: getattr(error, name) for name in attributes} == attributes
    for secret in (SECRET, base64.b64encode(SECRET.encode()).decode()):
        assert secret not in str(error) + repr(error)


# -- before the login ------------------------------------------------------------------------


def silence(client):
    client.wait_for_the_end()


def drip(client):
    for byte in GREETING * 100:
        client.raw(bytes([byte]))
        time.sleep(0.05)


@pytest.mark.parametrize("script", [silence, drip])
def test_a_server_that_does_not_greet(scripted, script):
    with failing(ConnectionTimeout):
        connect(scripted(script))


def test_a_server_that_does_not_answer_the_handshake(scripted):
    with failing(ConnectionTimeout, step=Step.TLS):
        connect(scripted(silence), implicit_tls=True)


def test_a_server_that_greets_and_goes_silent(scripted):
    def script(client):
        client.raw(GREETING)
        client.wait_for_the_end()

    with failing(ConnectionTimeout, step=Step.LOGIN):
        connect(scripted(script))


def test_a_server_that_hangs_up_at_once(scripted):
    with failing(ConnectionLost, step=Step.CONNECTION):
        connect(scripted(lambda client: None))


def test_a_server_of_another_protocol(scripted):
    with failing(ProtocolViolation, code="not_imap"):
        connect(scripted(lambda client: client.say(b"220 mail.example.com ESMTP")))


def test_a_server_that_is_full(scripted):
    words = b"* BYE [ALERT] Too many simultaneous connections. (Failure)"
    with failing(ServerRefused, kind=Kind.LIMIT, code="too_many_connections"):
        connect(scripted(lambda client: client.say(words)))


def test_a_server_that_says_goodbye_instead_of_hello(scripted):
    with failing(ConnectionLost, detail="So long"):
        connect(scripted(lambda client: client.say(b"* BYE So long")))


def test_nobody_is_logged_in_by_the_server_itself(scripted):
    server = scripted(lambda client: client.say(b"* PREAUTH [CAPABILITY IMAP4rev1] welcome"))
    with failing(ProtocolViolation, code="preauth"):
        connect(server)
    assert server.heard == b""


def test_plain_text_to_a_port_that_wants_tls_is_told_from_silence(scripted):
    def script(client):
        client.start_tls()

    with failing(TlsError, code="plain_on_tls_port"):
        connect(scripted(script))


def test_tls_to_a_port_that_speaks_plain_text(scripted):
    with failing(TlsOnPlainPort):
        connect(scripted(lambda client: client.raw(GREETING)), implicit_tls=True)


# -- STARTTLS --------------------------------------------------------------------------------

OFFER = b"* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] hello"
NO_OFFER = b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hello"


def without_starttls(client):
    client.say(NO_OFFER)
    client.wait_for_the_end()


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"starttls_required": True}, StarttlsGone),
        ({"starttls_required": True, "plain_allowed": False}, StarttlsGone),
        ({"pin": True, "fingerprint": "00" * 32}, StarttlsGone),
        ({"plain_allowed": False}, StarttlsMissing),
    ],
)
def test_a_password_is_not_sent_where_starttls_was_stripped(scripted, settings, error):
    server = scripted(without_starttls)
    with failing(error):
        connect(server, **settings)
    assert b"LOGIN" not in server.heard and b"AUTH" not in server.heard


@pytest.mark.parametrize("refusal", [b"NO not now", b"BAD what"])
def test_a_password_is_not_sent_where_starttls_is_offered_and_refused(scripted, refusal):
    def script(client):
        client.say(OFFER)
        client.accept(ok=refusal)
        client.wait_for_the_end()

    server = scripted(script)
    with failing(ServerRefused, step=Step.TLS):
        connect(server)
    assert b"LOGIN" not in server.heard.replace(b"LOGOUT", b"")


def test_answers_injected_before_tls_are_noticed(scripted):
    def script(client):
        client.say(OFFER)
        tag, _ = client.hear()
        client.say(tag + b" OK begin", b"* CAPABILITY IMAP4rev1 AUTH=PLAIN", b"A2 OK", b"A3 OK")
        client.wait_for_the_end()

    server = scripted(script)
    with failing(ProtocolViolation, code="starttls_injection", step=Step.TLS):
        connect(server)
    assert b"AUTH" not in server.heard and b"LOGIN " not in server.heard


def test_what_was_said_before_tls_is_asked_again(scripted):
    """The mechanisms on offer in plain text are anybody's."""

    def script(client):
        client.say(b"* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN SASL-IR] hello")
        client.accept()
        client.start_tls()
        assert client.accept(b"* CAPABILITY IMAP4rev1 LITERAL+") == b"CAPABILITY"
        assert client.hear()[1].startswith(b"LOGIN ")

    with failing(ConnectionLost, step=Step.LOGIN):
        connect(scripted(script), pin=True)


def test_a_certificate_nobody_vouches_for_after_starttls(scripted):
    def script(client):
        client.say(OFFER)
        client.accept()
        client.start_tls()
        client.wait_for_the_end()

    server = scripted(script)
    with failing(CertificateUntrusted):
        connect(server)
    assert b"LOGIN " not in server.heard


# -- the login -------------------------------------------------------------------------------


def login_answer(answer: bytes):
    def script(client):
        client.raw(GREETING)
        client.accept(ok=answer)
        client.wait_for_the_end()

    return script


@pytest.mark.parametrize(
    "answer",
    [
        b"NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)",
        b"NO [AUTHORIZATIONFAILED] not you",
        b"NO [EXPIRED] too old",
        b"NO LOGIN failed.",
    ],
)
def test_a_wrong_password_is_called_one(scripted, answer):
    with failing(LoginRefused, kind=Kind.CRED, step=Step.LOGIN):
        connect(scripted(login_answer(answer)))


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"NO [UNAVAILABLE] Temporary authentication failure.", Kind.TRANS),
        (b"NO [INUSE] busy", Kind.LIMIT),
        (b"NO [LIMIT] enough", Kind.LIMIT),
        (b"NO [SERVERBUG] Internal error", Kind.TRANS),
        (b"NO [OVERQUOTA] Account exceeded command or bandwidth limits", Kind.LIMIT),
        (b"NO Too many login attempts", Kind.LIMIT),
        (b"NO [ALERT] Too many simultaneous connections. (Failure)", Kind.LIMIT),
        (b"NO who knows", Kind.TRANS),
    ],
)
def test_what_is_no_wrong_password_is_not_called_one(scripted, answer, kind):
    with failing(ServerRefused, kind=kind, step=Step.LOGIN):
        connect(scripted(login_answer(answer)))


def test_the_pause_that_a_server_asks_for_is_kept(scripted):
    answer = b"BAD Request is throttled. Suggested Backoff Time: 297000 milliseconds"
    with failing(ServerRefused, kind=Kind.LIMIT, retry_after=297.0):
        connect(scripted(login_answer(answer)))


@pytest.mark.parametrize("words", [b"", b"* BYE Session expired, please login again\r\n"])
def test_a_connection_that_ends_during_the_login_is_not_a_wrong_password(scripted, words):
    def script(client):
        client.raw(GREETING)
        client.hear()
        client.raw(words)

    with failing(ConnectionLost, step=Step.LOGIN):
        connect(scripted(script))


def test_a_server_that_echoes_the_password_has_it_taken_out(scripted):
    def script(client):
        client.raw(GREETING)
        tag, command = client.hear()
        client.say(tag + b" NO LOGIN failed for " + SECRET.encode() + b" " + command)

    with failing(LoginRefused) as caught:
        connect(scripted(script))
    assert "LOGIN failed for •••" in caught.value.detail


def test_a_server_that_takes_no_password_is_not_given_one(scripted):
    def script(client):
        client.say(b"* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2 LOGINDISABLED] hello")
        client.wait_for_the_end()

    server = scripted(script)
    with failing(TlsError, code="plaintext_disallowed", step=Step.LOGIN):
        connect(server)
    assert b"LOGIN " not in server.heard and b"AUTH" not in server.heard


def test_a_server_that_takes_no_password_over_tls_either(scripted):
    def script(client):
        client.start_tls()
        client.say(b"* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2 LOGINDISABLED] hello")
        client.wait_for_the_end()

    server = scripted(script)
    with failing(ServerRefused, code="password_sign_in_off", kind=Kind.SETUP):
        connect(server, implicit_tls=True, pin=True)
    assert b"LOGIN " not in server.heard


PASSWORDS = ['with "quotes"', "back\\slash", " spaces ", "é", "密", "{5}", "a%b*c(d)e", '\\"']


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize(
    "capabilities", [b"IMAP4rev1", b"IMAP4rev1 LITERAL+", b"IMAP4rev1 LITERAL-"]
)
def test_login_carries_any_password(scripted, capabilities, password):
    def script(client):
        client.say(b"* OK [CAPABILITY " + capabilities + b"] hello")
        tag, command = client.hear()
        arguments = []
        rest = command.removeprefix(b"LOGIN ")
        while rest:
            if found := re.fullmatch(rb"\{(\d+)(\+?)\}", rest):
                if not found[2]:
                    client.raw(b"+\r\n")
                arguments.append(client.hear_bytes(int(found[1])))
                rest = b" ".join(client.hear()).strip()
            else:
                found = re.match(rb'"((?:[^"\\]|\\["\\])*)" ?', rest)
                arguments.append(re.sub(rb"\\(.)", rb"\1", found[1]))
                rest = rest[found.end() :]
        assert arguments == [b"me", password.encode()]
        client.say(tag + b" OK")
        client.wait_for_the_end()

    with connect(scripted(script), Credentials("me", password)) as found:
        assert found.connected.security is Security.PLAIN


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize("initial", [b" SASL-IR", b""])
def test_authenticate_carries_any_password(scripted, initial, password):
    def script(client):
        client.say(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN" + initial + b"] hello")
        tag, command = client.hear()
        secret = command.removeprefix(b"AUTHENTICATE PLAIN").strip()
        if not initial:
            assert not secret
            client.raw(b"+\r\n")  # some send no space after it
            secret, _ = client.hear()
        assert base64.b64decode(secret) == b"\0me\0" + password.encode()
        client.say(tag + b" OK")  # and no text after that
        client.wait_for_the_end()

    connect(scripted(script), Credentials("me", password)).close()


@pytest.mark.parametrize("bad", ["a\r\nA9 DELETE INBOX", "a\nb", "a\rb", "a\0b", "\udcff"])
def test_a_line_break_in_any_field_is_refused_and_nothing_is_sent(scripted, bad):
    server = scripted(silence)
    endpoint = server.endpoint()
    for where, who in (
        (endpoint, Credentials(bad, "x")),
        (endpoint, Credentials("x", bad)),
        (Endpoint(f"127.0.0.1{bad}", endpoint.port), Credentials("x", "x")),
    ):
        for ask in (session.connect, smtp.check):
            with failing(InvalidSettings):
                ask(where, who, budget=BUDGET)
    assert server.clients == []


def test_capabilities_that_come_only_after_the_login_are_used(scripted):
    def script(client):
        client.say(b"* OK hello")
        assert client.accept(b"* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR") == b"CAPABILITY"
        client.accept()
        assert client.accept(b"* CAPABILITY IMAP4rev1 ESEARCH") == b"CAPABILITY"
        tag, command = client.hear()
        assert command == b"UID SEARCH RETURN (ALL) UID 1:9"
        client.say(b'* ESEARCH (TAG "' + tag + b'") UID ALL 2,5:7', tag + b" OK")
        client.wait_for_the_end()

    with connect(scripted(script)) as found:
        assert found.search(1, 9) == [2, 5, 6, 7]


def test_a_server_that_wants_our_name_first_is_told_it(scripted):
    """NetEase's servers answer EXAMINE with "Unsafe Login" to who has not sent ID (RFC 2971)."""

    def script(client):
        client.log_in(b"IMAP4rev1 ID X-CM-EXT-1")
        assert client.accept(b"* ID NIL").startswith(b'ID ("name"')
        assert client.accept(b"* 3 EXISTS") == b'EXAMINE "INBOX"'
        assert client.accept(b"* 4 EXISTS") == b'EXAMINE "INBOX"'
        client.wait_for_the_end()

    with connect(scripted(script)) as found:
        assert found.examine("INBOX").exists == 3
        assert found.examine("INBOX").exists == 4


# -- afterwards ------------------------------------------------------------------------------


def after_login(*actions, capabilities=b"IMAP4rev1"):
    """A server that lets in, waits for a command, and then does what each action does."""

    def script(client):
        client.log_in(capabilities)
        tag, _ = client.hear()
        for action in actions:
            if callable(action):
                action(client, tag)
            else:
                client.raw(action.replace(b"TAG", tag))
        client.wait_for_the_end()

    return script


def hang_up(client, tag):
    client.sock.shutdown(socket.SHUT_RDWR)
    raise Gone


def drip_on(client, tag):
    for _ in range(200):
        client.raw(b"*")
        time.sleep(0.05)


def flood(line):
    def pour(client, tag):
        while True:
            client.raw(line * 1000)

    return pour


FETCH = b"* 1 FETCH (UID 1 RFC822.SIZE 10 BODY[HEADER.FIELDS (FROM)] {%d}\r\n"


@pytest.mark.parametrize(
    ("actions", "error"),
    [
        pytest.param([], ConnectionTimeout, id="silent"),
        pytest.param([drip_on], ConnectionTimeout, id="drips"),
        pytest.param([b"* BYE gone\r\n", hang_up], ConnectionLost, id="says goodbye"),
        pytest.param([hang_up], ConnectionLost, id="hangs up"),
        pytest.param([FETCH % 100 + b"From: x", hang_up], ConnectionLost, id="ends in a literal"),
        pytest.param([FETCH % 100 + b"From: x"], ConnectionTimeout, id="stalls in a literal"),
        pytest.param([FETCH % HUGE], ProtocolViolation, id="announces 4 GB"),
        pytest.param([FETCH % 10**30], ProtocolViolation, id="announces more than there is"),
        pytest.param([flood(b"* OK still here\r\n")], ProtocolViolation, id="untagged for ever"),
        pytest.param([flood(b"* 1 EXPUNGE\r\n")], ProtocolViolation, id="expunges for ever"),
        pytest.param([flood(b"+ go on\r\n")], ProtocolViolation, id="continues for ever"),
        pytest.param([b"* " + b"x" * 3_000_000], ProtocolViolation, id="a line without end"),
        pytest.param([b"* LIST ({1}\r\nx" * 200], ProtocolViolation, id="literals for ever"),
        pytest.param([b"ZZZ OK\r\n"], ProtocolViolation, id="another's tag"),
        pytest.param([b"\x00\xff\r\n"], ProtocolViolation, id="garbage"),
        pytest.param([b"TAG NO [UNAVAILABLE] later\r\n"], ServerRefused, id="refuses for now"),
    ],
)
def test_a_fetch_ends_in_time_and_so_does_the_session(scripted, actions, error):
    with connect(scripted(after_login(*actions))) as found:
        with failing(error):
            list(found.headers([(1, 10)]))
        if error is not ServerRefused:
            with failing(ConnectionLost):
                found.examine("INBOX")


@pytest.mark.parametrize(
    "ask",
    [
        lambda found: found.status(["INBOX"]),
        lambda found: found.examine("INBOX"),
        lambda found: found.search(1, 9),
        lambda found: found.folders(),
        lambda found: list(found.bodies([1])),
        lambda found: found.find("INBOX", "Message-ID", "x"),
        lambda found: found.append("INBOX", b"x", session.datetime.now()),
    ],
)
@pytest.mark.parametrize(
    ("actions", "error"), [([], ConnectionTimeout), ([b"* BYE\r\n", hang_up], ConnectionLost)]
)
def test_every_command_ends_in_time(scripted, ask, actions, error):
    with connect(scripted(after_login(*actions))) as found, failing(error):
        ask(found)


def test_a_search_that_claims_four_milliards_of_mails(scripted):
    answer = b'* ESEARCH (TAG "TAG") UID ALL 1:4294967295\r\nTAG OK\r\n'
    script = after_login(answer, capabilities=b"IMAP4rev1 ESEARCH")
    with connect(scripted(script)) as found, failing(ProtocolViolation):
        found.search(1, 2**32 - 1)


@pytest.mark.parametrize(
    "answer", [b"NO [CANNOT] no such search key", b"BAD Unknown argument", b"NO Search failed"]
)
def test_a_server_that_cannot_search_for_an_address_is_no_failure(scripted, answer):
    def script(client):
        client.log_in()
        tag, _ = client.hear()
        client.say(tag + b" " + answer)
        client.accept(b"* SEARCH 1 2")
        client.wait_for_the_end()

    with connect(scripted(script)) as found:
        assert found.mentioning(1, 9, ["lea@client.example"]) is None
        assert found.search(1, 9) == [1, 2]


def test_a_search_that_is_refused_for_its_cost_is_a_limit(scripted):
    refused = b"TAG NO [LIMIT] Too many searches\r\n"
    with connect(scripted(after_login(refused))) as found, failing(ServerRefused, kind=Kind.LIMIT):
        found.mentioning(1, 9, ["lea@client.example"])


@pytest.mark.parametrize("email", ["léa@client.example", "lea\r\n@client.example", "l" * 2000])
def test_an_address_that_no_server_could_search_for_is_not_sent_to_it(scripted, email):
    with connect(scripted(after_login())) as found:
        assert found.mentioning(1, 9, ["lea@client.example", email]) is None


def test_a_list_that_does_not_fit_into_memory(scripted):
    line = b'* LIST () "/" "' + b"x" * 100_000 + b'"\r\n'
    with connect(scripted(after_login(flood(line)))) as found, failing(ProtocolViolation):
        found.folders()


def test_a_line_of_search_may_be_longer_than_others(scripted):
    numbers = b" ".join(b"%d" % number for number in range(1_000_000, 1_300_000))
    with connect(scripted(after_login(b"* SEARCH " + numbers + b"\r\nTAG OK\r\n"))) as found:
        assert len(found.search(1, 2**32 - 1)) == 300_000


def test_a_bandwidth_limit_within_a_fetch_is_a_limit(scripted):
    bye = b"* BYE [OVERQUOTA] Account exceeded command or bandwidth limits\r\n"
    server = scripted(after_login(bye, hang_up))
    with connect(server) as found, failing(ServerRefused, kind=Kind.LIMIT):
        list(found.headers([(1, 10)]))


def test_what_nobody_asked_for_is_passed_over(scripted):
    header = b"From: a@example.com\r\n\r\n"
    answer = (
        b"* 7 EXISTS\r\n* 3 EXPUNGE\r\n* OK [ALERT] Mind the {5}\r\n"
        b"* 2 FETCH (FLAGS (\\Seen))\r\n* 9 FETCH (UID 9 FLAGS (\\Seen))\r\n"
        b"* 99 FETCH (UID 99 BODY[HEADER.FIELDS (FROM)] {%d}\r\n%b)\r\n"
        b"* 1 FETCH (UID 5 FLAGS (\\Seen kw) RFC822.SIZE 0 BODY[HEADER.FIELDS (FROM)] {%d}\r\n"
        b"%b)\r\n"
        b"* VANISHED 1:3\r\n+ what?\r\nTAG OK\r\n"
    ) % (len(header), header, len(header), header)
    with connect(scripted(after_login(answer))) as found:
        [only] = found.headers([(1, 10)])
    assert (only.uid, only.size, only.internaldate, only.raw) == (5, None, None, header)


def test_a_message_that_the_server_cannot_read_does_not_keep_the_others(scripted):
    """zammad#2754: one bad mail and nothing behind it is ever read."""
    asked = []

    def script(client):
        client.log_in()
        with contextlib.suppress(Gone):
            while True:
                tag, command = client.hear()
                if not command.startswith(b"UID FETCH"):
                    client.say(tag + b" OK")
                    continue
                lo, _, hi = command.split()[2].partition(b":")
                uids = range(int(lo), int(hi or lo) + 1)
                asked.append(len(uids))
                for uid in [] if 13 in uids else uids:
                    client.say(b"* %d FETCH (UID %d BODY[HEADER.FIELDS (FROM)] {2}" % (uid, uid))
                    client.raw(b"\r\n)\r\n")
                refused = b" NO [SERVERBUG] Internal error occurred."
                client.say(tag + (refused if 13 in uids else b" OK"))

    with connect(scripted(script)) as found:
        uids = sorted(header.uid for header in found.headers([(1, 50)]))
    assert uids == [uid for uid in range(1, 51) if uid != 13]
    assert len(asked) <= 13


def test_the_headers_before_a_message_that_ends_the_connection_are_had(scripted):
    header = b"* %d FETCH (UID %d BODY[HEADER.FIELDS (FROM)] {2}\r\n\r\n)\r\n"
    answers = [header % (uid, uid) for uid in (1, 2)]
    uids = []
    with connect(scripted(after_login(*answers, hang_up))) as found, failing(ConnectionLost):
        uids.extend(each.uid for each in found.headers([(1, 10)]))
    assert uids == [1, 2]


def test_a_server_that_refuses_every_message_is_at_fault_itself(scripted):
    def script(client):
        client.log_in()
        while True:
            tag, _ = client.hear()
            client.say(tag + b" NO [SERVERBUG] Internal error occurred.")

    with connect(scripted(script)) as found, failing(ServerRefused, kind=Kind.TRANS):
        list(found.headers([(1, 500)]))


def test_a_mailbox_that_refuses_to_be_opened_says_why(scripted):
    refusal = b"TAG NO [CANNOT] Mailbox isn't a valid mbox file\r\n"
    words = "[CANNOT] Mailbox isn't a valid mbox file"
    with connect(scripted(after_login(refusal))) as found, failing(MailboxMissing, detail=words):
        found.examine("Phantom")


def test_numbers_that_are_zero_or_missing_are_none(scripted):
    def script(client):
        client.log_in()
        client.accept(b"* STATUS INBOX (UIDNEXT 0 UIDVALIDITY 0)")
        client.accept(b'* STATUS "Sent" (UIDVALIDITY 99999999999)')
        client.accept(b"* STATUS {5}\r\nDra (f (UIDNEXT 7 UIDVALIDITY 8)")
        client.accept()  # no answer but OK
        client.accept(b"* 0 EXISTS", b"* OK [UIDVALIDITY 0] ?")
        client.wait_for_the_end()

    with connect(scripted(script)) as found:
        told = found.status(["INBOX", "Sent", "Dra (f", "Mute"])
        examined = found.examine("INBOX")
    assert [(each.uidnext, each.uidvalidity) for each in told.values()] == [
        (None, None),
        (None, None),
        (7, 8),
        (None, None),
    ]
    assert (examined.uidvalidity, examined.uidnext, examined.exists) == (None, None, 0)


def test_a_message_above_the_servers_limit_is_not_sent_to_it(scripted):
    server = scripted(after_login(capabilities=b"IMAP4rev1 APPENDLIMIT=1000"))
    with connect(server) as found, failing(ServerRefused, code="copy_too_large", kind=Kind.MSG):
        found.append("Sent", b"x" * 1001, session.datetime.now())
    assert b"APPEND" not in server.heard


def test_a_literal_waits_for_the_servers_leave(scripted):
    message = b"Subject: x\r\n\r\nbody\r\n"

    def script(client):
        client.log_in()
        tag, command = client.hear()
        assert command.endswith(b"{%d}" % len(message))
        client.sock.setblocking(False)
        with pytest.raises(BlockingIOError):
            client.sock.recv(1)
        client.sock.settimeout(5)
        client.raw(b"* 3 EXISTS\r\n+\r\n")
        assert client.hear_bytes(len(message) + 2) == message + b"\r\n"
        client.say(tag + b" OK")
        client.wait_for_the_end()

    with connect(scripted(script)) as found:
        found.append("Sent", message, session.datetime.now())


def test_a_logout_is_said_and_not_waited_for(scripted):
    said = threading.Event()

    def script(client):
        client.log_in()
        assert client.hear()[1] == b"LOGOUT"
        said.set()
        client.wait_for_the_end()

    found = connect(scripted(script))
    began = time.monotonic()
    found.close()
    assert time.monotonic() - began < 0.2
    assert said.wait(5)


def test_an_address_that_is_not_allowed_is_not_connected_to(scripted):
    server, asked = scripted(silence), []
    with failing(InvalidSettings, code="host_not_allowed", step=Step.LOOKUP):
        session.connect(
            server.endpoint(), CREDENTIALS, budget=BUDGET, allow=lambda ip: bool(asked.append(ip))
        )
    assert asked == ["127.0.0.1"] and server.clients == []


def test_a_lookup_that_does_not_come_back_is_left_behind(scripted, monkeypatch):
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: released.wait(5) and [])
    with failing(ConnectionTimeout, step=Step.LOOKUP):
        connect(scripted(silence))
    released.set()


def test_the_second_address_is_tried_when_the_first_is_a_black_hole(scripted, monkeypatch):
    server = scripted(lambda client: (client.log_in(), client.wait_for_the_end()))
    full = socket.create_server(("127.0.0.1", 0), backlog=0)  # takes one more, then drops
    fillers = [socket.socket() for _ in range(3)]
    for filler in fillers:
        filler.setblocking(False)
        filler.connect_ex(full.getsockname())
    addresses = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", address)
        for address in (full.getsockname(), server.listener.getsockname())
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: addresses)
    connect(server).close()
    for each in (full, *fillers):
        each.close()


# -- IDLE ------------------------------------------------------------------------------------

SELECTED = (b"* 3 EXISTS", b"* OK [UIDVALIDITY 7] .", b"* OK [UIDNEXT 12] .")


def idle_script(play, *before: bytes, go_ahead: bytes = b"+ idling\r\n"):
    """Log in, open the mailbox, say something before the wait begins; then play."""

    def script(client):
        client.log_in(b"IMAP4rev1 IDLE")
        assert client.accept(*SELECTED).startswith(b"EXAMINE")
        client.tag, command = client.hear()
        assert command == b"IDLE"
        client.say(*before)
        client.raw(go_ahead)
        play(client)
        client.wait_for_the_end()

    return script


def until_news(found, seconds=WITHIN):
    until = time.monotonic() + seconds
    while not (news := found.news()) and time.monotonic() < until:
        time.sleep(0.005)
    return news


def nothing(client):
    pass


def test_a_continuation_of_idle_without_a_space(scripted):
    with connect(scripted(idle_script(nothing, go_ahead=b"+\r\n"))) as found:
        assert found.idle("INBOX").uidnext == 12
        assert not found.news()


def test_a_mail_that_comes_just_before_the_wait_begins_is_news(scripted):
    """What is told between EXAMINE and the continuation is in no snapshot."""
    with connect(scripted(idle_script(nothing, b"* 4 EXISTS", b"* 1 RECENT"))) as found:
        assert found.idle("INBOX").exists == 3
        assert until_news(found)
        assert not found.news()


def test_a_mail_that_is_told_together_with_the_continuation_is_news(scripted):
    script = idle_script(nothing, go_ahead=b"+ idling\r\n* 4 EXISTS\r\n")
    with connect(scripted(script)) as found:
        found.idle("INBOX")
        assert until_news(found)


CHAT = [
    b"* OK Still here",
    b"* 2 FETCH (FLAGS (\\Seen))",
    b"* 2 EXPUNGE",
    b"* 1 RECENT",
    b"* FLAGS (\\Seen)",
    b'* LIST () "/" {5}\r\nDraft',
    b"* OK 4 EXISTS is a thing to say",
    b"+ still idling",
]


def test_what_is_no_new_mail_is_no_news(scripted):
    told = threading.Event()

    def play(client):
        client.say(*CHAT)
        told.wait(5)
        client.say(b"* 4 EXISTS")

    with connect(scripted(idle_script(play))) as found:
        found.idle("INBOX")
        before = found.wire.bytes_in
        while found.wire.bytes_in == before:
            assert not found.news()
        assert not until_news(found, seconds=0.2)
        told.set()
        assert until_news(found)


def test_news_that_come_a_byte_at_a_time(scripted):
    def play(client):
        for byte in b'* LIST () "/" {5}\r\nDraft\r\n* 4 EXISTS\r\n':
            client.raw(bytes([byte]))
            time.sleep(0.002)

    with connect(scripted(idle_script(play))) as found:
        found.idle("INBOX")
        assert until_news(found)


def test_news_over_tls_are_not_left_in_openssl(scripted):
    """Many lines in one TLS record: no selector would tell of the rest of it."""

    def play(client):
        client.say(*[b"* 2 FETCH (FLAGS ())"] * 500, b"* 4 EXISTS")

    def script(client):
        client.start_tls()
        idle_script(play)(client)

    with connect(scripted(script), implicit_tls=True, pin=True) as found:
        found.idle("INBOX")
        with selectors.DefaultSelector() as ready:
            ready.register(found, selectors.EVENT_READ)
            news = False
            while not news:
                assert ready.select(5), "the selector was not told"
                news = found.news()


def test_a_line_without_end_is_not_kept(scripted):
    def play(client):
        client.raw(b"* OK ")
        while True:
            client.raw(b"x" * 4096)

    with connect(scripted(idle_script(play))) as found:
        found.idle("INBOX")
        with failing(ProtocolViolation):
            until_news(found)
        with failing(ConnectionLost):
            found.done()


def test_a_huge_literal_is_not_waited_for(scripted):
    def play(client):
        client.raw(b"* 1 FETCH (BODY[] {1000000}\r\n")
        while True:
            client.raw(b"x" * 4096)

    with connect(scripted(idle_script(play))) as found:
        found.idle("INBOX")
        with failing(ProtocolViolation):
            until_news(found)


def test_a_flood_of_chatter_ends(scripted, monkeypatch):
    monkeypatch.setattr(session, "MAX_CHATTER", 5000)

    def play(client):
        while True:
            client.raw(b"* OK Still here\r\n" * 100)

    with connect(scripted(idle_script(play))) as found:
        found.idle("INBOX")
        with failing(ProtocolViolation):
            until_news(found)


@pytest.mark.parametrize(
    ("words", "error", "attributes"),
    [
        (b"* BYE Autologout; idle for too long\r\n", ConnectionLost, {}),
        (
            b"* BYE [OVERQUOTA] Account exceeded command or bandwidth limits\r\n",
            ServerRefused,
            {"kind": Kind.LIMIT},
        ),
        (b"", ConnectionLost, {}),
        (b"* OK [ALERT", ConnectionLost, {}),
    ],
)
def test_a_connection_that_ends_during_the_wait_says_why(scripted, words, error, attributes):
    def play(client):
        client.raw(words)
        raise Gone

    with connect(scripted(idle_script(play))) as found:
        found.idle("INBOX")
        with failing(error, **attributes):
            until_news(found)
        with failing(ConnectionLost):
            found.status(["INBOX"])


@pytest.mark.parametrize("end", [b"OK done", b"BAD", b"NO [UNAVAILABLE] later"])
def test_a_wait_that_the_server_ends_by_itself_is_over(scripted, end):
    def play(client):
        client.say(client.tag + b" " + end)

    with connect(scripted(idle_script(play))) as found:
        found.idle("INBOX")
        with failing(ConnectionLost):
            until_news(found)


@pytest.mark.parametrize("refusal", [b"NO not today", b"BAD what", b"BAD [CLIENTBUG] IDLE"])
def test_idle_that_is_offered_and_refused_is_none(scripted, refusal):
    def script(client):
        client.log_in(b"IMAP4rev1 IDLE")
        client.accept(*SELECTED)
        client.accept(ok=refusal)
        client.accept(b"* STATUS INBOX (UIDNEXT 12 UIDVALIDITY 7)")
        client.wait_for_the_end()

    with connect(scripted(script)) as found:
        assert found.idle("INBOX") is None
        assert found.status(["INBOX"])["INBOX"].uidnext == 12


@pytest.mark.parametrize("refusal", [b"NO [LIMIT] too many", b"NO [UNAVAILABLE] later"])
def test_idle_that_is_refused_for_now_is_no_server_without_it(scripted, refusal):
    def script(client):
        client.log_in(b"IMAP4rev1 IDLE")
        client.accept(*SELECTED)
        client.accept(ok=refusal)
        client.wait_for_the_end()

    with connect(scripted(script)) as found, failing(ServerRefused):
        found.idle("INBOX")


def test_idle_that_is_not_offered_is_not_asked_for(scripted):
    server = scripted(lambda client: (client.log_in(), client.wait_for_the_end()))
    with connect(server) as found:
        assert not found.can_idle
        assert found.idle("INBOX") is None
    assert b"IDLE" not in server.heard and b"EXAMINE" not in server.heard


def test_idle_is_a_part_of_imap4rev2(scripted):
    with connect(scripted(after_login(capabilities=b"IMAP4rev2"))) as found:
        assert found.can_idle


def test_a_server_that_says_nothing_instead_of_the_continuation(scripted):
    server = scripted(idle_script(nothing, go_ahead=b""))
    with connect(server) as found, failing(ConnectionTimeout):
        found.idle("INBOX")


def test_silence_after_done(scripted):
    with connect(scripted(idle_script(nothing))) as found:
        found.idle("INBOX")
        with failing(ConnectionTimeout):
            found.done()


@pytest.mark.parametrize(
    ("capabilities", "leaving"),
    [(b"IMAP4rev1 IDLE", b"CLOSE"), (b"IMAP4rev1 IDLE UNSELECT", b"UNSELECT")],
)
def test_the_mailbox_is_left_in_the_round_trip_that_ends_the_wait(scripted, capabilities, leaving):
    def script(client):
        client.log_in(capabilities)
        client.accept(*SELECTED)
        tag, _ = client.hear()
        client.raw(b"+ idling\r\n")
        assert client.hear() == (b"DONE", b"")
        # Answered in the other order, and only when both are there.
        other, command = client.hear()
        assert command == leaving
        client.say(b"* 4 EXISTS", other + b" OK left", tag + b" OK idled")
        client.wait_for_the_end()

    with connect(scripted(script)) as found:
        found.idle("INBOX")
        before = found.wire.round_trips
        found.done()
        assert found.wire.round_trips - before == 1


# -- SMTP ------------------------------------------------------------------------------------


def check(server, credentials=CREDENTIALS, **settings):
    return smtp.check(server.endpoint(**settings), credentials, budget=BUDGET)


def smtp_script(*extensions, login=(b"235 2.7.0 in",), challenges=()):
    def script(client):
        client.say(b"220 mail.example.com ESMTP")
        client.hear()
        lines = [b"mail.example.com", *extensions]
        client.say(*[b"250-" + line for line in lines[:-1]], b"250 " + lines[-1])
        client.hear()
        for challenge in challenges:
            client.say(b"334 " + challenge)
            client.hear()
        client.say(*login)
        client.wait_for_the_end()

    return script


@pytest.mark.parametrize("password", PASSWORDS)
def test_smtp_plain_carries_any_password(scripted, password):
    server = scripted(smtp_script(b"AUTH LOGIN PLAIN"))
    check(server, Credentials("me", password))
    secret = re.search(rb"AUTH PLAIN (\S+)", server.heard)[1]
    assert base64.b64decode(secret) == b"\0me\0" + password.encode()


@pytest.mark.parametrize("extension", [b"AUTH LOGIN XOAUTH2", b"AUTH=LOGIN"])
def test_smtp_login_carries_any_password(scripted, extension):
    challenges = (b"VXNlcm5hbWU6", b"UGFzc3dvcmQ6")
    server = scripted(smtp_script(extension, challenges=challenges))
    check(server, Credentials("me", "密 é"))
    said = server.heard.split(b"\r\n")
    assert said[1] == b"AUTH LOGIN"
    assert [base64.b64decode(line).decode() for line in said[2:4]] == ["me", "密 é"]


def test_smtp_cram_md5_as_in_rfc_2195(scripted):
    challenge = base64.b64encode(b"<1896.697170952@postoffice.reston.mci.net>")
    server = scripted(smtp_script(b"AUTH CRAM-MD5", challenges=(challenge,)))
    check(server, Credentials("tim", "tanstaaftanstaaf"))
    answer = base64.b64decode(server.heard.split(b"\r\n")[2])
    assert answer == b"tim b913a602c7eda7a495b4e6e7334d3890"


@pytest.mark.parametrize(
    ("reply", "error", "attributes"),
    [
        (b"535 5.7.8 Username and Password not accepted", LoginRefused, {"kind": Kind.CRED}),
        (b"454 4.7.0 Too many login attempts, try later", ServerRefused, {"kind": Kind.LIMIT}),
        (b"421 4.4.5 Server busy", ServerRefused, {"kind": Kind.TRANS}),
        (
            b"535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for "
            b"the Tenant.",
            ServerRefused,
            {"kind": Kind.SETUP, "code": "smtp_auth_disabled"},
        ),
    ],
)
def test_smtp_refusals_are_told_apart(scripted, reply, error, attributes):
    with failing(error, step=Step.LOGIN, **attributes):
        check(scripted(smtp_script(b"AUTH PLAIN", login=(reply,))))


def test_smtp_without_a_way_to_log_in(scripted):
    server = scripted(smtp_script(b"SIZE 1000"))
    with failing(ServerRefused, code="smtp_auth_missing"):
        check(server)


def test_smtp_that_takes_no_password_is_not_given_one(scripted):
    server = scripted(smtp_script(b"AUTH XOAUTH2"))
    with failing(ServerRefused, code="password_sign_in_off"):
        check(server)
    assert b"AUTH" not in server.heard


def test_smtp_starttls_stripped(scripted):
    server = scripted(smtp_script(b"AUTH PLAIN"))
    with failing(StarttlsGone):
        check(server, starttls_required=True)
    with failing(StarttlsMissing):
        check(server, plain_allowed=False)
    assert b"AUTH" not in server.heard


def test_smtp_answers_injected_before_tls_are_noticed(scripted):
    def script(client):
        client.say(b"220 hello")
        client.hear()
        client.say(b"250-hello", b"250 STARTTLS")
        client.hear()
        client.say(b"220 begin", b"250-hello", b"250 AUTH PLAIN")
        client.wait_for_the_end()

    server = scripted(script)
    with failing(ProtocolViolation, code="starttls_injection"):
        check(server)
    assert b"AUTH" not in server.heard


def endless_reply(client):
    while True:
        client.raw(b"220-still\r\n" * 100)


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (silence, ConnectionTimeout),
        (drip, ConnectionTimeout),
        (lambda client: None, ConnectionLost),
        (endless_reply, ProtocolViolation),
        (lambda client: client.say(b"* OK this is IMAP"), ProtocolViolation),
        (lambda client: client.say(b"554 go away"), ServerRefused),
    ],
)
def test_smtp_bad_greetings(scripted, script, error):
    with failing(error):
        check(scripted(script))


def test_smtp_that_hangs_up_during_the_login(scripted):
    def script(client):
        client.say(b"220 hello")
        client.hear()
        client.say(b"250-hello", b"250 AUTH PLAIN")
        client.hear()

    with failing(ConnectionLost, step=Step.LOGIN):
        check(scripted(script))
