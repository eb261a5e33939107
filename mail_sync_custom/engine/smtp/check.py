"""The check of an SMTP account during set-up: connect, encrypt, log in, and disconnect."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from ..net import dial, opening
from ..net.policy import INTERNET, Policy
from ..values import Certificate, Connected, Credentials, Endpoint
from .dialogue import BUDGET, Dialogue, logged_in


def check(
    endpoint: Endpoint,
    credentials: Credentials,
    *,
    budget: float = BUDGET,
    policy: Policy = INTERNET,
    on_login: Callable[[], None] = lambda: None,
) -> Connected:
    """Log in to a server and log out; raises the MailError that explains a failure.

    ``budget``, in seconds, is for all of it. ``policy`` says which addresses may be connected to.
    ``on_login`` is called when the connection stands, right before the login.
    """
    with contextlib.closing(
        logged_in(endpoint, credentials, budget=budget, policy=policy, on_login=on_login)
    ) as dialogue:
        return dial.describe(dialogue.wire.sock, endpoint)


def inspect_certificate(
    endpoint: Endpoint,
    budget: float = BUDGET,
    *,
    policy: Policy = INTERNET,
) -> Certificate:
    """Return a server's certificate, without logging in. Raises MailError if it shows none."""
    return opening.inspect_certificate(endpoint, budget, Dialogue, policy)
