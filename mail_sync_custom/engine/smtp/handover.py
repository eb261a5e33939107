"""Sending over a connection that the engine opened: smtplib's dialogue, our TLS and login.

Odoo writes the mail and passes it to an ``smtplib.SMTP``. This subclass differs in how it connects,
and in that it knows whether a text was handed over: from then until the server's answer, nobody
can say whether the mail was sent (RFC 5321 §4.5.4.1, RFC 1047).
"""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Mapping
from types import MappingProxyType

from ..net.policy import INTERNET, Policy
from ..values import Credentials, Endpoint
from .dialogue import BUDGET, logged_in

#: Seconds for each answer once connected. A server may scan a mail before accepting it
#: (RFC 5321 §4.5.3.2.6 asks for ten minutes; an Odoo worker does not have that long).
PATIENCE = 90.0


class Connection(smtplib.SMTP):
    """A connected and logged-in ``smtplib.SMTP``.

    ``handed_over`` is true from the server's go-ahead for the text to its next answer.
    ``refused`` has the recipients of the last mail that the server refused while accepting others
    (RFC 5321 §3.3): ``{address: (reply code, words)}``.
    """

    handed_over = False
    refused: Mapping[str, tuple[int, bytes]] = MappingProxyType({})

    def __init__(self, sock: socket.socket, offered: dict[str, str]):
        # An explicit name keeps smtplib from looking up ours, which may take longer than sending.
        super().__init__(local_hostname="[127.0.0.1]")
        self.sock = sock
        self.sock.settimeout(PATIENCE)
        self.does_esmtp = True
        self.ehlo_resp = b""
        self.esmtp_features = {name.lower(): value.strip() for name, value in offered.items()}

    def getreply(self) -> tuple[int, bytes]:
        code, words = super().getreply()
        # Only DATA is answered by 354: from here until the next answer the text is in transit.
        self.handed_over = code == 354
        return code, words

    def sendmail(self, *args, **kwargs) -> dict[str, tuple[int, bytes]]:
        self.refused, self.handed_over = {}, False
        if self.sock is None:  # it ended with an earlier mail
            raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")
        self._check_size(*args)
        self.refused = super().sendmail(*args, **kwargs)
        return self.refused

    def _check_size(self, from_addr: str, _to: object, text: bytes | str, *_rest: object) -> None:
        """Refuse what the server has said that it would (RFC 1870 §6.1), before it is sent."""
        limit = self.esmtp_features.get("size", "")
        if limit.isdecimal() and 0 < int(limit) < len(text):
            words = f"5.3.4 {len(text)} octets; this server takes {int(limit)}"
            raise smtplib.SMTPSenderRefused(552, words.encode(), from_addr)


def connect(
    endpoint: Endpoint,
    credentials: Credentials,
    *,
    budget: float = BUDGET,
    policy: Policy = INTERNET,
) -> Connection:
    """Return a connection for sending, or raise the MailError that explains why there is none."""
    dialogue = logged_in(endpoint, credentials, budget=budget, policy=policy)
    return Connection(dialogue.wire.sock, dialogue.offered)
