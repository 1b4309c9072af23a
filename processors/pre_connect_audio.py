"""What the caller said while the connection was still being made.

LiveKit clients record from the click on and send the recording as a byte stream once the bot is
there. It is decoded to the pipeline's format, to be heard before the track's live audio.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from livekit import rtc
from livekit.protocol.models import AudioTrackFeature
from loguru import logger

from processors.inbox import Inbox, Message
from processors.recording import RecordingError, decode

TOPIC = "lk.agent.pre-connect-audio-buffer"

# livekit-agents' own limit: as long may live audio wait for what was said before it.
WAIT_SECS = 3.0
# Clients stop recording after 10 s.
MAX_AUDIO_SECS = 12.0
# The same in the largest format a client sends, 48 kHz stereo PCM.
_MAX_BYTES = int(MAX_AUDIO_SECS * 48_000 * 2 * 2)
# A stream lasts as long as its recording.
_READ_TIMEOUT_SECS = MAX_AUDIO_SECS + WAIT_SECS
# Microphones of one caller, switched or published anew while connecting.
_MAX_TRACKS = 4


class PreConnectAudio:
    """Receives recordings and hands each out once, by the track it belongs to.

    Args:
        room: The bot's room, not yet connected.
        accepts: Tells whether the participant of this identity may be heard. The stream may arrive
            before the caller is known, so this is not asked of `caller_identity`.
        sample_rate_hz: Rate of the PCM handed out.
    """

    def __init__(
        self, *, room: rtc.Room, accepts: Callable[[str], bool], sample_rate_hz: int = 16_000
    ) -> None:
        self._sample_rate_hz = sample_rate_hz
        self._recordings: dict[str, asyncio.Future[bytes | None]] = {}
        self._inbox = Inbox(
            room=room,
            topic=TOPIC,
            accepts=accepts,
            on_message=self._handle,
            max_bytes=_MAX_BYTES,
            timeout_secs=_READ_TIMEOUT_SECS,
        )
        self._inbox.register_bytes()

    async def audio_before(
        self, publication: rtc.TrackPublication, *, timeout_secs: float = WAIT_SECS
    ) -> bytes | None:
        """Return what was recorded before the track was live, as mono 16-bit PCM.

        Waits for it only if the track announces a recording; `None` if there is none, or it was
        damaged, too large, or late.
        """
        if AudioTrackFeature.TF_PRECONNECT_BUFFER not in publication.audio_features:
            return None
        recording = self._recording(publication.sid)
        try:
            return await asyncio.wait_for(recording, timeout_secs)
        except TimeoutError:
            logger.warning("The audio from before the connection did not come")
            return None
        finally:
            self._recordings.pop(publication.sid, None)

    async def close(self) -> None:
        """Receive no more."""
        await self._inbox.close()

    def _recording(self, track_sid: str) -> asyncio.Future[bytes | None]:
        if track_sid not in self._recordings:
            self._recordings[track_sid] = asyncio.get_running_loop().create_future()
        return self._recordings[track_sid]

    async def _handle(self, message: Message) -> None:
        track_sid = message.attributes.get("trackId", "")
        is_extra = track_sid not in self._recordings and len(self._recordings) >= _MAX_TRACKS
        if not track_sid or is_extra:
            logger.warning("Audio from before the connection belongs to no track")
            return
        pcm = await self._decode(message)
        recording = self._recording(track_sid)
        if not recording.done():
            recording.set_result(pcm)

    async def _decode(self, message: Message) -> bytes | None:
        if message.is_too_long:
            logger.warning("Audio from before the connection is over {} bytes", _MAX_BYTES)
            return None
        try:
            pcm = await asyncio.to_thread(
                decode,
                message.data,
                mime_type=message.mime_type,
                attributes=message.attributes,
                sample_rate_hz=self._sample_rate_hz,
                max_secs=MAX_AUDIO_SECS,
            )
        except RecordingError as error:
            logger.warning("Audio from before the connection was not understood: {}", error)
            return None
        logger.info(
            "Heard {:.2f} s from before the connection", len(pcm) / 2 / self._sample_rate_hz
        )
        return pcm
