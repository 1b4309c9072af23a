"""Audio without WebRTC: doubles of livekit.rtc's source and stream, and the caller beside them.

`VirtualSource` copies `rtc.AudioSource`: it plays in real time, holds a bounded queue, makes a
capture wait for room and can be cleared. What it has played is what the caller heard.
`installed()` puts the doubles in place of livekit.rtc's own for every framework in this process.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
from livekit import rtc
from typing_extensions import override

from bench.listener import Listener
from bench.microphone import Microphone
from bench.recording import Recording
from bench.sound import SAMPLE_RATE_HZ, samples_of
from bench.wire_room import WireRoom

_OUT_HZ = 24_000


class VirtualSource:
    """`rtc.AudioSource` without a track: a queue that drains in real time."""

    newest: VirtualSource | None = None

    def __init__(self, sample_rate: int, num_channels: int, queue_size_ms: int = 1000) -> None:
        self.sample_rate = sample_rate
        self.num_channels = num_channels
        self._queue_secs = queue_size_ms / 1000
        self._queued = bytearray()
        self._taken_secs = time.monotonic()
        """Everything due before this time has left the queue."""
        self.recording = Recording(sample_rate_hz=sample_rate)
        VirtualSource.newest = self

    @property
    def queued_duration(self) -> float:
        self.play()
        return len(self._queued) / 2 / self.sample_rate

    def clear_queue(self) -> None:
        """Drop what has not been played."""
        self.play()
        self._queued.clear()

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        """Queue a frame; waits while the queue is full."""
        pcm = bytes(frame.data)
        secs = len(pcm) / 2 / self.sample_rate
        # Played audio makes room, which nobody announces: it is a matter of time.
        while (wait_secs := self.queued_duration + secs - self._queue_secs) > 0:  # noqa: ASYNC110
            await asyncio.sleep(wait_secs)
        self._queued += pcm

    async def wait_for_playout(self) -> None:
        """Wait until the queue is empty."""
        while (wait_secs := self.queued_duration) > 0:  # noqa: ASYNC110 - as above
            await asyncio.sleep(wait_secs)

    async def aclose(self) -> None:
        """Nothing to release."""

    def play(self) -> None:
        """Move what is due by now from the queue to what was heard; silence where it is empty."""
        now = time.monotonic()
        samples = int((now - self._taken_secs) * self.sample_rate)
        if samples <= 0:
            return
        self._taken_secs += samples / self.sample_rate
        played = bytes(self._queued[: 2 * samples])
        del self._queued[: 2 * samples]
        self.recording.append(played.ljust(2 * samples, b"\0"), arrived_secs=self._taken_secs)


class VirtualStream:
    """`rtc.AudioStream` of the one microphone, at the rate and frame size its reader asks for."""

    readers: list[VirtualStream] = []

    def __init__(
        self,
        track: object,
        sample_rate: int = 48_000,
        num_channels: int = 1,
        frame_size_ms: int | None = None,
        **_: object,
    ) -> None:
        del track, num_channels
        self._sample_rate = sample_rate
        self._frame_samples = sample_rate * (frame_size_ms or 10) // 1000
        self._pending = bytearray()
        self._last_sample = 0
        self._frames: asyncio.Queue[rtc.AudioFrameEvent] = asyncio.Queue()
        VirtualStream.readers.append(self)

    def feed(self, pcm: bytes) -> None:
        """Take 10 ms of the microphone."""
        self._pending += self._at_own_rate(samples_of(pcm))
        size = 2 * self._frame_samples
        while len(self._pending) >= size:
            data = bytes(self._pending[:size])
            del self._pending[:size]
            frame = rtc.AudioFrame(data, self._sample_rate, 1, self._frame_samples)
            self._frames.put_nowait(rtc.AudioFrameEvent(frame))

    def __aiter__(self) -> VirtualStream:
        return self

    async def __anext__(self) -> rtc.AudioFrameEvent:
        return await self._frames.get()

    async def aclose(self) -> None:
        """Stop listening."""
        if self in VirtualStream.readers:
            VirtualStream.readers.remove(self)

    def _at_own_rate(self, samples: np.ndarray) -> bytes:
        if self._sample_rate == SAMPLE_RATE_HZ:
            return samples.astype("<i2").tobytes()
        # Straight lines between samples: no look-ahead, so no delay of our own.
        count = samples.size * self._sample_rate // SAMPLE_RATE_HZ
        known = np.concatenate(([self._last_sample], samples))
        at = (np.arange(count) + 1) * samples.size / count
        self._last_sample = int(samples[-1])
        return np.interp(at, np.arange(known.size), known).astype("<i2").tobytes()


class WireCaller(Listener):
    """The caller of a wire room."""

    def __init__(self) -> None:
        super().__init__(microphone=Microphone(push=self._push))
        self._nothing_heard = Recording(sample_rate_hz=_OUT_HZ)

    @property
    @override
    def recording(self) -> Recording:
        """What the bot's source has played so far."""
        source = VirtualSource.newest
        if source is None:
            return self._nothing_heard
        source.play()
        return source.recording

    async def _push(self, frame: bytes) -> None:
        for reader in VirtualStream.readers:
            reader.feed(frame)


@contextmanager
def installed() -> Generator[None]:
    """Put the doubles in the place of livekit.rtc's own while the block runs."""

    def create_audio_track(*_: Any) -> SimpleNamespace:
        return SimpleNamespace(sid="TR_bot")

    doubles: dict[str, Any] = {
        "Room": WireRoom,
        "AudioSource": VirtualSource,
        "AudioStream": VirtualStream,
        "LocalAudioTrack": SimpleNamespace(create_audio_track=create_audio_track),
    }
    with patch.multiple(rtc, **doubles):
        yield


@asynccontextmanager
async def calling() -> AsyncGenerator[WireCaller]:
    """Have a caller with a running microphone while the block runs."""
    caller = WireCaller()
    async with caller.microphone.running():
        yield caller
