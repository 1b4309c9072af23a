"""A real room: the bot's transport in it, and people who make sounds and hear it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np
from livekit import rtc
from livekit.api import AccessToken, VideoGrants
from pipecat.pipeline.pipeline import Pipeline

from bot.livekit.server import LiveKitServer
from processors.floor import Floor
from processors.room.transport import RoomTransport
from tests.fake_pipeline import FakePipeline, open_fake_pipeline
from tests.waiting import until

CALLER = "caller-1"
TONE_SECS = 0.2
_RATE_HZ = 48_000
_BLOCK_SECS = 0.02
_STEP_HZ = 200
_LIMIT_SECS = 15.0


def tones(*pitches_hz: int, rate_hz: int, secs: float = TONE_SECS) -> bytes:
    """Return tones one after the other, as mono 16-bit PCM; 0 is silence."""
    time = np.arange(round(rate_hz * secs)) / rate_hz
    parts = [9000 * np.sin(2 * np.pi * hz * time) for hz in pitches_hz]
    return np.concatenate(parts).astype(np.int16).tobytes()


def pitches(pcm: bytes, *, rate_hz: int) -> list[tuple[int, float]]:
    """Return the tones in it, each with its length in seconds, without the silence around them."""
    size = round(rate_hz * _BLOCK_SECS)
    samples = np.frombuffer(pcm, np.int16)
    blocks = samples[: len(samples) // size * size].reshape(-1, size)
    runs = [(hz, len(list(run)) * _BLOCK_SECS) for hz, run in groupby(map(_pitch, blocks))]
    # Where one becomes another, a block holds both.
    long = [(hz, secs) for hz, secs in runs if secs > 2 * _BLOCK_SECS]
    merged = [
        (hz, sum(secs for _, secs in same)) for hz, same in groupby(long, key=lambda run: run[0])
    ]
    while merged and not merged[0][0]:
        del merged[0]
    while merged and not merged[-1][0]:
        del merged[-1]
    return merged


def _pitch(block: Any) -> int:
    wide = block.astype(np.float64)
    if np.sqrt(np.mean(wide**2)) < 1500:
        return 0
    spectrum = np.abs(np.fft.rfft(wide * np.hanning(len(wide)), 8 * len(wide)))
    peak_hz = float(spectrum.argmax()) / (8 * len(wide)) / _BLOCK_SECS * len(wide)
    return round(peak_hz / _STEP_HZ) * _STEP_HZ


@dataclass
class Person:
    """Somebody in the room, who hears everybody else's microphone."""

    room: rtc.Room
    heard: bytearray = field(default_factory=bytearray)
    """Mono PCM at 48 kHz, from the moment at which a track is there."""
    sources: list[rtc.AudioSource] = field(default_factory=list[rtc.AudioSource])
    tasks: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])

    async def publish(
        self, *, source: Any = rtc.TrackSource.SOURCE_MICROPHONE, has_recording: bool = False
    ) -> tuple[rtc.LocalTrackPublication, rtc.AudioSource]:
        """Publish a track; returns when the bot has subscribed to it, if it will."""
        audio = rtc.AudioSource(_RATE_HZ, 1, queue_size_ms=200)
        self.sources.append(audio)
        track = rtc.LocalAudioTrack.create_audio_track("sound", audio)
        options = rtc.TrackPublishOptions(source=source, preconnect_buffer=has_recording)
        publication = await self.room.local_participant.publish_track(track, options)
        await asyncio.wait_for(publication.wait_for_subscription(), _LIMIT_SECS)
        return publication, audio

    async def record(self, publication: rtc.LocalTrackPublication, pcm: bytes) -> None:
        """Send what was said before the connection: mono PCM at 48 kHz."""
        attributes = {"trackId": publication.sid, "sampleRate": str(_RATE_HZ), "channels": "1"}
        writer = await self.room.local_participant.stream_bytes(
            "recording",
            topic="lk.agent.pre-connect-audio-buffer",
            mime_type="audio/pcm",
            attributes=attributes,
        )
        for at in range(0, len(pcm), 15_000):
            await writer.write(pcm[at : at + 15_000])
        await writer.aclose()

    def pitches(self) -> list[tuple[int, float]]:
        """Return the tones heard so far."""
        return pitches(bytes(self.heard), rate_hz=_RATE_HZ)

    async def hears(self, pitch_hz: int) -> None:
        """Wait until a tone is heard."""

        async def is_heard() -> bool:
            lately = bytes(self.heard[-_RATE_HZ:])
            return pitch_hz in dict(pitches(lately, rate_hz=_RATE_HZ))

        await until(is_heard, limit_secs=_LIMIT_SECS)

    async def close(self) -> None:
        await self.room.disconnect()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for source in self.sources:
            await source.aclose()

    def on_track(self, track: rtc.Track, *_: object) -> None:
        self.tasks.append(asyncio.create_task(self._listen(track)))

    async def _listen(self, track: rtc.Track) -> None:
        stream = rtc.AudioStream(track, sample_rate=_RATE_HZ, num_channels=1)
        try:
            async for event in stream:
                self.heard += bytes(event.frame.data)
        finally:
            await stream.aclose()


async def play(source: rtc.AudioSource, *pitches_hz: int) -> None:
    """Make these tones heard, as fast as they last."""
    pcm = tones(*pitches_hz, rate_hz=_RATE_HZ)
    step = _RATE_HZ // 100 * 2
    for at in range(0, len(pcm), step):
        await source.capture_frame(rtc.AudioFrame(pcm[at : at + step], _RATE_HZ, 1, step // 2))
    await source.wait_for_playout()


class RealRoom:
    """One room on a real server."""

    def __init__(self, server: LiveKitServer, *, name: str) -> None:
        self._server = server
        self._name = name
        self.bot_room: rtc.Room | None = None
        """As the last bot sees it."""

    @asynccontextmanager
    async def person(
        self, identity: str = CALLER, *, subscribes: bool = True
    ) -> AsyncGenerator[Person]:
        """Join as somebody."""
        person = Person(rtc.Room())
        person.room.on("track_subscribed", person.on_track)
        options = rtc.RoomOptions(auto_subscribe=subscribes)
        await person.room.connect(self._server.url, self._token(identity), options)
        try:
            yield person
        finally:
            await person.close()

    @asynccontextmanager
    async def bot(self) -> AsyncGenerator[tuple[RoomTransport, FakePipeline]]:
        """Run the bot's transport, and leave the room as soon as its pipeline has ended."""
        self.bot_room = room = rtc.Room()

        async def connect() -> None:
            await room.connect(self._server.url, self._token("bot"))

        transport = RoomTransport(room=room, connect=connect, caller_identity=CALLER, floor=Floor())
        parts: Sequence[Any] = [transport.input(), transport.output()]
        try:
            async with open_fake_pipeline(Pipeline(list(parts))) as pipeline:
                yield transport, pipeline
        finally:
            await room.disconnect()

    def _token(self, identity: str) -> str:
        grants = VideoGrants(room_join=True, room=self._name)
        token = AccessToken(self._server.api_key, self._server.api_secret.get_secret_value())
        return token.with_identity(identity).with_grants(grants).to_jwt()
