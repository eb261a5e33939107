"""From a socket to a greeted and encrypted dialogue: the same for IMAP and SMTP.

The order is essential: only the greeting and STARTTLS precede TLS, and what the server announced
before TLS is discarded after it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Protocol, TypeVar

from ..errors import ConnectionLost, ConnectionTimeout, Step, TlsError
from ..values import Certificate, Endpoint
from . import certificates, dial
from .dial import Deadline
from .policy import INTERNET, Policy
from .wire import Wire

#: The longest that an honest server takes to greet, in seconds; then the port is tested for TLS.
SOON = 5.0


class Dialogue(Protocol):
    """What both protocols do before login."""

    wire: Wire

    def greet(self) -> None:
        """Read the greeting."""

    def introduce(self) -> None:
        """Introduce ourselves, if the protocol does so: after the greeting, and again after TLS."""

    @property
    def offers_starttls(self) -> bool:
        """Whether the server offers STARTTLS."""

    def start_tls(self) -> None:
        """Send STARTTLS, wait for the go-ahead, and forget what the server said so far."""

    def close(self) -> None:
        """End the connection, whatever state it is in. Never raises."""


Spoken = TypeVar("Spoken", bound=Dialogue)


def opened(
    endpoint: Endpoint,
    deadline: Deadline,
    speak: Callable[[Wire], Spoken],
    policy: Policy = INTERNET,
) -> Spoken:
    """Return a greeted dialogue, as encrypted as it will be.

    ``speak`` makes the dialogue on a wire; ``policy`` says which addresses may be connected to.
    Raises the MailError that explains why there is none.
    """
    sock = dial.open_socket(endpoint, deadline, policy)
    dialogue = speak(Wire(sock, deadline))
    try:
        if endpoint.implicit_tls:
            _encrypt(dialogue.wire, endpoint, deadline)
            dialogue.greet()
            dialogue.introduce()
        else:
            _greet_in_plain(dialogue)
            dialogue.introduce()
            _upgrade(dialogue, endpoint, deadline)
    except BaseException:
        dialogue.close()
        raise
    return dialogue


def inspect_certificate(
    endpoint: Endpoint,
    budget: float,
    speak: Callable[[Wire], Dialogue],
    policy: Policy = INTERNET,
) -> Certificate:
    """Return a server's certificate, without logging in. Raises MailError if it shows none."""
    dial.check_settings(endpoint)
    asked = dial.inspected(endpoint)
    with closing(opened(asked, Deadline(budget), speak, policy)) as dialogue:
        return certificates.described(dialogue.wire.sock.getpeercert(binary_form=True) or b"")


def _upgrade(dialogue: Dialogue, endpoint: Endpoint, deadline: Deadline) -> None:
    """Encrypt with STARTTLS if it is offered (RFC 9051 §6.2.1, RFC 3207).

    If it is not, do what the user has agreed to.
    """
    wire = dialogue.wire
    wire.step = Step.TLS
    if not dialogue.offers_starttls:
        dial.check_plain_allowed(endpoint)
        return
    dialogue.start_tls()
    wire.refuse_pending()
    _encrypt(wire, endpoint, deadline)
    dialogue.introduce()


def _encrypt(wire: Wire, endpoint: Endpoint, deadline: Deadline) -> None:
    wire.encrypt(dial.start_tls(wire.sock, endpoint, deadline))


def _greet_in_plain(dialogue: Dialogue) -> None:
    """Read the greeting of a port that is configured as plain text.

    A port that expects TLS waits for us instead, or hangs up. This is worth finding out early,
    because "timed out" tells nobody which box to tick. A slow server gets the rest of the budget.
    """
    wire = dialogue.wire
    whole = wire.deadline
    wire.deadline = Deadline(min(SOON, whole.left() / 3))
    try:
        dialogue.greet()
    except (ConnectionTimeout, ConnectionLost) as error:
        if dial.speaks_tls(wire.sock, Deadline(min(SOON, whole.left() / 2))):
            raise TlsError(
                "the port expects TLS from the first byte", code="plain_on_tls_port"
            ) from error
        if isinstance(error, ConnectionLost):
            raise
        wire.deadline = whole
        dialogue.greet()
    wire.deadline = whole
