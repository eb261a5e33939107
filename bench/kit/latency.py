"""A TCP proxy on loopback, in a process of its own, that makes a server seem far away."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator

from dev.paths import PYTHON, ROOT


class _Way(asyncio.Protocol):
    """One direction of a connection: what arrives leaves later on the other side."""

    def __init__(self, delay: float, first: float = 0.0):
        self.delay = delay
        self.first = first
        self.other: asyncio.Transport | None = None
        self.held: list[bytes] = []
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        delay, self.first = self.delay + self.first, 0.0
        asyncio.get_running_loop().call_later(delay, self._pass, data)

    def connection_lost(self, error: Exception | None) -> None:
        asyncio.get_running_loop().call_later(self.delay, self._end)

    def _pass(self, data: bytes) -> None:
        if self.other is None:
            self.held.append(data)
        elif not self.other.is_closing():
            self.other.write(data)

    def _end(self) -> None:
        if self.other is not None:
            self.other.close()


class _Client(_Way):
    """The client's side. TCP's own round trip, which loopback does not have, comes first."""

    def __init__(self, host: str, port: int, round_trip: float):
        super().__init__(round_trip / 2, first=round_trip)
        self.target = host, port

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.dialling = asyncio.ensure_future(self._dial())

    async def _dial(self) -> None:
        loop, server = asyncio.get_running_loop(), _Way(self.delay)
        server.other = self.transport
        try:
            self.other, _ = await loop.create_connection(lambda: server, *self.target)
        except OSError:
            self.transport.close()
            return
        for data in self.held:
            self.other.write(data)


async def serve(host: str, port: int, round_trip: float) -> None:
    """Serve until this process is ended; print the port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: _Client(host, port, round_trip), host, 0, backlog=1000
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextlib.contextmanager
def away(host: str, port: int, round_trip: float) -> Iterator[int]:
    """Yield a port of the same host behind which the server is that many seconds away."""
    command = [PYTHON, "-m", "bench.kit.latency", host, str(port), str(round_trip)]
    process = subprocess.Popen(
        ["setpriv", "--pdeathsig=TERM", "--", *command], cwd=ROOT, stdout=subprocess.PIPE
    )
    try:
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
