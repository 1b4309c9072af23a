"""A recogniser that hears a stream: what it tells, and the socket it tells it on."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from aiohttp import ClientConnectionResetError, WSMsgType, web

from bench.standin.line_finder import LineFinder
from bench.standin.script import Script
from bench.standin.spoken_words import SpokenWord, words_of


@dataclass(frozen=True)
class Told:
    """One message."""

    message: dict[str, Any]
    settled_secs: float = 0.0
    """End of the last word in the stream that this message makes final; 0.0 for none."""
    is_fatal: bool = False
    """The connection ends with it."""


class Ear(Protocol):
    """Hears audio, tells messages. Its only clock is the audio: all times are the stream's."""

    def expect(self, words: Sequence[SpokenWord]) -> None:
        """Take the words of a line that begins; each may be told when its audio has come."""
        ...

    def hear(self, until_secs: float) -> list[Told]:
        """Tell what the audio up to `until_secs` gives, in order."""
        ...

    def obey(self, order: dict[str, Any]) -> list[Told]:
        """Answer a control message."""
        ...

    def close(self) -> list[Told]:
        """Tell what a stream ends with."""
        ...


class LiveSocket:
    """One connection: audio in, the ear's messages out, each as late as the script says.

    Args:
        script: Knows the words, the delays and the log.
        socket: Of the client.
        ear: Of this connection.
        sample_rate_hz: Of its audio.
    """

    def __init__(
        self, *, script: Script, socket: web.WebSocketResponse, ear: Ear, sample_rate_hz: int
    ) -> None:
        self._script = script
        self._socket = socket
        self._ear = ear
        self._finder = LineFinder(script, sample_rate_hz)
        self._line_end_secs = 0.0
        self._outbox = asyncio.Queue[tuple[float, Told]]()

    async def serve(self) -> None:
        """Hear until the client closes the stream or leaves."""
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(self._send_all())
            async for message in self._socket:
                if message.type == WSMsgType.BINARY:
                    self._hear(message.data)
                elif message.type == WSMsgType.TEXT:
                    order = json.loads(message.data)
                    if order.get("type") == "CloseStream":
                        break
                    self._post(self._ear.obey(order))
            sending.cancel()
        for told in self._ear.close():
            await self._send(told)
        await self._socket.close()

    def _hear(self, pcm: bytes) -> None:
        found = self._finder.hear(pcm)
        if found is not None:
            line = found.line
            self._line_end_secs = found.start_secs + line.secs
            self._ear.expect(words_of(line.text, start_secs=found.start_secs, secs=line.secs))
        self._post(self._ear.hear(self._finder.heard_secs))

    def _post(self, told: Sequence[Told]) -> None:
        for each in told:
            delay_ms = self._script.drawn_ms("stt", self._script.delays.stt_final_ms)
            self._outbox.put_nowait((time.monotonic() + delay_ms / 1000, each))

    async def _send_all(self) -> None:
        while True:
            due_secs, told = await self._outbox.get()
            await asyncio.sleep(max(0.0, due_secs - time.monotonic()))
            await self._send(told)
            if told.settled_secs and told.settled_secs >= self._line_end_secs - 0.001:
                self._script.note("stt_final")

    async def _send(self, told: Told) -> None:
        if not self._socket.closed:
            with suppress(ClientConnectionResetError):
                await self._socket.send_str(json.dumps(told.message))
        if told.is_fatal:
            await self._socket.close()
