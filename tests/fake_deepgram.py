"""A scripted stand-in for Deepgram's live websocket, driven by the test."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from http import HTTPStatus

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response


class FakeDeepgram:
    """Accepts connections, remembers what they sent, and says what the test tells it to say."""

    def __init__(self) -> None:
        self.base_url = ""
        self.refusals: list[HTTPStatus] = []
        self.queries: list[str] = []
        self.extensions: list[str] = []
        self.authorizations: list[str] = []
        self.audio: list[bytes] = []
        """All audio of each connection."""
        self.messages: list[str] = []
        """Types of the control messages, of all connections."""
        self.connection: ServerConnection | None = None
        self.close_code: int | None = None
        """Every connection is closed with it as soon as it is open, behind `last_words`."""
        self.last_words = ""
        self._changed = asyncio.Condition()

    def refuse(self, connection: ServerConnection, request: Request) -> Response | None:
        """Refuse the handshake if the test wants it."""
        self.queries.append(request.path)
        self.extensions.append(request.headers.get("Sec-WebSocket-Extensions", ""))
        self.authorizations.append(request.headers.get("Authorization", ""))
        if self.refusals:
            return connection.respond(self.refusals.pop(0), "no")
        return None

    async def handle(self, connection: ServerConnection) -> None:
        """Listen to one connection."""
        self.connection = connection
        self.audio.append(b"")
        await self._notify()
        if self.close_code is not None:
            if self.last_words:
                await self.say(self.last_words)
            await connection.close(self.close_code)
            return
        try:
            async for message in connection:
                if isinstance(message, bytes):
                    self.audio[-1] += message
                    await self.take_audio(connection, message)
                else:
                    self.messages.append(json.loads(message)["type"])
                    await self.take_message(connection, self.messages[-1])
                await self._notify()
        except ConnectionClosed:
            pass

    async def take_audio(self, connection: ServerConnection, audio: bytes) -> None:
        """Look at a message of audio; Deepgram takes any."""

    async def take_message(self, connection: ServerConnection, kind: str) -> None:
        """Look at a control message; the test answers it."""

    async def until(self, *, connections: int = 0, audio_bytes: int = 0, message: str = "") -> None:
        """Wait until that much has happened: audio of the present connection, a message ever."""
        async with asyncio.timeout(10), self._changed:
            await self._changed.wait_for(
                lambda: (
                    len(self.audio) >= connections
                    and (not audio_bytes or len(self.audio[-1]) >= audio_bytes)
                    and (not message or message in self.messages)
                )
            )

    async def say(
        self,
        text: str,
        *,
        is_final: bool = True,
        from_finalize: bool = False,
        span_secs: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        """Send a Results message that covers a span of the connection's audio."""
        assert self.connection
        start, end = span_secs
        await self.connection.send(
            json.dumps(
                {
                    "type": "Results",
                    "channel_index": [0, 1],
                    "start": start,
                    "duration": end - start,
                    "is_final": is_final,
                    "speech_final": is_final,
                    "from_finalize": from_finalize,
                    "channel": {"alternatives": [{"transcript": text, "confidence": 1.0}]},
                }
            )
        )

    async def send(self, raw: str | bytes) -> None:
        """Send anything."""
        assert self.connection
        await self.connection.send(raw)

    def drop(self) -> None:
        """Cut the present connection without a closing handshake."""
        assert self.connection
        self.connection.transport.abort()

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()


@asynccontextmanager
async def open_fake_deepgram() -> AsyncGenerator[FakeDeepgram]:
    """Serve on a free port of the loopback interface."""
    fake = FakeDeepgram()
    async with serve(fake.handle, "127.0.0.1", 0, process_request=fake.refuse) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        fake.base_url = f"ws://127.0.0.1:{port}"
        yield fake
