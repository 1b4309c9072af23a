"""A scripted stand-in for a server with OpenAI's transcription endpoint, driven by the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web
from aiohttp.multipart import BodyPartReader

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Upload:
    """One request."""

    fields: dict[str, str]
    audio: bytes
    """The WAV file."""
    key: str


class FakeWhisperServer:
    """Holds each request until the test answers it."""

    def __init__(self) -> None:
        self.base_url = ""
        self.refusals: list[int] = []
        """HTTP statuses of the next answers."""
        self.uploads: list[Upload] = []
        self.open_requests = 0
        self._answers = asyncio.Queue[Answer]()
        self._changed = asyncio.Condition()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Take an upload."""
        fields: dict[str, str] = {}
        audio = b""
        async for part in await request.multipart():
            assert isinstance(part, BodyPartReader)
            if part.name == "file":
                audio = bytes(await part.read())
            else:
                fields[part.name or ""] = await part.text()
        self.uploads.append(Upload(fields, audio, request.headers.get("Authorization", "")))
        async with self._changed:
            self._changed.notify_all()
        if self.refusals:
            status = self.refusals.pop(0)
            return web.json_response(
                {"error": {"message": "said: hello", "code": 1}}, status=status
            )
        self.open_requests += 1
        try:
            return await (await self._answers.get())(request)
        finally:
            self.open_requests -= 1

    async def until(self, *, uploads: int) -> None:
        """Wait for so many requests since the beginning."""
        async with asyncio.timeout(10), self._changed:
            await self._changed.wait_for(lambda: len(self.uploads) >= uploads)

    def say(self, text: str) -> None:
        """Answer the next request, or the one that waits, with words."""
        self.give(lambda _: _later(web.json_response({"text": text})))

    def send(self, raw: str | bytes, content_type: str = "application/json") -> None:
        """Answer with anything."""
        body = raw.encode() if isinstance(raw, str) else raw
        self.give(lambda _: _later(web.Response(body=body, content_type=content_type)))

    def drop(self) -> None:
        """Cut the connection of a request."""
        self.give(_cut)

    def give(self, answer: Answer) -> None:
        """Answer the next request, or the one that waits."""
        self._answers.put_nowait(answer)


async def _later(response: web.Response) -> web.StreamResponse:
    return response


async def _cut(request: web.Request) -> web.StreamResponse:
    assert request.transport
    request.transport.abort()
    return web.Response()


@asynccontextmanager
async def open_fake_whisper_server() -> AsyncGenerator[FakeWhisperServer]:
    """Serve on a free port of the loopback interface."""
    fake = FakeWhisperServer()
    app = web.Application(client_max_size=2**24)
    app.router.add_post("/v1/audio/transcriptions", fake.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        fake.base_url = f"http://127.0.0.1:{port}/v1"
        yield fake
    finally:
        await runner.cleanup()
