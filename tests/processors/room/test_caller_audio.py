"""The caller's audio in virtual time: what was said before the connection, then what is live."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from livekit import rtc
from livekit.protocol.models import AudioTrackFeature
from typing_extensions import override

from bench.voice import spoken
from processors.room.caller_audio import CallerAudio
from tests.fake_decoder import InlineDecoder
from tests.fake_room import CALLER, FakeRoom
from tests.fake_stream import FakeReader
from tests.virtual_time import run_in_virtual_time

TOPIC = "lk.agent.pre-connect-audio-buffer"
FRAME_SECS = 0.032
FRAME_SAMPLES = 512
LIVE_SECS = 6.0
LIVE = [1000 + number for number in range(round(LIVE_SECS / FRAME_SECS))]
"""Levels of the live frames, from the moment at which the track is there."""


class Track:
    """Stands for `rtc.AudioStream`: delivers as it is spoken, whoever waits for it.

    As the native one it gives what it is asked for, and else pieces of 10 ms at 48 kHz.
    """

    def __init__(
        self,
        _: object,
        *,
        sample_rate: int = 48_000,
        num_channels: int = 1,
        frame_size_ms: int = 10,
        capacity: int = 0,
    ) -> None:
        self._frames: asyncio.Queue[Any] = asyncio.Queue()
        self._form = (sample_rate, num_channels, sample_rate * frame_size_ms // 1000)
        self._capacity = capacity
        self._speaking = asyncio.create_task(self._speak())

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        return SimpleNamespace(frame=await self._frames.get())

    async def aclose(self) -> None:
        self._speaking.cancel()

    async def _speak(self) -> None:
        for level in LIVE:
            await asyncio.sleep(FRAME_SECS)
            self._hand_out(level)

    def _hand_out(self, level: int) -> None:
        if self._capacity and self._frames.qsize() >= self._capacity:
            # As the native one does.
            self._frames.get_nowait()
        rate_hz, channels, samples = self._form
        audio = self._audio(level, samples * channels)
        self._frames.put_nowait(rtc.AudioFrame(audio, rate_hz, channels, samples))

    def _audio(self, level: int, samples: int) -> bytes:
        return np.full(samples, level, np.int16).tobytes()


VOICE = spoken("What time is it in London, and how is the weather?")
TURN, AGAIN = 2 * 17_000, 2 * 900
"""Bytes: where the recording of it ends, and how much of its end the track says again."""


class Voice(Track):
    """Brings the end of a recording again, and goes on."""

    @override
    def _audio(self, level: int, samples: int) -> bytes:
        at = TURN - AGAIN + 2 * samples * (level - LIVE[0])
        return VOICE[at : at + 2 * samples].ljust(2 * samples, b"\0")


@pytest.fixture(autouse=True)
def native(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtc, "AudioStream", Track)


def recording(secs: float, *, level: int = 7) -> bytes:
    return np.full(round(16_000 * secs), level, np.int16).tobytes()


def heard_levels(*readers: tuple[float, FakeReader], **how: Any) -> list[tuple[float, int]]:
    """As `heard_frames`, with each frame's level for its audio."""
    frames = heard_frames(*readers, **how)
    return [(at, int(np.frombuffer(audio, np.int16)[0])) for at, audio in frames]


def heard_frames(
    *readers: tuple[float, FakeReader],
    sender: str = CALLER,
    is_announced: bool = True,
    live_at_secs: float = 1.0,
) -> list[tuple[float, bytes]]:
    """Return all frames heard, and when.

    Args:
        readers: Recordings, and when each is opened.
        sender: Whose they are.
        is_announced: The track says that there is one.
        live_at_secs: When the track is there.
    """

    async def main() -> list[tuple[float, bytes]]:
        room, heard = FakeRoom(), list[tuple[float, bytes]]()
        loop = asyncio.get_running_loop()
        audio = CallerAudio(
            room=room.room,
            accepts=lambda identity: identity == CALLER,
            start=lambda work, name: asyncio.create_task(work, name=name),
            build_decoder=InlineDecoder,
        )

        async def listen() -> None:
            async for frame, identity in audio.frames():
                assert (frame.sample_rate, frame.num_channels, identity) == (16_000, 1, CALLER)
                assert frame.samples_per_channel == FRAME_SAMPLES
                heard.append((loop.time(), bytes(frame.data)))

        features = [AudioTrackFeature.TF_PRECONNECT_BUFFER] if is_announced else []
        publication = SimpleNamespace(sid="TR_1", audio_features=features)
        listening = asyncio.create_task(listen())
        for at_secs, reader in readers:
            loop.call_at(at_secs, room.stream_handlers[TOPIC], reader, sender)
        loop.call_at(live_at_secs, audio.switch_to, cast(Any, None), cast(Any, publication), CALLER)
        await asyncio.sleep(live_at_secs + LIVE_SECS + 4.0)
        await audio.close()
        listening.cancel()
        return heard

    return run_in_virtual_time(main())


