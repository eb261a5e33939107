"""Logging in (RFC 9051 §6.2): by the first mechanism that the server offers, never in the clear."""

from __future__ import annotations

import base64

from ..errors import Kind, ServerRefused, Step, TlsError
from ..values import Credentials
from . import commands
from .dialogue import Dialogue


def log_in(dialogue: Dialogue, credentials: Credentials) -> None:
    """Log in; the capabilities change with it (§6.2.2). Raises the MailError that explains why."""
    dialogue.wire.step = Step.LOGIN
    offered = dialogue.capabilities
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
