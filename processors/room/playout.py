"""Paced play-out: hands audio to the room's audio source just ahead of the ear.

One account of samples: what was captured into the source, what of it is still unplayed, what was
paused, what was cut. It knows nothing of words; processors/room/heard_text.py maps samples to them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from livekit import rtc
from loguru import logger

SAMPLE_BYTES = 2
CHUNK_MS = 40
"""Length of one capture. Each costs a turn of the event loop and of the room's threads: of 20 ms,
they took a tenth more of a session's CPU. A pause is exact whatever its length."""

CAPTURE_SECS = 1.25
"""What one capture may take. It answers within a millisecond, as the source's queue has room."""

LOST_SECS = 2.5
"""Of speech in a row that the source did not take, two captures that hang: it does not recover. The
caller is told of a failure within 3 s."""

_TIMER_SECS = 0.001
"""Waits below an event loop's timer resolution are not worth a turn of the loop."""


class AudioSource(Protocol):
    """What we need of `livekit.rtc.AudioSource`."""

    @property
    def queued_duration(self) -> float:
        """Seconds captured but not yet played."""
        ...

    def clear_queue(self) -> None:
        """Drop everything captured but not yet played."""
        ...

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        """Take one frame."""
        ...


@dataclass(eq=False)
class _Chunk:
    audio: bytes
    taken: asyncio.Future[bool] | None
    """Resolved with True once captured, False if cut before; None for all but a write's end."""


