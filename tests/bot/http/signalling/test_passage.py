"""One connection between a caller and LiveKit; how it misbehaves is in test_signalling.py."""

from __future__ import annotations

import asyncio
import time

from starlette.types import Message
from websockets.asyncio.client import connect

from bot.http.signalling.passage import Passage, SignallingLimits
from tests.bot.http.fake_livekit import fake_livekit


async def test_messages_and_the_end_go_through() -> None:
    sent = asyncio.Queue[Message]()
    said: list[Message] = [
        {"type": "websocket.receive", "text": "hello"},
        {"type": "websocket.disconnect", "code": 4001, "reason": "enough"},
    ]

    async def receive() -> Message:
        if len(said) == 1:
            # Not before the first one has come back.
            assert await sent.get() == {"type": "websocket.accept"}
            assert await sent.get() == {"type": "websocket.send", "text": "hello"}
        return said.pop(0)

    async with fake_livekit() as livekit:
        connection = await connect(livekit.url, proxy=None, ping_interval=None)
        limits = SignallingLimits()
        await Passage(connection, receive, sent.put, limits, time.monotonic).run()
        async with asyncio.timeout(10.0):
            while not livekit.ends:  # noqa: ASYNC110 - another task's list
                await asyncio.sleep(0.01)
        assert livekit.ends == [(4001, "enough")]
    assert sent.empty()
