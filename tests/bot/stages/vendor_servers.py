"""Every vendor's server on loopback, as small as a question needs, kind or as unkind as told."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
SPEECH = bytes(2_000)


@dataclass
class VendorServer:
    """What it was asked."""

    port: int = 0
    requests: list[web.Request] = field(default_factory=list[web.Request])
    bodies: list[bytes] = field(default_factory=list[bytes])

    def url(self, scheme: str) -> str:
        return f"{scheme}://127.0.0.1:{self.port}"


@asynccontextmanager
async def open_vendor_server(*handlers: tuple[str, Handler]) -> AsyncGenerator[VendorServer]:
    """Serve until the block ends.

    Args:
        handlers: Each for the paths that hold its text; the first that fits answers.
    """
    server = VendorServer()

    async def handle(request: web.Request) -> web.StreamResponse:
        server.requests.append(request)
        if request.method == "POST":
            server.bodies.append(await request.read())
        for path, handler in handlers:
            if path in request.path:
                return await handler(request)
        return web.json_response({"error": {"message": "private words"}}, status=404)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.port = runner.addresses[0][1]
    try:
        yield server
    finally:
        await runner.cleanup()


def events(*data: object, ends: bool = True) -> Handler:
    """Server-sent events, then the end or nothing more for ever."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        for one in data:
            await response.write(f"event: x\ndata: {json.dumps(one)}\n\n".encode())
        if not ends:
            await asyncio.Event().wait()
        return response

    return answer


def json_answer(body: object, *, status: int = 200) -> Handler:
    """A JSON document."""

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.json_response(body, status=status)

    return answer


async def speech(_: web.Request) -> web.StreamResponse:
    """A little silence."""
    return web.Response(body=SPEECH, content_type="audio/l16")


def socket(*messages: object, after: int = 1, close: int | None = None) -> Handler:
    """A websocket that says something.

    Args:
        messages: What it says.
        after: So many messages of the client.
        close: With this code, then; None waits for the client to leave.
    """

    async def answer(request: web.Request) -> web.StreamResponse:
        accepted = web.WebSocketResponse()
        await accepted.prepare(request)
        for _ in range(after):
            if (await accepted.receive()).type is web.WSMsgType.CLOSE:
                return accepted
        for message in messages:
            await accepted.send_json(message)
        if close is not None:
            await accepted.close(code=close)
        async for _ in accepted:
            pass
        return accepted

    return answer


def audio_message(**more: object) -> dict[str, object]:
    """Speech as the voices with a websocket send it."""
    return {"audio": base64.b64encode(SPEECH).decode(), **more}


def refuse(status: int, error: object = None) -> Handler:
    """An HTTP error, of a handshake too."""
    return json_answer({"error": error or {"message": "private words"}}, status=status)


async def hang(_: web.Request) -> web.StreamResponse:
    """Take the request and say nothing."""
    await asyncio.Event().wait()
    raise AssertionError
