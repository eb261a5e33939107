"""The check of an SMTP account when it is set up: connect, encrypt, log in, and go away.

Sending itself is Odoo's. Not smtplib either: it sends a password in ASCII only, looks up this
machine's own name before it connects, and waits anew for every byte. The numbers are sections of
RFC 5321 unless said otherwise.
"""

from __future__ import annotations

import base64
import contextlib
import hmac
import ipaddress
from collections.abc import Callable

from ..catalogue import SMTP
from ..errors import Kind, MailError, ProtocolViolation, ServerRefused, Step, safe_text
from ..net import dial
from ..net.dial import Deadline
from ..net.wire import Wire, greet_in_plain
from ..values import Connected, Credentials, Endpoint

#: Seconds for the whole check.
BUDGET = 30.0


def check(
    endpoint: Endpoint,
    credentials: Credentials,
    *,
    budget: float = BUDGET,
    allow: Callable[[str], bool] = dial.everywhere,
) -> Connected:
    """Log in to a server and log out; raises the cause why that does not work."""
    dial.check_settings(endpoint, credentials)
    with contextlib.closing(_open(endpoint, Deadline(budget), allow)) as dialogue:
        _log_in(dialogue, credentials)
        return dial.describe(dialogue.wire.sock, endpoint)


def inspect_certificate(
    endpoint: Endpoint,
    budget: float = BUDGET,
    *,
    allow: Callable[[str], bool] = dial.everywhere,
) -> str:
    """Return the fingerprint of the certificate a server shows, without logging in."""
    dial.check_settings(endpoint)
    asked = dial.inspected(endpoint)
    with contextlib.closing(_open(asked, Deadline(budget), allow)) as dialogue:
        return dial.describe(dialogue.wire.sock, asked).fingerprint


def _open(endpoint: Endpoint, deadline: Deadline, allow: Callable[[str], bool]) -> _Dialogue:
    """Return a connection that was greeted and is as encrypted as it is going to be."""
    sock = dial.open_socket(endpoint, deadline, allow)
    wire = Wire(sock, deadline, literal_limit=0)
    dialogue = _Dialogue(wire)
    try:
        if endpoint.implicit_tls:
            wire.encrypt(dial.start_tls(sock, endpoint, deadline))
            dialogue.greeting()
        else:
            greet_in_plain(wire, dialogue.greeting)
        dialogue.ehlo()
        if not endpoint.implicit_tls:
            _upgrade(dialogue, endpoint, deadline)
    except BaseException:
        dialogue.close()
        raise
    return dialogue


def _upgrade(dialogue: _Dialogue, endpoint: Endpoint, deadline: Deadline) -> None:
    """Encrypt with STARTTLS (RFC 3207) where it is offered; where not, as the user agreed to."""
    wire = dialogue.wire
    wire.step = Step.TLS
    if "STARTTLS" not in dialogue.offered:
        dial.check_plain_allowed(endpoint)
        return
    dialogue.command(b"STARTTLS", expected=b"220")
    wire.refuse_pending()
    wire.encrypt(dial.start_tls(wire.sock, endpoint, deadline))
    dialogue.ehlo()


def _log_in(dialogue: _Dialogue, credentials: Credentials) -> None:
    """AUTH (RFC 4954) by the first of our mechanisms that the server offers."""
    dialogue.wire.step = Step.LOGIN
    mechanisms = dialogue.offered.get("AUTH", "").split()
    for name, log_in in _MECHANISMS.items():
        if name in mechanisms:
            log_in(dialogue, credentials.username.encode(), credentials.password.encode())
            return
    if mechanisms:
        # OAuth alone: no password can work, so none is sent.
        raise ServerRefused(
            "AUTH " + " ".join(mechanisms),
            code="password_sign_in_off",
            kind=Kind.SETUP,
            step=Step.LOGIN,
        )
    raise ServerRefused(
        "AUTH is not offered", code="smtp_auth_missing", kind=Kind.TLS, step=Step.LOGIN
    )


