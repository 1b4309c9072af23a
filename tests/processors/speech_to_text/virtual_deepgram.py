"""Deepgram's live endpoint without a network, so that a test may run in virtual time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

from typing_extensions import override
from websockets.asyncio.client import ClientConnection
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.http11 import Response

from processors.speech_to_text.deepgram import DeepgramSpeechToText
from processors.speech_to_text.deepgram_socket import DeepgramSocket
from processors.speech_to_text.live_socket import LiveSocket

IDLE_SECS = 10.0
"""Deepgram closes a connection to which nothing is sent for that long."""

_ANSWER_SECS = 0.01
"""A connection whose first message ends it has been there."""


class VirtualConnection:
    """One websocket, seen from the client."""

    def __init__(self, answers: list[str] | None = None) -> None:
        self.audio = b""
        self.kinds: list[str] = []
        """Types of the control messages."""
        self.takes_bytes = True
        """Else what is sent stays on the client's side."""
        self.holds_sender = False
        """Whoever sends waits for ever."""
        self._untaken_bytes = 0
        self.transport = SimpleNamespace(
            get_write_buffer_size=lambda: self._untaken_bytes, abort=self.end
        )
        self._messages = asyncio.Queue[str | None]()
        self._last_secs = _now_secs()
        for answer in answers or []:
            asyncio.get_running_loop().call_later(_ANSWER_SECS, self.send_raw, answer)

    async def send(self, message: str | bytes) -> None:
        """Take what the client sends."""
        if self.holds_sender:
            await asyncio.Event().wait()
        self._last_secs = _now_secs()
        if not self.takes_bytes:
            self._untaken_bytes += len(message)
        elif isinstance(message, bytes):
            self.audio += message
        else:
            self.kinds.append(json.loads(message)["type"])

    def say(
        self,
        text: str,
        *,
        is_final: bool = True,
        from_finalize: bool = False,
        span_secs: tuple[float, float] | None = None,
    ) -> None:
        """Send a result about a part of the audio; None: about all of it."""
        start, end = span_secs or (0.0, len(self.audio) / 32_000)
        result = {
            "type": "Results",
            "start": start,
            "duration": end - start,
            "is_final": is_final,
            "from_finalize": from_finalize,
            "channel": {"alternatives": [{"transcript": text}]},
        }
        self.send_raw(json.dumps(result))

    def send_raw(self, raw: str) -> None:
        """Send anything."""
        self._messages.put_nowait(raw)

    def end(self) -> None:
        """The connection is gone."""
        self._messages.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[str]:
        """Yield what the server says until it hangs up."""
        while True:
            left_secs = self._last_secs + IDLE_SECS - _now_secs()
            if left_secs <= 0:
                raise ConnectionClosedError(None, None)
            try:
                message = await asyncio.wait_for(self._messages.get(), left_secs)
            except TimeoutError:
                continue
            if message is None:
                return
            yield message


class VirtualDeepgram:
    """Accepts connections, or is away."""

    kind = VirtualConnection

    def __init__(self) -> None:
        self.is_away = False
        self.refusal: tuple[int, list[tuple[str, str]]] | None = None
        """Status and headers with which handshakes are refused."""
        self.fault: Exception | None = None
        """What a handshake fails with, on this side."""
        self.takes_secs = 0.0
        """For a handshake."""
        self.lives_secs: float | None = None
        """The server ends each connection after that long."""
        self.answers: list[str] = []
        """Said at the beginning of every connection."""
        self.takes_bytes = True
        """Of connections to come."""
        self.connections: list[VirtualConnection] = []
        self.attempts_secs: list[float] = []

    @asynccontextmanager
    async def open(
        self, socket: Callable[[ClientConnection], LiveSocket] = DeepgramSocket
    ) -> AsyncGenerator[LiveSocket]:
        """Connect."""
        self.attempts_secs.append(_now_secs())
        await asyncio.sleep(self.takes_secs)
        if self.is_away:
            raise ConnectionRefusedError
        if self.fault:
            raise self.fault
        if self.refusal:
            status, headers = self.refusal
            raise InvalidStatus(Response(status, "No", Headers(headers), b"{}"))
        connection = self.kind(self.answers)
        connection.takes_bytes = self.takes_bytes
        self.connections.append(connection)
        if self.lives_secs is not None:
            asyncio.get_running_loop().call_later(self.lives_secs, connection.end)
        yield socket(cast(Any, connection))


class VirtualService(DeepgramSpeechToText):
    """The real service but for the network."""

    def __init__(self, server: VirtualDeepgram) -> None:
        super().__init__(api_key="secret")
        self._server = server

    @override
    def open_socket(self) -> AbstractAsyncContextManager[LiveSocket]:
        return self._server.open()


def _now_secs() -> float:
    return asyncio.get_running_loop().time()
