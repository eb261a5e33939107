"""Access tokens of signed-in accounts: kept encrypted, renewed in time, by one worker at a time.

A renewal asks the provider between two short transactions. While it does, PostgreSQL's advisory
lock on the grant keeps everybody else from doing the same: at a provider that rotates refresh
tokens, the second of two would hold one that is used up, and some providers then withdraw the whole
permission (RFC 9700 §4.14.2). A new refresh token is committed before its access token is used.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

import psycopg2
from odoo import fields
from odoo.tools import SQL

from .. import vault
from ..engine import oauth
from ..engine.errors import Kind, LoginRefused, MailError, ServerRefused, Step
from ..engine.net.policy import Policy
from ..engine.values import Credentials
from ..transactions import as_superuser
from ..turns.locks import Locks
from . import flow
from .flow import Client

_logger = logging.getLogger(__name__)

#: The first key of the locks of renewals; the second is the grant's id.
KEY = 0x4D534F41
#: Milliseconds that a worker waits for another one's renewal; one takes 15 s at most.
PATIENCE = 30_000

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Kept:
    """What is saved of a permission. ``ended`` says that the provider no longer honours it."""

    access: str = field(repr=False)
    until: datetime | None
    refresh: str = field(repr=False)
    ended: bool
    client: Client
    policy: Policy

    def serves(self, now: datetime, refused: str) -> bool:
        """Whether the access token can be used: it lasts, and no server has refused it."""
        return bool(self.access and self.until and now < self.until and self.access != refused)


class _Turn(Locks):
    """One worker's turn to renew a grant; others wait for it."""

    def __init__(self, dbname: str, grant_id: int):
        super().__init__(dbname)
        try:
            self._execute(SQL("SELECT set_config('lock_timeout', %s, false)", str(PATIENCE)))
            self._execute(SQL("SELECT pg_advisory_lock(%s, %s)", KEY, grant_id))
        except BaseException:
            self.close()
            raise


def access_token(dbname: str, grant_id: int, refused: str = "") -> str:
    """Return a valid access token, renewed if necessary.

    ``refused`` is one that a mail server has just refused: another is returned. Raises MailError:
    ``sign_in_again`` once the provider has ended the permission, after which nobody asks it again.
    """
    kept = _kept(dbname, grant_id)
    if kept.serves(fields.Datetime.now(), refused):
        return kept.access
    try:
        with closing(_Turn(dbname, grant_id)):
            kept = _kept(dbname, grant_id)
            if kept.serves(fields.Datetime.now(), refused):
                return kept.access
            return _renewed(dbname, grant_id, kept)
    except psycopg2.errors.LockNotAvailable as error:
        raise oauth.refusal("temporarily_unavailable", "another renewal takes long") from error


def _renewed(dbname: str, grant_id: int, kept: Kept) -> str:
    if kept.ended:
        raise LoginRefused(code="sign_in_again")
    try:
        given = flow.renew(kept.client, kept.refresh, kept.policy)
    except LoginRefused as error:
        if error.code != "sign_in_again":
            raise
        newer = _kept(dbname, grant_id)
        if newer.refresh != kept.refresh:
            # Somebody whose lock a connection pooler has lost was faster.
            return newer.access
        _logger.info("Mail Sync: grant %s has ended: %s", grant_id, error.detail)
        _write(dbname, grant_id, {"ended": True, "access_secret": False})
        raise
    _write(dbname, grant_id, saved(given))
    return given.access


def saved(given: oauth.Tokens) -> dict:
    """Return the field values that save tokens. Raises vault.KeyUnusable."""
    until = fields.Datetime.now() + timedelta(seconds=oauth.usable_for(given.lasts))
    values = {"access_secret": vault.encrypt(given.access), "access_until": until}
    if given.refresh:
        values["refresh_secret"] = vault.encrypt(given.refresh)
    return values


def _kept(dbname: str, grant_id: int) -> Kept:
    with as_superuser(dbname) as env:
        grant = env["mail.sync.oauth.grant"].browse(grant_id).exists()
        if not grant:
            raise LoginRefused(code="sign_in_again")
        return kept(grant)


def kept(grant) -> Kept:
    """Return what is saved of a grant, decrypted. Raises MailError if it cannot be."""
    try:
        return Kept(
            access=vault.decrypt(grant.access_secret) if grant.access_secret else "",
            until=grant.access_until or None,
            refresh=vault.decrypt(grant.refresh_secret or ""),
            ended=grant.ended,
            client=grant.client_id._client(),
            policy=grant.env["mail.sync.account"]._host_policy(),
        )
    except vault.SecretUnreadable as error:
        code = "secret_unreadable" if grant.refresh_secret else "neutralized"
        raise ServerRefused(code=code, kind=Kind.CRED, step=Step.LOGIN) from error


def at_hand(grant) -> str:
    """Return a grant's access token if it can be used now. Raises LoginRefused if it cannot.

    For many accounts at a time, in one transaction: nobody is asked.
    """
    lasts = grant.access_until and fields.Datetime.now() < grant.access_until
    if not grant.access_secret or not lasts:
        raise LoginRefused(code="token_refused")
    try:
        return vault.decrypt(grant.access_secret)
    except vault.SecretUnreadable as error:
        raise LoginRefused(code="token_refused") from error


def _write(dbname: str, grant_id: int, values: dict) -> None:
    with as_superuser(dbname) as env:
        env["mail.sync.oauth.grant"].browse(grant_id).exists().write(values)


def using(
    credentials: Callable[[str], Credentials], attempt: Callable[[Credentials], Result]
) -> Result:
    """Return what an attempt to log in returns; a refused token is renewed, and tried once more.

    ``credentials`` returns them, given the token that was refused or "". Raises MailError.
    """
    first = credentials("")
    try:
        return attempt(first)
    except MailError as error:
        if not first.bearer or error.code != "token_refused":
            raise
        second = credentials(first.password)
        if second.password == first.password:
            raise
    return attempt(second)
