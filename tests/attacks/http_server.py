"""The real API on a real socket, on fake rooms, and raw connections to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.http.connections import ConnectionLimits
from bot.http.listener import bind
from bot.http.server import open_http_server
from tests.bot.http.api_client import Api, open_api

BRIEF = ConnectionLimits(request_secs=0.4, answer_secs=0.6)


@dataclass
class Wire:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, data: bytes) -> None:
        with suppress(ConnectionError):
            self.writer.write(data)

    async def answer(self, limit_secs: float = 5.0) -> bytes:
        """Return what comes until the connection ends or the time is over."""
        taken = bytearray()
        with suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(limit_secs):
                while chunk := await self.reader.read(65536):
                    taken += chunk
        return bytes(taken)

    async def status(self, limit_secs: float = 5.0) -> int:
        """Return the status of the next answer; 0 if the connection ends without one."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            async with asyncio.timeout(limit_secs):
                head = await self.reader.readuntil(b"\r\n\r\n")
                return int(head.split(b" ", 2)[1])
        return 0

    async def is_closed(self, within_secs: float = 5.0) -> bool:
        """Tell whether the server closes it in time, whatever it still says."""
        try:
            async with asyncio.timeout(within_secs):
                while await self.reader.read(65536):
                    pass
        except TimeoutError:
            return False
        except ConnectionError:
            return True
        return True


@dataclass
class Served:
    """The server under attack."""

    api: Api
    host: str
    port: int
    wires: list[Wire] = field(default_factory=list[Wire])

    async def connect(self, address: str = "127.0.0.1") -> Wire:
        """Connect from one of this machine's loopback addresses."""
        reader, writer = await asyncio.open_connection(
            self.host, self.port, local_addr=(address, 0), limit=2**20
        )
        self.wires.append(Wire(reader, writer))
        return self.wires[-1]

    async def ask(self, request: bytes, address: str = "127.0.0.1") -> int:
        """Send a whole request on a connection of its own; returns the status."""
        wire = await self.connect(address)
        wire.send(request)
        return await wire.status()


@asynccontextmanager
async def served(
    limits: ConnectionLimits = BRIEF, page_dir: Path = Path("no page"), **given: Any
) -> AsyncGenerator[Served]:
    """Serve with these settings while the block runs."""
    async with open_api(page_dir, **given) as api:
        with bind("127.0.0.1", 0) as listener:
            host, port = listener.getsockname()
            async with open_http_server(api.app, listener=listener, limits=limits):
                server = Served(api, host, port)
                try:
                    yield server
                finally:
                    for wire in server.wires:
                        wire.writer.transport.abort()


def request(
    method: str, path: str, body: bytes | None = None, *, keep: bool = False, **headers: Any
) -> bytes:
    """Return a request as it goes over the wire; `_` in names of headers is `-`."""
    fields = {"Host": "127.0.0.1", "Connection": "keep-alive" if keep else "close"}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    if body is not None:
        fields = {"Content-Type": "application/json", "Content-Length": str(len(body)), **fields}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + (body or b"")


HEALTH = request("GET", "/api/health")
