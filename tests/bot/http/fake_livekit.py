"""A server in LiveKit's place, which does to its signalling whatever a test wants."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

Behaviour = Callable[[ServerConnection], Awaitable[None]]


async def echo(connection: ServerConnection) -> None:
    """Say again what is said."""
    async for message in connection:
        await connection.send(message)


@dataclass
class FakeLiveKit:
    """What it does, and what it has seen."""

    behaviour: Behaviour = echo
    refusal: tuple[HTTPStatus, str] | None = None
    hangs_at_start: bool = False
    asked: list[Request] = field(default_factory=list[Request])
    ends: list[tuple[int | None, str | None]] = field(
        default_factory=list[tuple[int | None, str | None]]
    )
    url: str = ""
    is_over: asyncio.Event = field(default_factory=asyncio.Event)

    async def open(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer the request that begins a connection, or any other."""
        self.asked.append(request)
        if self.hangs_at_start:
            await self.is_over.wait()
        if self.refusal is not None:
            return connection.respond(*self.refusal)
        if "Upgrade" not in request.headers:
            return connection.respond(HTTPStatus.OK, "success")
        return None

    async def talk(self, connection: ServerConnection) -> None:
        """Do it, and keep how it ended."""
        try:
            await self.behaviour(connection)
        finally:
            await connection.wait_closed()
            self.ends.append((connection.close_code, connection.close_reason))

    def only_path(self) -> str:
        """Return what was asked for, once."""
        (request,) = self.asked
        return request.path


@asynccontextmanager
async def fake_livekit() -> AsyncGenerator[FakeLiveKit]:
    """Serve while the block runs."""
    livekit = FakeLiveKit()
    async with serve(
        livekit.talk, "127.0.0.1", 0, process_request=livekit.open, ping_interval=None, max_queue=1
    ) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        livekit.url = f"ws://127.0.0.1:{port}"
        try:
            yield livekit
        finally:
            livekit.is_over.set()
