"""What the caller said while the connection was still being made.

LiveKit clients keep what the microphone hears from the click on, and send it as a byte stream once
the bot is there. It is decoded to the pipeline's format, to be heard before the track's live audio.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from livekit import rtc
from livekit.protocol.models import AudioTrackFeature
from loguru import logger

from .inbox import Inbox, Message
from .pre_connect_decoder import DecodingError, PreConnectDecoder

TOPIC = "lk.agent.pre-connect-audio-buffer"

# livekit-agents' own limit: as long may live audio wait for what was said before it.
WAIT_SECS = 3.0
# The stream ends one round trip after the track went live. livekit-client 2.23.0 misses that
# moment if it is told of it before it has finished publishing, and goes on for 10 s.
END_WAIT_SECS = 1.0
# Clients stop after 10 s.
MAX_AUDIO_SECS = 12.0
# The same in the largest format a client sends, 48 kHz stereo PCM.
_MAX_BYTES = int(MAX_AUDIO_SECS * 48_000 * 2 * 2)
# A stream lasts as long as what it carries.
_READ_TIMEOUT_SECS = MAX_AUDIO_SECS + WAIT_SECS
# Microphones of one caller, switched or published anew while connecting.
_MAX_TRACKS = 4
# Of those, at once: each may be as large as the largest.
_MAX_OPEN = 2
# Each may cost a second of CPU; a caller who connects anew over and over has said enough.
_MAX_RECORDINGS = 8


class Decoder(Protocol):
    """Makes PCM of one recording."""

    async def decode(self, data: bytes, *, mime_type: str, attributes: Mapping[str, str]) -> bytes:
        """Return mono 16-bit PCM.

        Raises:
            DecodingError: It is no use.
        """
        ...

    async def close(self) -> None:
        """End it, whatever it does."""
        ...


@dataclass
class _TrackAudio:
    """What was said before one track was live, from the first mention of either to its use."""

    message: Message | None = None
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class PreConnectAudio:
    """Receives it and hands it out once, by the track it belongs to.

    Args:
        room: The bot's room, not yet connected.
        accepts: Tells whether the participant of this identity may be heard. The stream may arrive
            before the caller is known.
        sample_rate_hz: Rate of the PCM handed out.
        build_decoder: Makes the decoder of one recording, given its rate and length.
    """

    def __init__(
        self,
        *,
        room: rtc.Room,
        accepts: Callable[[str], bool],
        sample_rate_hz: int = 16_000,
        build_decoder: Callable[..., Decoder] = PreConnectDecoder,
    ) -> None:
        self._sample_rate_hz = sample_rate_hz
        self._build_decoder = partial(
            build_decoder, sample_rate_hz=sample_rate_hz, max_secs=MAX_AUDIO_SECS
        )
        self._decoder: Decoder | None = None
        self._recordings = 0
        self._tracks: dict[str, _TrackAudio] = {}
        self._inbox = Inbox(
            room=room,
            topic=TOPIC,
            accepts=accepts,
            on_open=self._open,
            on_message=self._end,
            max_bytes=_MAX_BYTES,
            timeout_secs=_READ_TIMEOUT_SECS,
            max_open=_MAX_OPEN,
        )
        self._inbox.register_bytes()

    def expect(self, publication: rtc.TrackPublication) -> None:
        """Make ready for this track's recording, if it announces one; call it as early as can be.

        The decoder starts while the track is negotiated, so that no word waits for it.
        """
        if not _is_announced(publication) or self._decoder is not None:
            return
        self._recordings += 1
        if self._recordings <= _MAX_RECORDINGS:
            self._decoder = self._build_decoder()
        elif self._recordings == _MAX_RECORDINGS + 1:
            logger.warning("Audio from before the connection comes too often")

    async def audio_before(
        self, publication: rtc.TrackPublication, *, timeout_secs: float = WAIT_SECS
    ) -> bytes | None:
        """Return what was recorded before the track was live, as mono 16-bit PCM.

        Call it when the track goes live. Waits only if the track announces it; `None` if
        there is none, or it was damaged, too large, or late.
        """
        if not _is_announced(publication):
            return None
        self.expect(publication)
        decoder, self._decoder = self._decoder, None
        if decoder is None:
            return None
        try:
            message, overlap_secs = await self._recording_of(publication.sid, timeout_secs)
            return None if message is None else await self._decode(decoder, message, overlap_secs)
        finally:
            await decoder.close()

    async def close(self) -> None:
        """Receive no more."""
        decoder, self._decoder = self._decoder, None
        await self._inbox.close()
        if decoder is not None:
            await decoder.close()

    async def _recording_of(
        self, track_sid: str, timeout_secs: float
    ) -> tuple[Message | None, float]:
        """Return what was recorded before this track, and how much of its end the track brings."""
        early = self._tracks.setdefault(track_sid, _TrackAudio())
        live_at_secs = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(timeout_secs):
                await early.opened.wait()
            async with asyncio.timeout(min(END_WAIT_SECS, timeout_secs)):
                await early.ended.wait()
        except TimeoutError:
            logger.info("What was said before the connection is late")
        finally:
            self._tracks.pop(track_sid, None)
        if early.message is None or early.ended.is_set():
            return early.message, 0.0
        # What was said since the track went live comes with the track.
        return early.message, max(0.0, early.message.last_at_secs - live_at_secs)

    def _open(self, message: Message) -> None:
        track_sid = message.attributes.get("trackId", "")
        is_extra = track_sid not in self._tracks and len(self._tracks) >= _MAX_TRACKS
        if not track_sid or is_extra:
            logger.warning("Audio from before the connection belongs to no track")
            return
        early = self._tracks.setdefault(track_sid, _TrackAudio())
        early.message = message
        early.opened.set()

    async def _end(self, message: Message) -> None:
        for early in self._tracks.values():
            if early.message is message:
                early.ended.set()

    async def _decode(
        self, decoder: Decoder, message: Message, overlap_secs: float
    ) -> bytes | None:
        """Return it as PCM without its last `overlap_secs`."""
        if message.is_too_long:
            logger.warning("Audio from before the connection is over {} bytes", _MAX_BYTES)
            return None
        try:
            pcm = await decoder.decode(
                bytes(message.data), mime_type=message.mime_type, attributes=message.attributes
            )
        except DecodingError as error:
            logger.warning("Audio from before the connection is no use: {}", error)
            return None
        pcm = pcm[: max(0, len(pcm) - int(overlap_secs * self._sample_rate_hz) * 2)]
        pcm_secs = len(pcm) / 2 / self._sample_rate_hz
        logger.info("Heard {:.2f} s from before the connection", pcm_secs)
        return pcm


def _is_announced(publication: rtc.TrackPublication) -> bool:
    return AudioTrackFeature.TF_PRECONNECT_BUFFER in publication.audio_features
