"""A provider of all three stages on loopback, as unkind as it is told to be."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

CHAT, SPEECH, MODELS, LISTEN = "/chat/completions", "/audio/speech", "/models", "/v1/listen"


@dataclass
class Provider:
    """What it was asked."""

    port: int
    requests: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Path and Authorization of each request."""
    bodies: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def settings(self) -> dict[str, Any]:
        """Settings that lead all three stages here."""
        return {
            "deepgram_base_url": f"ws://127.0.0.1:{self.port}",
            "openai_base_url": self.url,
            "openai_model": "tiny",
        }


@asynccontextmanager
async def open_provider(
    answers: Mapping[str, Handler] | None = None, *, prefix: str = "/v1"
) -> AsyncGenerator[Provider]:
    """Serve until the block ends.

    Args:
        answers: In place of the kind ones, by path.
        prefix: Of the paths of OpenAI's protocol.
    """
    given = {CHAT: token, SPEECH: audio, MODELS: models("tiny"), LISTEN: listen, **(answers or {})}
    provider = Provider(0)

    async def handle(request: web.Request) -> web.StreamResponse:
        provider.requests.append((request.path, request.headers.get("Authorization", "")))
        if request.method == "POST":
            provider.bodies.append(await request.json())
        path = request.path if request.path == LISTEN else request.path.removeprefix(prefix)
        is_known = path in given and (path == LISTEN or request.path.startswith(prefix))
        return await given[path](request) if is_known else web.Response(status=404)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    provider.port = runner.addresses[0][1]
    try:
        yield provider
    finally:
        await runner.cleanup()


async def token(request: web.Request) -> web.StreamResponse:
    """One token, then nothing for ever: whoever wants a token has it."""
    return await chunks({"role": "assistant", "content": ""}, {"content": "Hi"}, goes_on=True)(
        request
    )


def chunks(*deltas: dict[str, Any], goes_on: bool = False) -> Handler:
    """A stream of a completion."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        for delta in deltas:
            await response.write(
                f"data: {json.dumps({'choices': [{'delta': delta}]})}\n\n".encode()
            )
        if goes_on:
            await asyncio.Event().wait()
        await response.write(b"data: [DONE]\n\n")
        return response

    return answer


async def audio(_: web.Request) -> web.StreamResponse:
    """A little silence."""
    return web.Response(body=bytes(4800), content_type="audio/pcm")


def models(*names: str) -> Handler:
    """The list of models."""

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.json_response({"data": [{"id": name} for name in names]})

    return answer


async def listen(request: web.Request) -> web.StreamResponse:
    """An answer to CloseStream, as Deepgram gives it."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        if message.data == '{"type":"CloseStream"}':
            await socket.send_json({"type": "Metadata"})
            await socket.close()
    return socket


def refuse(status: int, code: str = "") -> Handler:
    """An error in OpenAI's form."""

    async def answer(_: web.Request) -> web.StreamResponse:
        error = {"message": "private words", "code": code or None}
        return web.json_response({"error": error}, status=status)

    return answer


def page(text: str, content_type: str = "text/html") -> Handler:
    """Success, and something quite different."""

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(text=text, content_type=content_type)

    return answer


async def hang(_: web.Request) -> web.StreamResponse:
    """Take the request and say nothing."""
    await asyncio.Event().wait()
    raise AssertionError


async def hang_up(request: web.Request) -> web.StreamResponse:
    """Close the connection."""
    assert request.transport
    request.transport.abort()
    return web.Response()


async def deaf(request: web.Request) -> web.StreamResponse:
    """Accept a websocket and never answer."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for _ in socket:
        pass
    return socket
