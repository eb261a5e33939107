"""The process of the embedded SMTP submission server: `python -m dev.smtp_server PORT PORT`.

It knows the users and passwords of the embedded Dovecot, and delivers to it by LMTP. What the
local part of an address begins with decides what happens to a mail, so that a test says in the
address what it wants:

* to `unknown…`: refused, 550 5.1.1; to `greylisted…`: not now, 451 4.7.1;
* to `bounced…`: accepted, and a delivery status notification comes back to the sender;
* to `oversized…`: refused after the data, 552 5.3.4, as is whatever is larger than `LIMIT`;
* from `autosent…`: a copy is filed in the sender's Sent mailbox, as Gmail does it.

An access token of the embedded OpenID provider opens it too (OAUTHBEARER, XOAUTH2).

Dovecot answers for each recipient by itself (RFC 2033 §4.2). SMTP has one reply for all of them: if
Dovecot takes the mail for some, it is accepted, and of each other one its sender is notified.

Each mail that got as far as its data is a line in the journal.
"""

from __future__ import annotations

import asyncio
import base64
import email
import json
import re
import smtplib
import ssl
import sys
import time
from email.utils import formatdate, make_msgid
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from . import dovecot, oidc, passwords
from .paths import LOG

LIMIT = 25 * 1024 * 1024
JOURNAL = LOG / "smtp.jsonl"
HOSTNAME = "localhost"

REFUSALS = {
    "unknown": "550 5.1.1 {}: Recipient address rejected: User unknown",
    "greylisted": "451 4.7.1 {}: Recipient address rejected: Greylisted, try again later",
}
DISABLED = "550 5.2.1 Mailbox disabled, not accepting messages"
TOO_LARGE = "552 5.3.4 Message size exceeds fixed limit"

NOTIFICATION = """\
From: Mail Delivery System <mailer-daemon@{host}>
To: {sender}
Subject: Undelivered Mail Returned to Sender
Date: {date}
Message-ID: {message_id}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_report"

--=_report
Content-Type: text/plain; charset=utf-8

I could not deliver your message to <{recipient}>: {reply}

--=_report
Content-Type: message/delivery-status

Reporting-MTA: dns; {host}

Final-Recipient: rfc822; {recipient}
Action: failed
Status: 5.2.1
Diagnostic-Code: smtp; {reply}

--=_report
Content-Type: text/rfc822-headers

{headers}

--=_report--
"""


class Server(SMTP):
    """aiosmtpd's server, with the extended codes that real servers give."""

    async def push(self, status: str | bytes) -> None:
        """Send a reply."""
        if isinstance(status, str) and status.startswith("552 "):
            status = TOO_LARGE
        await super().push(status)

    async def auth_OAUTHBEARER(self, _: SMTP, args: list[str]) -> AuthResult:
        """RFC 7628: `n,a=ann@example.com,^Aauth=Bearer TOKEN^A^A`."""
        return await self._bearer(args, rb"n,a=([^,\x01]*),\x01", '{"status":"invalid_token"}')

    async def auth_XOAUTH2(self, _: SMTP, args: list[str]) -> AuthResult:
        """Google's: `user=ann@example.com^Aauth=Bearer TOKEN^A^A`."""
        return await self._bearer(args, rb"user=([^\x01]*)\x01", '{"status":"400"}')

    async def _bearer(self, args: list[str], name: bytes, refusal: str) -> AuthResult:
        said = base64.b64decode(args[1]) if len(args) > 1 else await self.challenge_auth("")
        user, token = re.match(name, said), re.search(rb"\x01auth=Bearer ([^\x01]+)\x01", said)
        if user and token:
            address = user[1].decode().lower()
            owner = await asyncio.to_thread(oidc.address_of, token[1].decode())
            if owner == address:
                return AuthResult(success=True, auth_data=address)
        # The client's answer to the reason is of no interest, and may be empty.
        await self.challenge_auth(refusal)
        return AuthResult(success=False, handled=False)


