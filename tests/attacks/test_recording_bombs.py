"""Small recordings that ask for much: the bot's memory stays, and the next one is heard."""

from __future__ import annotations

import asyncio

import psutil
import pytest

from processors.room.pre_connect_decoder import DecodingError, PreConnectDecoder
from tests.attacks.recording_bombs import BOMBS
from tests.processors.room.test_pre_connect_helper import encoded

_MAX_GROWTH_BYTES = 30 * 2**20


async def decoded(data: bytes) -> bytes:
    decoder = PreConnectDecoder(sample_rate_hz=16_000, max_secs=12.0)
    try:
        return await decoder.decode(
            data, mime_type="audio/webm", attributes={"sampleRate": "48000", "channels": "2"}
        )
    finally:
        await decoder.close()


@pytest.mark.promise(
    "Limits",
    "A recording from before the connection that is made to do harm costs nothing but itself.",
)
@pytest.mark.parametrize("name", BOMBS)
async def test_a_bomb_costs_the_bot_nothing(name: str) -> None:
    bomb = BOMBS[name]()
    before = psutil.Process().memory_info().rss
    peaks = [before]

    async def watch() -> None:
        while True:
            peaks.append(psutil.Process().memory_info().rss)
            await asyncio.sleep(0.005)

    watching = asyncio.create_task(watch())
    try:
        pcm = await decoded(bomb)
    except DecodingError as error:
        assert "too long" not in str(error)
        pcm = b""
    watching.cancel()
    assert len(pcm) < 2 * 16_000 * 2
    assert max(peaks) - before < _MAX_GROWTH_BYTES


async def test_after_a_bomb_the_next_recording_is_heard() -> None:
    with pytest.raises(DecodingError):
        await decoded(BOMBS["mp4: 4 tracks of 5 million"]())
    assert len(await decoded(encoded("mp4", "aac"))) > 15_000
