"""Runs a stand-in of a voice that is asked over a websocket."""

from __future__ import annotations

import asyncio
import http
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

from typing_extensions import override
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from tests.services.stand_ins.speech import Ending, VoiceServer

Talk = Callable[[VoiceServer, ServerConnection], Awaitable[None]]


async def break_off(voice: VoiceServer, connection: ServerConnection, ending: Ending) -> None:
    """Say no more, or be gone."""
    if ending is Ending.HANG:
        await voice.hang()
    connection.transport.abort()


@asynccontextmanager
async def open_socket_voice(talk: Talk) -> AsyncGenerator[VoiceServer]:
    """Serve on a free port until the block ends.

    Args:
        talk: Speaks the vendor's protocol on one connection.
    """
    voice = VoiceServer()

    async def admit(connection: ServerConnection, request: Request) -> Response | None:
        voice.heads.append((request.path, dict(request.headers.raw_items())))
        voice.connections += 1
        if voice.hangs:
            await voice.hang()
        if not voice.refusal:
            return None
        status = http.HTTPStatus(voice.refusal)
        headers = Headers({"content-length": "2", **voice.refuse()})
        del connection
        return Response(status.value, status.phrase, headers, b"{}")

    async def handle(connection: ServerConnection) -> None:
        # One that is asked on and on stops somewhere, for the test to go on.
        if voice.closes and voice.connections < 50:
            await connection.close(voice.closes, "No")
            return
        with suppress(ConnectionClosed):
            await talk(voice, connection)

    ways: dict[str, Any] = {"process_request": admit, "close_timeout": 0.1}
    server = await serve(handle, "127.0.0.1", 0, create_connection=_kind_for(voice), **ways)
    drop = partial(_drop, server)
    voice.open_connections, voice.drop = lambda: len(server.connections), drop
    host, port = next(iter(server.sockets)).getsockname()
    voice.base_url = f"ws://{host}:{port}"
    try:
        yield voice
    finally:
        voice.over.set()
        server.close()
        drop()
        await asyncio.wait_for(server.wait_closed(), 2)


def _drop(server: Server) -> None:
    for connection in [*server.connections]:
        connection.transport.abort()


def _kind_for(voice: VoiceServer) -> type[ServerConnection]:
    class Connection(ServerConnection):
        """Writes what is written otherwise, if that is planned."""

        @override
        async def send(self, message: Any, *, text: bool | None = None) -> None:
            for one in voice.rewrite(message):
                await super().send(one, text=text)

        @override
        async def close(self, code: int = 1000, reason: str = "") -> None:
            if not (voice.stays_open and code == 1008):
                await super().close(code, reason)

    return Connection