class Playout:
    """Feeds one audio source in real time; can pause to the sample, resume and cut.

    The source's queue is never filled beyond `queue_ms`: a capture that waits for room inside the
    native source survives `clear_queue()` and would play stale audio.

    Args:
        source: What plays it.
        sample_rate_hz: Rate of the mono 16-bit PCM written.
        queue_ms: How far captures may run ahead of the ear; covers hiccups of the event loop.
        on_progress: Called after each capture, on drain and on a cut.
        on_broken: Called once, with the last error, when the source takes nothing any more.
    """

    def __init__(
        self,
        *,
        source: AudioSource,
        sample_rate_hz: int,
        queue_ms: int,
        on_progress: Callable[[], Awaitable[None]],
        on_broken: Callable[[Exception], Awaitable[None]],
    ) -> None:
        self._sample_rate_hz = sample_rate_hz
        self._queue_secs = queue_ms / 1000
        self._chunk_bytes = sample_rate_hz * CHUNK_MS // 1000 * SAMPLE_BYTES
        self._kept_bytes = sample_rate_hz * queue_ms // 1000 * SAMPLE_BYTES + self._chunk_bytes
        self._on_progress = on_progress
        self._on_broken = on_broken
        self._lost_secs = 0.0
        self._source = source
        self._pending: deque[_Chunk] = deque()
        self._history: deque[bytes] = deque()
        self._history_bytes = 0
        self._captured_samples = 0
        self._generation = 0
        self._is_paused = False
        self._is_held = False
        self._go = asyncio.Event()
        self._open = asyncio.Event()
        self._lock = asyncio.Lock()

    @property
    def is_paused(self) -> bool:
        """True while held by `pause`."""
        return self._is_paused

    @property
    def is_held(self) -> bool:
        """True while held by `hold`."""
        return self._is_held

    @property
    def is_audible(self) -> bool:
        """True while anything written is unplayed, also while it is paused."""
        return self._open.is_set() and bool(self._pending or self._unplayed)

    @property
    def captured_samples(self) -> int:
        """Samples given to the source and not taken back, since the start of the session."""
        return self._captured_samples

    @property
    def played_samples(self) -> int:
        """Samples that have left the source, since the start of the session."""
        return self._captured_samples - self._unplayed

    def open(self) -> None:
        """Let audio flow: somebody listens now. Until then writes wait."""
        self._open.set()

    async def write(self, audio: bytes) -> bool:
        """Queue mono 16-bit PCM and wait until it is captured.

        Returns:
            False if it was cut instead. Cancelling takes the audio back if it is still waiting.
        """
        taken: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        step = self._chunk_bytes
        pieces = [audio[i : i + step] for i in range(0, len(audio), step)] or [b""]
        chunks = [_Chunk(piece, None) for piece in pieces[:-1]] + [_Chunk(pieces[-1], taken)]
        self._pending.extend(chunks)
        self._wake()
        try:
            return await taken
        except asyncio.CancelledError:
            self._pending = deque(chunk for chunk in self._pending if chunk not in chunks)
            raise

    async def run(self) -> None:
        """Capture what is written, paced, until cancelled."""
        await self._open.wait()
        while True:
            await self._go.wait()
            chunk = self._pending[0] if self._pending else None
            if chunk is None:
                self._go.clear()
                continue
            chunk_secs = len(chunk.audio) / SAMPLE_BYTES / self._sample_rate_hz
            wait_secs = self._source.queued_duration + chunk_secs - self._queue_secs
            if wait_secs > _TIMER_SECS:
                await asyncio.sleep(wait_secs)
            async with self._lock:
                # A pause or a cut may have come during the sleep.
                is_current = bool(self._pending) and self._pending[0] is chunk
                if self._is_paused or self._is_held or not is_current:
                    continue
                self._pending.popleft()
                error = await self._capture(chunk)
            if error is not None:
                await self._lose(chunk_secs, error)
            await self._on_progress()

    async def pause(self) -> None:
        """Hold play-out at the current sample; what was captured but not played is kept."""
        async with self._lock:
            self._is_paused = True
            self._stand_still()

    def resume(self) -> None:
        """Go on where `pause` held."""
        self._is_paused = False
        self._wake()

    async def hold(self) -> None:
        """Do as `pause`, until `release`: nobody listens, whatever else pauses and goes on."""
        async with self._lock:
            self._is_held = True
            self._stand_still()

    def release(self) -> None:
        """Go on where `hold` held."""
        self._is_held = False
        self._wake()

    async def cut(self) -> None:
        """Drop everything unplayed; nothing written before is heard after this returns."""
        async with self._lock:
            self._generation += 1
            self._is_paused = False
            self._captured_samples -= self._unplayed
            self._clear()
            while self._pending:
                chunk = self._pending.popleft()
                if chunk.taken is not None and not chunk.taken.done():
                    chunk.taken.set_result(False)
            self._history.clear()
            self._history_bytes = 0
        await self._on_progress()

    async def drained(self) -> bool:
        """Wait until everything written has been played.

        Returns:
            False if it was cut instead.
        """
        generation = self._generation
        while generation == self._generation and (self._pending or self._unplayed):
            await asyncio.sleep(min(self._unplayed / self._sample_rate_hz or 1, CHUNK_MS / 1000))
            await self._on_progress()
        await self._on_progress()
        return generation == self._generation

    @property
    def _unplayed(self) -> int:
        queued = round(self._source.queued_duration * self._sample_rate_hz)
        return min(queued, self._captured_samples)

    def _wake(self) -> None:
        if not self._is_paused and not self._is_held:
            self._go.set()

    def _stand_still(self) -> None:
        """Take back what the source has not played; it has nothing if it stands still already."""
        self._go.clear()
        unplayed = self._unplayed
        if unplayed and self._clear():
            self._captured_samples -= unplayed
            self._put_back(unplayed * SAMPLE_BYTES)

    async def _capture(self, chunk: _Chunk) -> Exception | None:
        """Give a chunk to the source; it is done with, also if that fails with what is returned."""
        samples = len(chunk.audio) // SAMPLE_BYTES
        frame = rtc.AudioFrame(
            data=chunk.audio,
            sample_rate=self._sample_rate_hz,
            num_channels=1,
            samples_per_channel=samples,
        )
        try:
            async with asyncio.timeout(CAPTURE_SECS):
                await self._source.capture_frame(frame)
        except Exception as error:  # noqa: BLE001 - the native client raises plain ones
            return error
        finally:
            if chunk.taken is not None and not chunk.taken.done():
                chunk.taken.set_result(True)
        self._lost_secs = 0.0
        self._captured_samples += samples
        self._remember(chunk.audio)
        return None

    async def _lose(self, chunk_secs: float, error: Exception) -> None:
        """Go on without a chunk, no faster than it would have played."""
        if not self._lost_secs:
            logger.warning("The room's audio source lost speech: {}", type(error).__name__)
        before_secs = self._lost_secs
        self._lost_secs += CAPTURE_SECS if isinstance(error, TimeoutError) else chunk_secs
        if before_secs < LOST_SECS <= self._lost_secs:
            await self._on_broken(error)
        await asyncio.sleep(chunk_secs)

    def _clear(self) -> bool:
        """Empty the source; returns whether it did, else what it holds is still heard."""
        try:
            self._source.clear_queue()
        except Exception as error:  # noqa: BLE001 - the native client raises plain ones
            logger.warning("The room's audio source kept its queue: {}", type(error).__name__)
            return False
        return True

    def _remember(self, audio: bytes) -> None:
        """Keep what a pause may have to put back: the source's queue and one chunk more."""
        self._history.append(audio)
        self._history_bytes += len(audio)
        while self._history_bytes - len(self._history[0]) >= self._kept_bytes:
            self._history_bytes -= len(self._history.popleft())

    def _put_back(self, size_bytes: int) -> None:
        kept = b"".join(self._history)
        tail = kept[len(kept) - size_bytes :] if size_bytes else b""
        rest = kept[: len(kept) - len(tail)]
        self._history, self._history_bytes = deque([rest]), len(rest)
        step = self._chunk_bytes
        pieces = [tail[i : i + step] for i in range(0, len(tail), step)]
        self._pending.extendleft(_Chunk(piece, None) for piece in reversed(pieces))
