"""A TCP proxy on loopback that counts what passes it: a second opinion on our counters."""

from __future__ import annotations

import selectors
import socket
import threading


class CountingProxy:
    """Forwards one connection at a time to an address, and counts.

    A round trip is an answer of the server to something that the client said; TCP's own is one too.
    A server that speaks first, and a client that does not wait for the answer, make none.
    """

    def __init__(self, host: str, port: int):
        self.target = host, port
        self.round_trips = self.bytes = 0
        # The proxy has the server's address, so the server's certificate is valid for it, too.
        self.ended = threading.Event()
        self.listener = socket.create_server((host, 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> CountingProxy:
        return self

    def __exit__(self, *_: object) -> None:
        self.listener.close()

    def take(self) -> tuple[int, int]:
        """Return round trips and bytes of the connection that has ended; reset the counters."""
        self.ended.wait(5)
        self.ended.clear()
        found = self.round_trips, self.bytes
        self.round_trips = self.bytes = 0
        return found

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.round_trips += 1
            with client, socket.create_connection(self.target) as server:
                self._forward(client, server)
            self.ended.set()

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        last: socket.socket = server
        with selectors.DefaultSelector() as ready:
            ready.register(client, selectors.EVENT_READ, server)
            ready.register(server, selectors.EVENT_READ, client)
            while True:
                for key, _ in ready.select():
                    try:
                        data = key.fileobj.recv(1 << 16)
                        key.data.sendall(data)
                    except OSError:
                        return
                    if not data:
                        return
                    self.bytes += len(data)
                    self.round_trips += key.fileobj is server and last is client
                    last = key.fileobj
