"""A scripted stand-in for Deepgram's Flux (`/v2/listen`), as strict as the real one."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from typing_extensions import override
from websockets.asyncio.server import ServerConnection, serve

from tests.fake_deepgram import FakeDeepgram

KNOWN = ("ForceEndTurn", "CloseStream", "Configure")
"""A connection ends at any other message, as at those of the older protocol."""


def turn_info(
    event: str,
    text: str,
    window_secs: tuple[float, float],
    *,
    confidence: float = 0.1,
    turn_index: int = 0,
    sequence_id: int = 0,
) -> dict[str, Any]:
    """Write a TurnInfo message; its words fill the window."""
    start, end = window_secs
    words = text.split()
    step = (end - start) / max(1, len(words))
    return {
        "type": "TurnInfo",
        "request_id": "a-request",
        "sequence_id": sequence_id,
        "event": event,
        "turn_index": turn_index,
        "audio_window_start": start,
        "audio_window_end": end,
        "transcript": text,
        "words": [
            {
                "word": word,
                "confidence": 0.9,
                "start": start + at * step,
                "end": start + (at + 1) * step,
            }
            for at, word in enumerate(words)
        ],
        "end_of_turn_confidence": confidence,
        **({"trigger": "manual"} if event == "EndOfTurn" else {}),
    }


NO_TURN = {
    "type": "Warning",
    "request_id": "a-request",
    "sequence_id": 0,
    "code": "FORCE_END_TURN_NO_ACTIVE_TURN",
    "description": "no turn is on",
}
CONNECTED = {"type": "Connected", "request_id": "a-request", "sequence_id": 0}


class FakeFlux(FakeDeepgram):
    """Turns in the place of results."""

    def __init__(self) -> None:
        super().__init__()
        self._turn = 0

    @override
    async def handle(self, connection: ServerConnection) -> None:
        """Greet, then listen to one connection."""
        await connection.send(json.dumps(CONNECTED))
        await super().handle(connection)

    @override
    async def take_message(self, connection: ServerConnection, kind: str) -> None:
        """End a connection that brings what is not of this protocol."""
        if kind not in KNOWN:
            error = {"code": "UNPARSABLE_CLIENT_MESSAGE", "description": kind, "sequence_id": 0}
            await connection.send(json.dumps({"type": "Error", **error}))
            await connection.close(1008)

    @override
    async def say(
        self,
        text: str,
        *,
        is_final: bool = True,
        from_finalize: bool = False,
        span_secs: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        """Send a turn's words; without words none was on, and the audio behind shows none."""
        if is_final and not text:
            await self.send(json.dumps(NO_TURN))
            span_secs = (span_secs[1], span_secs[1] + 0.2)
        event = "EndOfTurn" if is_final and text else "Update"
        await self.tell(event, text, span_secs, confidence=0.3 if from_finalize else 0.9)

    async def tell(
        self, event: str, text: str, span_secs: tuple[float, float], *, confidence: float = 0.1
    ) -> None:
        """Send any event."""
        message = turn_info(event, text, span_secs, confidence=confidence, turn_index=self._turn)
        await self.send(json.dumps(message))
        self._turn += event == "EndOfTurn"


@asynccontextmanager
async def open_fake_flux() -> AsyncGenerator[FakeFlux]:
    """Serve on a free port of the loopback interface."""
    fake = FakeFlux()
    async with serve(fake.handle, "127.0.0.1", 0, process_request=fake.refuse) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        fake.base_url = f"ws://127.0.0.1:{port}"
        yield fake
