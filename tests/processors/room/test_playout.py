from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.room.playout import CHUNK_MS, Playout
from tests.fake_audio_source import FakeAudioSource
from tests.virtual_time import run_in_virtual_time

RATE_HZ = 24_000
QUEUE_MS = 200
CHUNK_SAMPLES = RATE_HZ * CHUNK_MS // 1000


def ramp(samples: int, start: int = 1) -> np.ndarray:
    """Audio in which every sample tells its own place."""
    return (np.arange(start, start + samples) % 30_000).astype(np.int16)


async def _nothing() -> None:
    pass


def with_playout(
    scenario: Callable[[Playout, FakeAudioSource], Awaitable[None]],
    *,
    broken: list[Exception] | None = None,
) -> None:
    async def note(error: Exception) -> None:
        assert broken is not None
        broken.append(error)

    async def main() -> None:
        source = FakeAudioSource(sample_rate_hz=RATE_HZ)
        playout = Playout(
            source=source,
            sample_rate_hz=RATE_HZ,
            queue_ms=QUEUE_MS,
            on_progress=_nothing,
            on_broken=note,
        )
        pump = asyncio.create_task(playout.run())
        try:
            await scenario(playout, source)
        finally:
            pump.cancel()

    run_in_virtual_time(main())


async def write_all(playout: Playout, audio: np.ndarray) -> list[bool]:
    chunks = [audio[i : i + CHUNK_SAMPLES] for i in range(0, len(audio), CHUNK_SAMPLES)]
    return [await playout.write(chunk.tobytes()) for chunk in chunks]


def test_everything_written_is_played_in_order() -> None:
    async def scenario(playout: Playout, source: FakeAudioSource) -> None:
        playout.open()
        audio = ramp(RATE_HZ)
        assert all(await write_all(playout, audio))
        assert await playout.drained()
        assert source.queued_duration == 0
        assert np.array_equal(source.played, audio)

    with_playout(scenario)


@pytest.mark.promise(
    "What the caller hears", "Speech is handed to the room just ahead of the ear, and no faster."
)
def test_the_source_is_never_filled_beyond_its_queue() -> None:
    async def scenario(playout: Playout, source: FakeAudioSource) -> None:
        playout.open()
        await write_all(playout, ramp(RATE_HZ))
        assert source.longest_queue_ms <= QUEUE_MS + 1

    with_playout(scenario)


@pytest.mark.promise(
    "What the caller hears", "Speech is handed to the room just ahead of the ear, and no faster."
)
def test_a_hiccup_of_the_event_loop_is_not_heard() -> None:
    async def scenario(playout: Playout, source: FakeAudioSource) -> None:
        playout.open()
        speaking = asyncio.create_task(write_all(playout, ramp(RATE_HZ)))
        await asyncio.sleep(0.5)
        # The source plays on by itself, from what it was given.
        assert source.queued_duration > 0.1
        assert all(await speaking)

    with_playout(scenario)


def test_nothing_is_captured_before_somebody_listens() -> None:
    async def scenario(playout: Playout, source: FakeAudioSource) -> None:
        write = asyncio.create_task(playout.write(ramp(CHUNK_SAMPLES).tobytes()))
        await asyncio.sleep(60)
        assert source.queued_duration == 0 and not write.done()
        assert not playout.is_audible
        playout.open()
        assert await write

    with_playout(scenario)