class Handler:
    """What the server does with a mail: checks its sender and recipients, and delivers it."""

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accept a sender: each user sends as themselves only."""
        if address.lower() != session.auth_data:
            return (
                "550 5.7.60 SMTP; Client does not have permissions to send as this sender: "
                f"{session.auth_data} may not send as {address}"
            )
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Ok"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accept a recipient, or not, as the address says."""
        for prefix, refusal in REFUSALS.items():
            if address.lower().startswith(prefix):
                note(session, envelope, refusal.format(address), [address])
                return refusal.format(address)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Deliver a mail, outside of the loop that serves the others."""
        reply = await asyncio.to_thread(self.deliver, envelope)
        note(session, envelope, reply)
        return reply

    def deliver(self, envelope: Envelope) -> str:
        """Deliver a mail to Dovecot and return the reply."""
        sender, raw = envelope.mail_from, envelope.original_content
        if any(to.lower().startswith("oversized") for to in envelope.rcpt_tos):
            return TOO_LARGE
        bounced = {to: DISABLED for to in envelope.rcpt_tos if to.lower().startswith("bounced")}
        others = [to for to in envelope.rcpt_tos if to not in bounced]
        try:
            refused = lmtp(sender, others, raw) if others else {}
            if refused and len(refused) == len(envelope.rcpt_tos):
                return next(iter(refused.values()))
            for to, reply in (bounced | refused).items():
                lmtp("", [sender], notification(sender, to, reply, raw))
        except (OSError, smtplib.SMTPException) as error:
            return f"451 4.3.0 Delivery failed: {error}"
        if sender.lower().startswith("autosent"):
            dovecot.save_mail(sender, "Sent", raw)
        return "250 2.0.0 Ok: queued"


def lmtp(sender: str, recipients: list[str], raw: bytes) -> dict[str, str]:
    """Hand a mail to Dovecot; return those for whom it was refused, each with the reply.

    Dovecot writes the envelope sender into Return-Path. `smtplib` reads one reply to the data, but
    LMTP gives one for each recipient that was accepted, in their order.
    """
    with smtplib.LMTP("127.0.0.1", dovecot.listening()["lmtp"], timeout=60) as client:
        client.ehlo_or_helo_if_needed()
        checked(client.mail(sender))
        replies = {to: client.rcpt(to) for to in recipients}
        accepted = [to for to, (code, _) in replies.items() if code < 400]
        if accepted:
            first, *others = accepted
            replies[first] = client.data(raw)
            replies |= {to: client.getreply() for to in others}
    return {
        to: f"{code} {text.decode(errors='replace')}".replace("\n", " ")
        for to, (code, text) in replies.items()
        if code >= 400
    }


def checked(reply: tuple[int, bytes]) -> None:
    """Raise smtplib.SMTPResponseException if a reply is a refusal."""
    if reply[0] >= 400:
        raise smtplib.SMTPResponseException(*reply)


def notification(sender: str, recipient: str, reply: str, raw: bytes) -> bytes:
    """Return the report (RFC 3464) that a mail could not be delivered, and why."""
    return NOTIFICATION.format(
        host=HOSTNAME,
        sender=sender,
        recipient=recipient,
        reply=reply,
        date=formatdate(),
        message_id=make_msgid(domain=HOSTNAME),
        headers=raw.partition(b"\r\n\r\n")[0].decode("utf-8", "replace"),
    ).encode()


def note(
    session: Session, envelope: Envelope, reply: str, recipients: list[str] | None = None
) -> None:
    """Add a line to the journal."""
    head = email.message_from_bytes((envelope.original_content or b"")[:100_000])
    entry = {
        "time": time.time(),
        "user": session.auth_data,
        "mail_from": envelope.mail_from,
        "rcpt_tos": recipients or envelope.rcpt_tos,
        "message_id": head["Message-ID"],
        "subject": head["Subject"],
        "reply": reply,
    }
    # One write in append mode: lines stay whole.
    with JOURNAL.open("a") as journal:
        journal.write(json.dumps(entry, default=str) + "\n")


def authenticate(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
) -> AuthResult:
    """Check a log-in: PLAIN or LOGIN, with the passwords that Dovecot has."""
    if not isinstance(data, LoginPassword):
        return AuthResult(success=False, handled=False)
    user, password = data.login.decode(), data.password.decode()
    if not passwords.is_right(user, password):
        # Unhandled: the server itself answers with 535 5.7.8.
        return AuthResult(success=False, handled=False)
    return AuthResult(success=True, auth_data=user.lower())


def context(folder: Path) -> ssl.SSLContext:
    """Return the TLS settings of a server with the certificate in that folder."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return made


async def serve(starttls_port: int, implicit_port: int) -> None:
    """Listen on the addresses of the embedded mail host, until the process ends."""
    loop = asyncio.get_running_loop()
    servers = []

    def protocol(**kwargs: object) -> Server:
        return Server(
            Handler(),
            hostname=HOSTNAME,
            ident="ESMTP",
            loop=loop,
            data_size_limit=LIMIT,
            enable_SMTPUTF8=True,
            authenticator=authenticate,
            auth_required=True,
            **kwargs,
        )

    for host, folder in dovecot.CERTIFICATES.items():
        tls = context(folder)

        def upgraded(tls: ssl.SSLContext = tls) -> Server:
            return protocol(tls_context=tls, require_starttls=True)

        servers.append(await loop.create_server(upgraded, host, starttls_port))
        # aiosmtpd knows only of the TLS that it began itself.
        encrypted = await loop.create_server(
            lambda: protocol(auth_require_tls=False), host, implicit_port, ssl=tls
        )
        servers.append(encrypted)
    servers.append(
        await loop.create_server(
            lambda: protocol(auth_require_tls=False), dovecot.PLAIN, starttls_port
        )
    )
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
