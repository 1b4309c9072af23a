"""A scripted stand-in for AssemblyAI's streaming websocket, as strict as the real one."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from typing_extensions import override
from websockets.asyncio.server import ServerConnection, serve

from tests.fake_deepgram import FakeDeepgram

_LEAST_SECS, _MOST_SECS = 0.05, 1.0
"""Of audio in a message."""


class FakeAssemblyAI(FakeDeepgram):
    """Speaks version 3: a turn has partial words, then its end, raw and formatted."""

    def __init__(self) -> None:
        super().__init__()
        self.sample_rate_hz = 16_000
        self.violations = 0
        """Messages of audio that were too short or too long."""
        self.is_strict = True
        """It ends a session that sends such a one."""
        self.refusal = ""
        """Why each connection is refused, which it tells behind the handshake."""
        self._turn = 0

    @override
    async def handle(self, connection: ServerConnection) -> None:
        """Greet, then listen to one connection."""
        if self.refusal:
            error = {"type": "Error", "error_code": 1008, "error": self.refusal}
            await connection.send(json.dumps(error))
            await connection.close(1008, "See Error message for details")
            return
        await connection.send(json.dumps({"type": "Begin", "id": "x", "expires_at": 2e9}))
        await super().handle(connection)

    @override
    async def take_audio(self, connection: ServerConnection, audio: bytes) -> None:
        """End a session that breaks the rule."""
        if not _LEAST_SECS <= len(audio) / (2 * self.sample_rate_hz) <= _MOST_SECS:
            self.violations += 1
            if not self.is_strict:
                return
            await connection.send('{"type":"Error","error_code":3007,"error":"Input duration"}')
            await connection.close(3007)

    @override
    async def take_message(self, connection: ServerConnection, kind: str) -> None:
        """Say goodbye; the test answers all else."""
        if kind == "Terminate":
            farewell = {"audio_duration_seconds": 1, "session_duration_seconds": 1}
            await connection.send(json.dumps({"type": "Termination", **farewell}))

    @override
    async def say(
        self,
        text: str,
        *,
        is_final: bool = True,
        from_finalize: bool = False,
        span_secs: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        """Send a turn's words; its end comes raw first."""
        del from_finalize
        if is_final and text:
            await self.send(self.turn(text.lower().strip("."), span_secs, is_end=True))
        await self.send(self.turn(text, span_secs, is_end=is_final, is_formatted=is_final))
        self._turn += is_final

    def turn(
        self,
        text: str,
        span_secs: tuple[float, float],
        *,
        is_end: bool = False,
        is_formatted: bool = False,
    ) -> str:
        """Write a Turn message; until its end the last word may change."""
        words = text.split()
        step = (span_secs[1] - span_secs[0]) / max(1, len(words))
        listed: list[dict[str, Any]] = [
            {
                "text": word,
                "start": round(1000 * (span_secs[0] + at * step)),
                "end": round(1000 * (span_secs[0] + (at + 1) * step)),
                "confidence": 0.9,
                "word_is_final": is_end or at + 1 < len(words),
            }
            for at, word in enumerate(words)
        ]
        return json.dumps(
            {
                "type": "Turn",
                "turn_order": self._turn,
                "turn_is_formatted": is_formatted,
                "end_of_turn": is_end,
                "transcript": text if is_end else " ".join(words[:-1]),
                "end_of_turn_confidence": 0.9,
                "words": listed,
            }
        )


@asynccontextmanager
async def open_fake_assemblyai() -> AsyncGenerator[FakeAssemblyAI]:
    """Serve on a free port of the loopback interface."""
    fake = FakeAssemblyAI()
    async with serve(fake.handle, "127.0.0.1", 0, process_request=fake.refuse) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        fake.base_url = f"ws://127.0.0.1:{port}"
        yield fake
