"""An SMTP connection up to the login: greeting, EHLO, AUTH, and replies of limited size.

Odoo itself sends, through ``handover``. smtplib's login is not used: it sends ASCII passwords only,
looks up this machine's own name before it connects, and restarts its timeout at every byte. The
numbers are sections of RFC 5321 unless said otherwise.
"""

from __future__ import annotations

import base64
import contextlib
import hmac
import ipaddress
from collections.abc import Callable

from .. import sasl
from ..catalogue import SMTP
from ..errors import Kind, MailError, ProtocolViolation, ServerRefused, Step, safe_text
from ..net import dial, opening
from ..net.dial import Deadline
from ..net.policy import INTERNET, Policy
from ..net.refusals import refused
from ..net.wire import Wire
from ..values import Credentials, Endpoint

#: Seconds from the host lookup to the end of the login.
BUDGET = 30.0

#: Octets of a command with its CRLF (§4.5.3.1.4). A longer token is sent as an answer to the
#: server's go-ahead, whose limit is 12,288 (RFC 4954 §4).
MAX_COMMAND = 512

#: Lines of one reply. A reply to EHLO has about twenty.
MAX_REPLY_LINES = 500


class Dialogue:
    """Commands, one at a time, and the replies to them (§4.2).

    ``offered`` maps each extension that EHLO named to its parameters, in upper case.
    """

    def __init__(self, wire: Wire):
        self.wire = wire
        self.offered: dict[str, str] = {}
        self.secrets: list[str] = []

    # what net.opening asks of a dialogue

    def greet(self) -> None:
        """Read the greeting (§3.1)."""
        self._expect(b"220")

    def introduce(self) -> None:
        """Send EHLO and read the extensions (§4.1.1.1); they may differ after STARTTLS."""
        lines = self.command(b"EHLO " + _own_name(self.wire), expected=b"250")
        self.offered = {}
        for line in lines[1:]:
            # Some old servers write AUTH=LOGIN, from before RFC 2554.
            text = line[4:].decode("ascii", "replace").upper().replace("AUTH=", "AUTH ")
            keyword, _, parameters = text.partition(" ")
            self.offered[keyword] = f"{self.offered.get(keyword, '')} {parameters}"

    @property
    def offers_starttls(self) -> bool:
        """Whether EHLO named STARTTLS (RFC 3207)."""
        return "STARTTLS" in self.offered

    def start_tls(self) -> None:
        """Send STARTTLS and forget the extensions (RFC 3207 §4.2)."""
        self.command(b"STARTTLS", expected=b"220")
        self.offered = {}

    def close(self) -> None:
        """Send QUIT (§4.1.1.10) without waiting for the answer. Never raises."""
        with contextlib.suppress(MailError):
            self.wire.deadline = Deadline(1.0)
            self.wire.send(b"QUIT\r\n")
        dial.close(self.wire.sock)

    # commands

    def command(self, line: bytes, *, expected: bytes) -> list[bytes]:
        """Send a command and return the reply; raise the error that any other reply means."""
        self.wire.send(line + b"\r\n")
        return self._expect(expected)

    def log_in(self, credentials: Credentials) -> None:
        """Log in with AUTH (RFC 4954), by the first of our mechanisms that the server offers."""
        self.wire.step = Step.LOGIN
        mechanisms = self.offered.get("AUTH", "").split()
        if credentials.bearer and mechanisms:
            _bearer(self, credentials, mechanisms)
            return
        for name, log_in in _MECHANISMS.items():
            if name in mechanisms:
                log_in(self, credentials.username.encode(), credentials.password.encode())
                return
        if mechanisms:
            # OAuth only: no password can work, so none is sent.
            raise ServerRefused(
                "AUTH " + " ".join(mechanisms),
                code="password_sign_in_off",
                kind=Kind.SETUP,
                step=Step.LOGIN,
            )
        raise ServerRefused(
            "AUTH is not offered", code="smtp_auth_missing", kind=Kind.TLS, step=Step.LOGIN
        )

    def reply(self) -> list[bytes]:
        """Return the lines of the next reply: ``250-…`` up to ``250 …``."""
        lines = [self.wire.line()]
        while lines[-1][3:4] == b"-":
            lines.append(self.wire.line())
            if len(lines) > MAX_REPLY_LINES:
                raise ProtocolViolation("a reply without end", step=self.wire.step)
        return lines

    def _expect(self, expected: bytes) -> list[bytes]:
        return self.check(self.reply(), expected)

    def check(self, lines: list[bytes], expected: bytes) -> list[bytes]:
        """Return a reply if it has this code; raise the error that any other reply means."""
        if lines[0][:3] == expected:
            return lines
        if not lines[0][:3].isdigit():
            raise ProtocolViolation(self._safe(lines[:1]), code="not_smtp", step=self.wire.step)
        raise refused(self._safe(lines), self.wire.step, SMTP)

    def _safe(self, lines: list[bytes]) -> str:
        return safe_text(b"\n".join(lines), *self.secrets)