def reader(
    audio: bytes,
    *,
    rate_hz: int = 16_000,
    channels: int = 1,
    track: str = "TR_1",
    kind: type[FakeReader] = FakeReader,
    **how: bool,
) -> FakeReader:
    chunks = [audio[at : at + 15_000] for at in range(0, len(audio), 15_000)]
    attributes = {"trackId": track, "sampleRate": str(rate_hz), "channels": str(channels)}
    return kind(*chunks, mime_type="audio/pcm", attributes=attributes, **how)


class SlowReader(FakeReader):
    """A recording that is sent while it is made."""

    @override
    async def __anext__(self) -> str | bytes:
        await asyncio.sleep(15_000 / 2 / 16_000)
        return await super().__anext__()


def frames_of(secs: float) -> int:
    return int(secs / FRAME_SECS)


@pytest.mark.promise(
    "What the caller hears",
    "What the caller said while connecting is heard once, whole and before what they say then.",
)
@pytest.mark.parametrize("opened_at_secs", [0.0, 1.0, 1.5, 3.9])
@pytest.mark.parametrize("secs", [0.1, 2.0, 10.0])
def test_the_recording_is_heard_once_and_first_and_no_live_sample_is_lost(
    opened_at_secs: float, secs: float
) -> None:
    heard = [level for _, level in heard_levels((opened_at_secs, reader(recording(secs))))]
    assert heard == [7] * frames_of(secs) + LIVE


@pytest.mark.promise(
    "What the caller hears",
    "What the caller said while connecting is heard once, whole and before what they say then.",
)
def test_ten_seconds_in_the_largest_format_are_heard_whole() -> None:
    audio = np.full(10 * 48_000 * 2, 7, np.int16).tobytes()
    heard = [level for _, level in heard_levels((0.0, reader(audio, rate_hz=48_000, channels=2)))]
    assert heard[-len(LIVE) :] == LIVE
    assert len(heard) - len(LIVE) == pytest.approx(frames_of(10.0), abs=1)


@pytest.mark.promise(
    "What the caller hears",
    "A recording that is damaged, huge, late, somebody else's or missing costs no live word.",
)
@pytest.mark.parametrize(
    ("readers", "sender"),
    [
        ([], CALLER),
        ([(0.0, reader(recording(1.0), rate_hz=1))], CALLER),
        ([(0.0, reader(recording(80.0)))], CALLER),
        ([(4.5, reader(recording(1.0)))], CALLER),
        ([(0.0, reader(recording(1.0)))], "somebody else"),
    ],
    ids=["none", "damaged", "huge", "late", "not the caller's"],
)
def test_a_recording_that_is_no_use_costs_no_live_sample(
    readers: list[tuple[float, FakeReader]], sender: str
) -> None:
    heard = heard_levels(*readers, sender=sender)
    assert [level for _, level in heard] == LIVE
    first_secs, _ = heard[0]
    # What was said in the meantime has waited, for 3 s at most.
    assert first_secs <= 1.0 + 3.0 + FRAME_SECS


@pytest.mark.promise(
    "What the caller hears",
    "What the caller said while connecting is heard once, whole and before what they say then.",
)
def test_a_recording_that_is_sent_as_it_is_made_is_heard_whole() -> None:
    slow = reader(recording(8.0), kind=SlowReader)
    heard = [level for _, level in heard_levels((0.0, slow), live_at_secs=8.0)]
    assert heard == [7] * frames_of(8.0) + LIVE


@pytest.mark.promise(
    "What the caller hears",
    "What the caller said while connecting is heard once, whole and before what they say then.",
)
def test_of_several_recordings_the_one_of_this_track_is_heard() -> None:
    others = [(0.0, reader(recording(0.5, level=9), track=f"TR_{n}")) for n in (7, 8)]
    heard = [level for _, level in heard_levels(*others, (0.1, reader(recording(1.0))))]
    assert heard == [7] * frames_of(1.0) + LIVE


@pytest.mark.promise(
    "What the caller hears",
    "What the caller said while connecting is heard once, whole and before what they say then.",
)
def test_what_the_track_says_again_is_heard_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtc, "AudioStream", Voice)
    frames = heard_frames((0.0, reader(VOICE[:TURN])))
    heard = b"".join(audio for _, audio in frames).rstrip(b"\0")
    # What is over of whole frames is missing at its very beginning.
    assert VOICE.rstrip(b"\0").endswith(heard)
    assert len(VOICE) - len(heard) < 2 * FRAME_SAMPLES + len(VOICE) - len(VOICE.rstrip(b"\0"))


def test_a_track_without_a_recording_is_heard_as_it_is_spoken() -> None:
    heard = heard_levels(is_announced=False)
    assert [level for _, level in heard] == LIVE
    delays_secs = [at - 1.0 - FRAME_SECS * (n + 1) for n, (at, _) in enumerate(heard)]
    assert max(delays_secs) < 0.001


@pytest.mark.promise(
    "What the caller hears",
    "A recording that is damaged, huge, late, somebody else's or missing costs no live word.",
)
def test_a_recording_that_goes_on_holds_the_live_audio_for_a_second_only() -> None:
    heard = heard_levels((0.5, reader(recording(0.32), is_endless=True)))
    assert [level for _, level in heard] == [7] * frames_of(0.32) + LIVE
    first_secs, _ = heard[0]
    assert first_secs <= 1.0 + 1.0 + FRAME_SECS
