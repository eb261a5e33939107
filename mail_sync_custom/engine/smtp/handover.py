"""Sending over a connection that the engine has opened: smtplib's dialogue, our TLS and log-in.

Odoo writes the mail and hands it to an ``smtplib.SMTP``. This one differs in how it came to be
connected, and in that it knows whether a text was handed over: after that, and before the
server's answer, nobody can say whether the mail was sent (RFC 5321 §4.5.4.1, RFC 1047).
"""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Mapping
from types import MappingProxyType

from ..net.policy import INTERNET, Policy
from ..values import Credentials, Endpoint
from .dialogue import BUDGET, logged_in

#: Seconds for each answer once connected. A server may scan a mail before it takes it
#: (RFC 5321 §4.5.3.2.6 asks for ten minutes; a worker of Odoo's has not that long).
PATIENCE = 90.0


class Connection(smtplib.SMTP):
    """An ``smtplib.SMTP`` that is connected and logged in.

    ``handed_over`` is true from the server's leave to send the text to its next answer.
    ``refused`` has those recipients of the last mail whom the server did not take while it took
    others (RFC 5321 §3.3): ``{address: (reply code, words)}``.
    """

    handed_over = False
    refused: Mapping[str, tuple[int, bytes]] = MappingProxyType({})

    def __init__(self, sock: socket.socket, offered: dict[str, str]):
        # A name of its own keeps smtplib from looking ours up, which may take longer than sending.
        super().__init__(local_hostname="[127.0.0.1]")
        self.sock = sock
        self.sock.settimeout(PATIENCE)
        self.does_esmtp = True
        self.ehlo_resp = b""
        self.esmtp_features = {name.lower(): value.strip() for name, value in offered.items()}

    def getreply(self) -> tuple[int, bytes]:
        code, words = super().getreply()
        # 354 answers DATA alone: from here until the next answer the text is on its way.
        self.handed_over = code == 354
        return code, words

    def sendmail(self, *args, **kwargs) -> dict[str, tuple[int, bytes]]:
        self.refused = {}
        self.refused = super().sendmail(*args, **kwargs)
        return self.refused


def connect(
    endpoint: Endpoint,
    credentials: Credentials,
    *,
    budget: float = BUDGET,
    policy: Policy = INTERNET,
) -> Connection:
    """Return a connection to send by, or raise the MailError why there is none."""
    dialogue = logged_in(endpoint, credentials, budget=budget, policy=policy)
    return Connection(dialogue.wire.sock, dialogue.offered)
