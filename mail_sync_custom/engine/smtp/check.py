"""The check of an SMTP account during set-up: connect, encrypt, log in, and disconnect."""

from __future__ import annotations

import contextlib

from ..net import dial, opening
from ..net.policy import INTERNET, Policy
from ..values import Connected, Credentials, Endpoint
from .dialogue import BUDGET, Dialogue, logged_in


def check(
    endpoint: Endpoint,
    credentials: Credentials,
    *,
    budget: float = BUDGET,
    policy: Policy = INTERNET,
) -> Connected:
    """Log in to a server and log out; raises the MailError that explains a failure.

    ``budget``, in seconds, is for all of it. ``policy`` says which addresses may be connected to.
    """
    with contextlib.closing(
        logged_in(endpoint, credentials, budget=budget, policy=policy)
    ) as dialogue:
        return dial.describe(dialogue.wire.sock, endpoint)


def inspect_certificate(
    endpoint: Endpoint,
    budget: float = BUDGET,
    *,
    policy: Policy = INTERNET,
) -> str:
    """Return the fingerprint of a server's certificate, without logging in."""
    return opening.inspect_certificate(endpoint, budget, Dialogue, policy)
