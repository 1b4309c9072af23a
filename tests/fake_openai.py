"""A scripted stand-in for OpenAI's HTTP interface: each request gets the next answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class FakeOpenAI:
    """Serves `answers` in order and remembers the request bodies.

    A request for speech is answered by `speech`, if that is set, and remembered apart.
    """

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.requests: list[dict[str, Any]] = []
        self.speech: Answer | None = None
        self.speech_requests: list[dict[str, Any]] = []
        self.aborted = 0
        self.base_url = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        if self.speech and request.path.endswith("/audio/speech"):
            self.speech_requests.append(await request.json())
            return await self.speech(request)
        self.requests.append(await request.json())
        try:
            return await self.answers.pop(0)(request)
        except (ConnectionError, asyncio.CancelledError):
            self.aborted += 1
            raise


@asynccontextmanager
async def open_fake_openai() -> AsyncGenerator[FakeOpenAI]:
    """Serve on a free port of the loopback interface."""
    fake = FakeOpenAI()
    app = web.Application()
    app.router.add_post("/v1/{path:.*}", fake.handle)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    fake.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield fake
    finally:
        await runner.cleanup()


def status(code: int, error_code: str = "") -> Answer:
    """Refuse with an HTTP status, in OpenAI's error shape."""

    async def answer(_: web.Request) -> web.StreamResponse:
        body = {"error": {"message": "the words of the caller", "code": error_code or None}}
        return web.json_response(body, status=code)

    return answer


def hang(_: web.Request | None = None) -> Answer:
    """Take the request and never answer."""

    async def answer(_: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    return answer


def pcm(*chunks: bytes, content_type: str = "audio/pcm", then_hang: bool = False) -> Answer:
    """Stream audio."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": content_type})
        await response.prepare(request)
        for chunk in chunks:
            await response.write(chunk)
        if then_hang:
            await asyncio.Event().wait()
        return response

    return answer


def chat(*deltas: dict[str, Any], then_hang: bool = False, is_cut: bool = False) -> Answer:
    """Stream a completion whose chunks carry these deltas."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        for delta in deltas:
            chunk = {
                "id": "c",
                "object": "chat.completion.chunk",
                "created": 1,
                "model": "m",
                "choices": [{"index": 0, "delta": delta, "finish_reason": None}],
            }
            await response.write(f"data: {json.dumps(chunk)}\n\n".encode())
        if then_hang:
            await asyncio.Event().wait()
        if is_cut:
            assert request.transport
            request.transport.abort()
            return response
        await response.write(b"data: [DONE]\n\n")
        return response

    return answer


def text(*words: str) -> list[dict[str, Any]]:
    """Deltas of a reply in words."""
    return [{"content": word} for word in words]


def call(name: str, arguments: str) -> list[dict[str, Any]]:
    """Deltas of a tool call, its arguments in two pieces."""
    middle = len(arguments) // 2
    return [
        {
            "tool_calls": [
                {
                    "index": 0,
                    "id": "call_1",
                    "type": "function",
                    "function": {"name": name, "arguments": arguments[:middle]},
                }
            ]
        },
        {"tool_calls": [{"index": 0, "function": {"arguments": arguments[middle:]}}]},
    ]
