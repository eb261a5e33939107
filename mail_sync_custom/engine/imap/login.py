"""Logging in (RFC 9051 §6.2): by the first mechanism that the server offers, never in the clear."""

from __future__ import annotations

import base64

from .. import sasl
from ..errors import Kind, MailError, ProtocolViolation, ServerRefused, Step, TlsError
from ..values import Credentials
from . import commands
from .dialogue import Dialogue


def log_in(dialogue: Dialogue, credentials: Credentials) -> None:
    """Log in; the capabilities change with it (§6.2.2). Raises the MailError that explains why."""
    dialogue.wire.step = Step.LOGIN
    offered = dialogue.capabilities
    if credentials.bearer:
        _log_in_with_token(dialogue, credentials, offered)
        return
    secret = base64.b64encode(f"\0{credentials.username}\0{credentials.password}".encode())
    dialogue.hide(credentials.password, secret)
    dialogue.before_login = offered
    dialogue.forget_capabilities()
    if "LOGINDISABLED" in offered and not dialogue.wire.encrypted:
        raise TlsError("LOGINDISABLED", code="plaintext_disallowed", step=Step.LOGIN)
    if "AUTH=PLAIN" in offered:
        _authenticate_plain(dialogue, secret, initial="SASL-IR" in offered)
        return
    if "LOGINDISABLED" in offered:
        # OAuth only (Microsoft 365): no password can work, so none is sent.
        raise ServerRefused(
            "LOGINDISABLED", code="password_sign_in_off", kind=Kind.SETUP, step=Step.LOGIN
        )
    name, password = credentials.username.encode(), credentials.password.encode()
    dialogue.command(b"LOGIN", commands.string(name), commands.string(password))


def _authenticate_plain(dialogue: Dialogue, secret: bytes, *, initial: bool) -> None:
    """SASL PLAIN (RFC 4616), with an initial response where that is supported (RFC 4959)."""
    if initial:
        dialogue.command(b"AUTHENTICATE PLAIN", secret)
        return
    tag = dialogue.send(b"AUTHENTICATE PLAIN")
    dialogue.await_continuation(tag)
    dialogue.wire.send(secret + b"\r\n")
    dialogue.finish(tag)


def _log_in_with_token(
    dialogue: Dialogue, credentials: Credentials, offered: frozenset[str]
) -> None:
    """Log in with an access token; the reason for a refusal comes as a challenge (RFC 7628 §3.2.3).

    The challenge is answered, and only then comes the tagged NO.
    """
    wire = dialogue.wire
    address, port = wire.peer
    sasl.check_private(wire.encrypted, address)
    mechanisms = {name.removeprefix("AUTH=") for name in offered if name.startswith("AUTH=")}
    exchange = sasl.exchange(mechanisms, credentials, wire.peer_name, port)
    dialogue.hide(credentials.password, exchange.encoded)
    dialogue.before_login = offered
    dialogue.forget_capabilities()
    words = [b"AUTHENTICATE " + exchange.mechanism.encode()]
    if "SASL-IR" in offered:  # RFC 4959
        tag = dialogue.send(*words, exchange.encoded)
    else:
        tag = dialogue.send(*words)
        dialogue.await_continuation(tag)
        dialogue.say(exchange.encoded)
    said = None
    try:
        for response in dialogue.answers(tag):
            if response[0][:1] != b"+":
                continue
            if said is not None:
                raise ProtocolViolation("a second challenge", step=Step.LOGIN)
            said = sasl.status(response[0][1:].strip())
            dialogue.say(exchange.encoded_farewell)
    except MailError as error:
        meant = sasl.refusal(error, said or "")
        if meant is error:
            raise
        raise meant from error