def logged_in(
    endpoint: Endpoint,
    credentials: Credentials,
    *,
    budget: float = BUDGET,
    policy: Policy = INTERNET,
    on_login: Callable[[], None] = lambda: None,
) -> Dialogue:
    """Return a logged-in dialogue, or raise the MailError that explains why there is none.

    ``on_login`` is called when the connection stands, right before the login.
    """
    dial.check_settings(endpoint, credentials)
    dialogue = opening.opened(endpoint, Deadline(budget), Dialogue, policy)
    try:
        dial.check_confirmed(dialogue.wire.sock, endpoint)
        on_login()
        dialogue.log_in(credentials)
    except BaseException:
        dialogue.close()
        raise
    return dialogue


def _plain(dialogue: Dialogue, username: bytes, password: bytes) -> None:
    """RFC 4616, with an initial response."""
    secret = base64.b64encode(b"\0%b\0%b" % (username, password))
    dialogue.secrets = [secret.decode(), password.decode()]
    dialogue.command(b"AUTH PLAIN " + secret, expected=b"235")


def _login(dialogue: Dialogue, username: bytes, password: bytes) -> None:
    """Microsoft's LOGIN, never a standard: name and password, each prompted for separately."""
    secret = base64.b64encode(password)
    dialogue.secrets = [secret.decode(), password.decode()]
    dialogue.command(b"AUTH LOGIN", expected=b"334")
    dialogue.command(base64.b64encode(username), expected=b"334")
    dialogue.command(secret, expected=b"235")


def _cram_md5(dialogue: Dialogue, username: bytes, password: bytes) -> None:
    """RFC 2195: the password itself does not cross the wire."""
    challenge = dialogue.command(b"AUTH CRAM-MD5", expected=b"334")[-1][4:]
    try:
        digest = hmac.new(password, base64.b64decode(challenge), "md5").hexdigest()
    except ValueError as error:
        raise ProtocolViolation("the challenge is not base64", step=Step.LOGIN) from error
    dialogue.secrets = [password.decode(), digest]
    dialogue.command(base64.b64encode(b"%b %b" % (username, digest.encode())), expected=b"235")


def _bearer(dialogue: Dialogue, credentials: Credentials, offered: list[str]) -> None:
    """OAUTHBEARER or XOAUTH2; the reason for a refusal comes as a challenge (RFC 7628 §3.2.3)."""
    wire = dialogue.wire
    address, port = wire.peer
    sasl.check_private(wire.encrypted, address)
    exchange = sasl.exchange(offered, credentials, wire.peer_name, port)
    secret = exchange.encoded
    dialogue.secrets = [secret.decode(), credentials.password]
    command = b"AUTH " + exchange.mechanism.encode()
    said = ""
    try:
        if len(command) + len(secret) + 3 <= MAX_COMMAND:
            wire.send(b"%b %b\r\n" % (command, secret))
        else:
            dialogue.command(command, expected=b"334")
            wire.send(secret + b"\r\n")
        lines = dialogue.reply()
        if lines[0][:3] == b"334":
            said = sasl.status(lines[-1][4:].strip())
            wire.send(exchange.encoded_farewell + b"\r\n")
            lines = dialogue.reply()
        dialogue.check(lines, b"235")
    except MailError as error:
        meant = sasl.refusal(error, said)
        if meant is error:
            raise
        raise meant from error


_MECHANISMS = {"PLAIN": _plain, "LOGIN": _login, "CRAM-MD5": _cram_md5}


def _own_name(wire: Wire) -> bytes:
    """Return this machine's address as a literal (§4.1.3): always true, and needs no lookup."""
    own = ipaddress.ip_address(wire.sock.getsockname()[0].partition("%")[0])
    return b"[%b%b]" % (b"IPv6:" if own.version == 6 else b"", str(own).encode())
