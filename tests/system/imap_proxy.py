"""An IMAP server that lacks a feature, goes silent or is unavailable: Dovecot behind a proxy."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable

from dev import dovecot


class Proxy:
    """A proxy for Dovecot that hides what matches ``hidden`` in each line it sends.

    A command that contains the word ``refuses`` is answered as Courier answers APPEND while a
    mailbox is open read-only. ``waiting`` is how many sessions are open that have been in IDLE.
    """

    def __init__(self, hidden: bytes = b"", refuses: bytes = b""):
        self.farewell: tuple[re.Pattern, Callable[[], object]] | None = None
        self.hidden = re.compile(hidden)
        self.refuses = refuses
        self.stalls: re.Pattern | None = None
        self.log_ins = 0
        self.most_at_once = 0
        self.waiting = 0
        self._flows = threading.Event()
        self._flows.set()
        self._guard = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._entering = 0
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.host, self.port = self._listening.getsockname()

    def __enter__(self) -> Proxy:
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.go_away()

    def settings(self) -> dict[str, object]:
        """Return what to enter in the wizard to read through here."""
        return {
            "imap_host": self.host,
            "imap_port": self.port,
            "imap_ssl": False,
            "imap_plain_allowed": True,
        }

    # -- its faults ---------------------------------------------------------------------------

    def stall(self) -> None:
        """Let nothing through in either direction: a connection that a firewall has dropped."""
        self._flows.clear()

    def stall_at(self, command: bytes) -> None:
        """Stall when a client says this for the next time."""
        self.stalls = re.compile(command)

    def resume(self) -> None:
        """Let everything through again, including what was held back."""
        self._flows.set()

    def say_goodbye(self, at: bytes, then: Callable[[], object]) -> None:
        """End one session at the first line that matches, as Gmail does when a token expires."""
        self.farewell = re.compile(at), then

    def go_away(self) -> None:
        """End all connections and accept no more, like a restarting server."""
        with contextlib.suppress(OSError):  # it is already down
            self._listening.shutdown(socket.SHUT_RDWR)  # or who is in accept() takes one more
        self._listening.close()
        self.resume()
        with self._guard:
            ended, self._sockets = self._sockets, set()
        for each in ended:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def come_back(self) -> None:
        """Accept connections again, on the same port; count from now on."""
        self.log_ins = self.most_at_once = 0
        self._listening = socket.create_server((self.host, self.port), backlog=200)
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    # -- what it does -------------------------------------------------------------------------

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            server = socket.create_connection((dovecot.PLAIN, dovecot.listening()["imap"]))
            with self._guard:
                self._sockets |= {client, server}
                self.log_ins += 1
                self._entering += 1
                self.most_at_once = max(self.most_at_once, self._entering)
            threading.Thread(target=self._serve, args=(server, client), daemon=True).start()
            threading.Thread(target=self._pass_on, args=(client, server), daemon=True).start()

    def _serve(self, server: socket.socket, client: socket.socket) -> None:
        """Forward what the server says; a client in IDLE, or one that has left, is not entering."""
        entering = True
        try:
            with server, client:
                for line in server.makefile("rb"):
                    if entering and line.startswith(b"+ idling"):
                        entering = False
                        self._entered()
                    self._flows.wait()
                    if self.farewell and self.farewell[0].search(line):
                        (_, then), self.farewell = self.farewell, None
                        then()
                        client.sendall(b"* BYE Session expired, please login again\r\n")
                        return
                    client.sendall(self.hidden.sub(b"", line) if self.hidden.pattern else line)
        except OSError:
            pass
        finally:
            with self._guard:
                if entering:
                    self._entering -= 1
                else:
                    self.waiting -= 1

    def _entered(self) -> None:
        with self._guard:
            self._entering -= 1
            self.waiting += 1

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError), client, server:
            for line in client.makefile("rb"):
                if self.stalls and self.stalls.search(line):
                    self.stalls = None
                    self.stall()
                self._flows.wait()
                if self.refuses and self.refuses in line:
                    tag = line.partition(b" ")[0]
                    client.sendall(tag + b" NO Current box is selected READ-ONLY.\r\n")
                else:
                    server.sendall(line)