@pytest.mark.promise(
    "What the caller hears", "A paused reply goes on at the sample where it stopped."
)
@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 900), min_size=1, max_size=4), st.integers(10, 2500))
def test_pauses_lose_and_double_no_sample(pause_at_ms: list[int], length_ms: int) -> None:
    async def scenario(playout: Playout, source: FakeAudioSource) -> None:
        playout.open()
        audio = ramp(RATE_HZ * length_ms // 1000)
        writer = asyncio.create_task(write_all(playout, audio))
        for wait_ms in pause_at_ms:
            await asyncio.sleep(wait_ms / 1000)
            await playout.pause()
            assert source.queued_duration == 0
            await asyncio.sleep(0.3)
            assert source.queued_duration == 0
            playout.resume()
        assert all(await writer)
        assert await playout.drained()
        assert source.queued_duration == 0
        assert np.array_equal(source.played, audio)

    with_playout(scenario)


@pytest.mark.promise(
    "What the caller hears",
    "A caller who comes back within seconds hears the answer go on where it stopped for them.",
)
def test_a_hold_outlasts_every_pause_and_cut_and_loses_no_sample() -> None:
    async def scenario(playout: Playout, source: FakeAudioSource) -> None:
        playout.open()
        audio = ramp(RATE_HZ)
        writer = asyncio.create_task(write_all(playout, audio))
        await asyncio.sleep(0.3)
        await playout.pause()
        await playout.hold()
        played = playout.played_samples
        playout.resume()
        await playout.hold()
        await asyncio.sleep(60.0)
        assert playout.is_held and playout.is_audible
        assert (source.queued_duration, playout.played_samples) == (0, played)
        playout.release()
        assert all(await writer) and await playout.drained()
        assert np.array_equal(source.played, audio)
        await playout.hold()
        await playout.cut()
        late = asyncio.create_task(playout.write(audio.tobytes()))
        await asyncio.sleep(60.0)
        assert not late.done()
        playout.release()
        assert await late

    with_playout(scenario)


def test_a_cut_plays_nothing_more_and_tells_the_writer() -> None:
    async def scenario(playout: Playout, source: FakeAudioSource) -> None:
        playout.open()
        writer = asyncio.create_task(playout.write(ramp(RATE_HZ).tobytes()))
        await asyncio.sleep(0.5)
        await playout.cut()
        played = playout.played_samples
        assert await writer is False
        await asyncio.sleep(1)
        assert source.queued_duration == 0
        assert len(source.played) == played == playout.played_samples
        assert not playout.is_audible

    with_playout(scenario)


@pytest.mark.promise(
    "What the caller hears",
    "After an interruption nothing of the old reply is heard, and all of the new.",
)
def test_a_cut_during_a_pause_never_plays_the_held_rest() -> None:
    async def scenario(playout: Playout, source: FakeAudioSource) -> None:
        playout.open()
        writer = asyncio.create_task(playout.write(ramp(RATE_HZ).tobytes()))
        await asyncio.sleep(0.5)
        await playout.pause()
        held_at = len(source.played)
        await playout.cut()
        assert await writer is False
        assert await playout.write(np.full(CHUNK_SAMPLES, -1, np.int16).tobytes())
        await playout.drained()
        assert source.queued_duration == 0
        assert set(source.played[held_at:].tolist()) == {-1}

    with_playout(scenario)


def test_a_wait_for_the_end_is_ended_by_a_cut() -> None:
    async def scenario(playout: Playout, source: FakeAudioSource) -> None:
        playout.open()
        await playout.write(ramp(CHUNK_SAMPLES).tobytes())
        end = asyncio.create_task(playout.drained())
        await asyncio.sleep(0)
        await playout.cut()
        assert await end is False

    with_playout(scenario)


def test_a_cancelled_write_is_taken_back() -> None:
    async def scenario(playout: Playout, source: FakeAudioSource) -> None:
        write = asyncio.create_task(playout.write(ramp(RATE_HZ).tobytes()))
        await asyncio.sleep(0)
        write.cancel()
        with pytest.raises(asyncio.CancelledError):
            await write
        playout.open()
        await asyncio.sleep(1)
        assert playout.captured_samples == 0

    with_playout(scenario)


@pytest.mark.promise(
    "What the caller hears",
    "Speech the room does not take is lost alone; if it takes none, the call ends with a reason.",
)
@pytest.mark.parametrize(("refusals", "hangs"), [(1, 0), (10, 0), (0, 1), (2, 1)])
def test_a_source_that_loses_a_piece_is_heard_again(refusals: int, hangs: int) -> None:
    async def scenario(playout: Playout, source: FakeAudioSource) -> None:
        playout.open()
        await write_all(playout, ramp(CHUNK_SAMPLES))
        source.refusals, source.hangs = refusals, hangs
        audio = ramp(CHUNK_SAMPLES * 20, start=CHUNK_SAMPLES + 1)
        assert all(await write_all(playout, audio))
        assert await playout.drained()
        await asyncio.sleep(1.0)
        lost = (refusals + hangs) * CHUNK_SAMPLES
        expected = np.concatenate([ramp(CHUNK_SAMPLES), audio[lost:]])
        assert np.array_equal(source.played, expected)

    with_playout(scenario)


@pytest.mark.promise(
    "What the caller hears",
    "Speech the room does not take is lost alone; if it takes none, the call ends with a reason.",
)
@pytest.mark.parametrize(("refusals", "hangs"), [(10_000, 0), (0, 10_000)])
def test_a_source_that_does_not_recover_is_reported_once(refusals: int, hangs: int) -> None:
    broken: list[Exception] = []

    async def scenario(playout: Playout, source: FakeAudioSource) -> None:
        playout.open()
        source.refusals, source.hangs = refusals, hangs
        speaking = asyncio.create_task(write_all(playout, ramp(RATE_HZ * 60)))
        await asyncio.sleep(5.0)
        assert broken
        await asyncio.sleep(10.0)
        speaking.cancel()

    with_playout(scenario, broken=broken)
    assert len(broken) == 1


def test_after_a_lost_piece_an_interruption_still_cuts() -> None:
    async def scenario(playout: Playout, source: FakeAudioSource) -> None:
        playout.open()
        source.refusals = 3
        speaking = asyncio.create_task(write_all(playout, ramp(RATE_HZ)))
        await asyncio.sleep(0.5)
        await playout.cut()
        speaking.cancel()
        await asyncio.sleep(0.1)
        new = np.full(RATE_HZ // 10, -7, np.int16)
        assert all(await write_all(playout, new))
        assert await playout.drained()
        await asyncio.sleep(0.5)
        assert np.array_equal(source.played[-len(new) :], new)

    with_playout(scenario)


def test_a_source_that_keeps_its_queue_is_heard_once_over_a_pause() -> None:
    async def scenario(playout: Playout, source: FakeAudioSource) -> None:
        playout.open()
        source.keeps_queue = True
        audio = ramp(RATE_HZ)
        speaking = asyncio.create_task(write_all(playout, audio))
        await asyncio.sleep(0.3)
        await playout.pause()
        await asyncio.sleep(0.5)
        playout.resume()
        assert all(await speaking)
        assert await playout.drained()
        await asyncio.sleep(0.5)
        assert np.array_equal(source.played, audio)

    with_playout(scenario)
