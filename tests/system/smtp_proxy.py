"""A proxy between Odoo and its SMTP server that can hold back an answer, as networks do."""

from __future__ import annotations

import socket
import threading

from dev import dovecot, services


class SmtpProxy:
    """Forwards lines without TLS, up to the line or the answer that it was told to hold.

    ``hold`` is ``"end of data"``: the server has the whole mail and has answered, but the answer
    does not get through; or ``"data"``: the server has allowed the text to be sent, but the text
    does not get through; or ``"greeting"``: a connection made now gets no greeting until
    ``released`` is set.
    """

    def __init__(self, hold: str = ""):
        self.hold = hold
        #: Set when something is being held.
        self.holding = threading.Event()
        self.released = threading.Event()
        self.connections = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.host, self.port = self._listening.getsockname()

    def __enter__(self) -> SmtpProxy:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.close()

    def settings(self) -> dict[str, object]:
        """Return what to enter in the wizard to send through here."""
        return {
            "smtp_host": self.host,
            "smtp_port": self.port,
            "smtp_ssl": False,
            "smtp_plain_allowed": True,
        }

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        server = socket.create_connection((dovecot.PLAIN, services.describe().smtp_port))
        reads, replies = client.makefile("rb"), server.makefile("rb")
        with client, server:
            if self.hold == "greeting":
                self.holding.set()
                self.released.wait()
            if not _pass_reply(replies, client):
                return
            while line := reads.readline():
                if not self._command(line, reads, replies, client, server):
                    return

    def _command(self, line, reads, replies, client, server) -> bool:
        """Forward a command and its reply; False when the conversation is over."""
        server.sendall(line)
        if line.strip().upper() != b"DATA":
            return _pass_reply(replies, client)
        if not _pass_reply(replies, client):
            return False
        while (text := reads.readline()) and text != b".\r\n":
            if self.hold == "data":
                return self._stand_still(reads)
            server.sendall(text)
        if not text:
            return False
        server.sendall(text)
        if self.hold == "end of data":
            replies.readline()
            return self._stand_still(reads)
        return _pass_reply(replies, client)

    def _stand_still(self, reads) -> bool:
        """Answer nothing as long as the client is connected."""
        self.holding.set()
        while reads.read(65536):
            pass
        return False


def _pass_reply(replies, client: socket.socket) -> bool:
    """Forward a reply with all its lines; False if there is none."""
    while line := replies.readline():
        client.sendall(line)
        if line[3:4] != b"-":
            return True
    return False