def _plain(dialogue: _Dialogue, username: bytes, password: bytes) -> None:
    """RFC 4616, with its one answer in the command."""
    secret = base64.b64encode(b"\0%b\0%b" % (username, password))
    dialogue.secrets = [secret.decode(), password.decode()]
    dialogue.command(b"AUTH PLAIN " + secret, expected=b"235")


def _login(dialogue: _Dialogue, username: bytes, password: bytes) -> None:
    """Microsoft's LOGIN, never a standard: name and password, each to a question of its own."""
    secret = base64.b64encode(password)
    dialogue.secrets = [secret.decode(), password.decode()]
    dialogue.command(b"AUTH LOGIN", expected=b"334")
    dialogue.command(base64.b64encode(username), expected=b"334")
    dialogue.command(secret, expected=b"235")


def _cram_md5(dialogue: _Dialogue, username: bytes, password: bytes) -> None:
    """RFC 2195: the password itself does not cross the wire."""
    challenge = dialogue.command(b"AUTH CRAM-MD5", expected=b"334")[-1][4:]
    try:
        digest = hmac.new(password, base64.b64decode(challenge), "md5").hexdigest()
    except ValueError as error:
        raise ProtocolViolation("a challenge that is not base64", step=Step.LOGIN) from error
    dialogue.secrets = [password.decode(), digest]
    dialogue.command(base64.b64encode(b"%b %b" % (username, digest.encode())), expected=b"235")


_MECHANISMS = {"PLAIN": _plain, "LOGIN": _login, "CRAM-MD5": _cram_md5}


class _Dialogue:
    """Commands, one at a time, and the replies to them (§4.2)."""

    def __init__(self, wire: Wire):
        self.wire = wire
        self.offered: dict[str, str] = {}
        self.secrets: list[str] = []

    def greeting(self) -> None:
        """Read the greeting (§3.1)."""
        self._expect(b"220")

    def ehlo(self) -> None:
        """Say who we are, and learn the extensions (§4.1.1.1); asked anew after STARTTLS."""
        lines = self.command(b"EHLO " + _own_name(self.wire), expected=b"250")
        self.offered = {}
        for line in lines[1:]:
            # Some old servers write AUTH=LOGIN, from before RFC 2554.
            text = line[4:].decode("ascii", "replace").upper().replace("AUTH=", "AUTH ")
            keyword, _, parameters = text.partition(" ")
            self.offered[keyword] = f"{self.offered.get(keyword, '')} {parameters}"

    def command(self, line: bytes, *, expected: bytes) -> list[bytes]:
        """Send a command and return the reply, or raise what another reply than that means."""
        self.wire.send(line + b"\r\n")
        return self._expect(expected)

    def _expect(self, expected: bytes) -> list[bytes]:
        lines = self.wire.reply()
        if lines[0][:3] == expected:
            return lines
        if not lines[0][:3].isdigit():
            raise ProtocolViolation(self._safe(lines[:1]), code="not_smtp", step=self.wire.step)
        raise dial.refused(self._safe(lines), self.wire.step, SMTP)

    def _safe(self, lines: list[bytes]) -> str:
        return safe_text(b"\n".join(lines), *self.secrets)

    def close(self) -> None:
        """Say QUIT (§4.1.1.10) and do not wait for the answer. Never raises."""
        with contextlib.suppress(MailError):
            self.wire.deadline = Deadline(1.0)
            self.wire.send(b"QUIT\r\n")
        dial.close(self.wire.sock)


def _own_name(wire: Wire) -> bytes:
    """Return this machine's address as a literal (§4.1.3): always true, and needs no lookup."""
    own = ipaddress.ip_address(wire.sock.getsockname()[0].partition("%")[0])
    return b"[%b%b]" % (b"IPv6:" if own.version == 6 else b"", str(own).encode())
