"""One caller's microphone: whichever track it is at the moment, and what was said before it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any

from livekit import rtc
from loguru import logger

from .pre_connect_audio import Decoder, PreConnectAudio
from .pre_connect_decoder import PreConnectDecoder
from .seam import repeated_samples

INPUT_SAMPLE_RATE_HZ = 16_000
_FRAME_MS = 32
"""A window of voice detection: each is judged as soon as it is full, where shorter frames fill it
with the one after. Every frame wakes the event loop and costs its way through the pipeline."""
_FRAME_BYTES = 2 * INPUT_SAMPLE_RATE_HZ * _FRAME_MS // 1000
_SEAM_FRAMES = 8
"""256 ms: what a track says again lasts as long as the way there and back, and a little more."""
_SEAM_LIMIT_SECS = 0.5
_CLOSE_LIMIT_SECS = 2.0
"""Pipecat's own limit for a native stream that does not close."""


class CallerAudio:
    """Hears one track at a time, natively at the pipeline's rate.

    Args:
        room: Not yet connected.
        accepts: Tells whether who sends audio from before the connection may be the caller.
        start: Starts a task that ends with the session.
        build_decoder: As `PreConnectAudio` has it.
    """

    def __init__(
        self,
        *,
        room: rtc.Room,
        accepts: Callable[[str], bool],
        start: Callable[[Coroutine[Any, Any, None], str], asyncio.Task[None]],
        build_decoder: Callable[..., Decoder] = PreConnectDecoder,
    ) -> None:
        self._start = start
        self.heard_otherwise: Callable[[bytes], bytes | None] | None = None
        """Given a frame of the track, returns what is to be heard in its place, as 16-bit mono PCM
        at `INPUT_SAMPLE_RATE_HZ`; None if that is the frame, from now on."""
        self._pre_connect_audio = PreConnectAudio(
            room=room,
            accepts=accepts,
            sample_rate_hz=INPUT_SAMPLE_RATE_HZ,
            build_decoder=build_decoder,
        )
        self._track: rtc.Track | None = None
        self._stream: tuple[rtc.AudioStream, asyncio.Task[None]] | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._is_closed = False
        self._heard: asyncio.Queue[tuple[rtc.AudioFrame, str]] = asyncio.Queue()

    async def frames(self) -> AsyncGenerator[tuple[rtc.AudioFrame, str]]:
        """Yield mono audio at `INPUT_SAMPLE_RATE_HZ` and whose it is."""
        while True:
            yield await self._heard.get()

    def expect(self, publication: rtc.TrackPublication) -> None:
        """Make ready for this track, which is not there yet."""
        if not self._is_closed:
            self._pre_connect_audio.expect(publication)

    def switch_to(
        self, track: rtc.Track, publication: rtc.RemoteTrackPublication, identity: str
    ) -> None:
        """Hear this track and no other, from now on: an old one that does not close costs no word.

        Call it as soon as the track is there.
        """
        self._drop_stream()
        if self._is_closed:
            return
        # LiveKit's resampler has no look-ahead here; Pipecat's own would hold back 37 ms.
        stream = rtc.AudioStream(
            track, sample_rate=INPUT_SAMPLE_RATE_HZ, num_channels=1, frame_size_ms=_FRAME_MS
        )
        self._track = track
        hearing = self._start(self._hear(stream, publication, identity), "microphone")
        self._stream = (stream, hearing)

    def hear_no_more_of(self, track: rtc.Track) -> bool:
        """The track has ended; returns whether it was the one that is heard."""
        # A microphone switched mid-call is published anew before the old track's end arrives.
        is_heard = self._track is track
        if is_heard:
            self._drop_stream()
        return is_heard

    async def close(self) -> None:
        """Hear nothing any more."""
        self._is_closed = True
        await self._pre_connect_audio.close()
        self._drop_stream()
        if self._closing:
            await asyncio.wait(self._closing)

    def _drop_stream(self) -> None:
        self._track = None
        if self._stream is None:
            return
        (stream, hearing), self._stream = self._stream, None
        hearing.cancel()
        closing = self._start(self._close_stream(stream, hearing), "close_microphone")
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    async def _close_stream(self, stream: rtc.AudioStream, hearing: asyncio.Task[None]) -> None:
        try:
            async with asyncio.timeout(_CLOSE_LIMIT_SECS):
                await stream.aclose()
        except Exception as error:  # noqa: BLE001 - the native client raises plain ones
            logger.warning("A microphone's stream did not close: {}", type(error).__name__)
        await asyncio.wait([hearing])

    async def _hear(
        self, stream: rtc.AudioStream, publication: rtc.RemoteTrackPublication, identity: str
    ) -> None:
        """Queue what was said before the track was live, then the track.

        A client records on until it is told of the subscription, so the track brings the end of
        the recording again: 8 to 75 ms, median 46, in ten joins on loopback, and a network leg more
        elsewhere. There was never a gap.
        """
        before = await self._pre_connect_audio.audio_before(publication)
        if before:
            before += await _from_where_it_ends(before, stream)
        for frame in _frames_of(before or b""):
            self._heard.put_nowait((frame, identity))
            # Seconds of it in one go would hold up the event loop, and with it the greeting.
            await asyncio.sleep(0)
        async for event in stream:
            if self.heard_otherwise is not None:
                pcm = self.heard_otherwise(bytes(event.frame.data))
                if pcm is not None:
                    for frame in _frames_of(pcm):
                        self._heard.put_nowait((frame, identity))
                    continue
                self.heard_otherwise = None
            self._heard.put_nowait((event.frame, identity))


async def _from_where_it_ends(before: bytes, stream: rtc.AudioStream) -> bytes:
    """Return the first of the track without what it says again."""
    live = b""
    # They have come while the recording was waited for. A track that brings none holds up nothing.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_SEAM_LIMIT_SECS):
            async for event in stream:
                live += bytes(event.frame.data)
                if len(live) >= _SEAM_FRAMES * _FRAME_BYTES:
                    break
    return live[2 * repeated_samples(before, live) :]


def _frames_of(pcm: bytes) -> list[rtc.AudioFrame]:
    """Cut mono 16-bit PCM into frames as the track delivers them; what is over is its beginning."""
    starts = range(len(pcm) % _FRAME_BYTES, len(pcm), _FRAME_BYTES)
    pieces = [pcm[at : at + _FRAME_BYTES] for at in starts]
    return [rtc.AudioFrame(piece, INPUT_SAMPLE_RATE_HZ, 1, _FRAME_BYTES // 2) for piece in pieces]
