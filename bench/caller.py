"""A headless caller: joins a room, speaks, hears, reads captions, and knows when each happened.

Every time is `time.monotonic` seconds. The caller speaks and listens at 16 kHz.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from livekit import rtc
from typing_extensions import override

from bench.captions import Caption, Captions
from bench.listener import Listener
from bench.microphone import Microphone
from bench.recording import Recording
from bench.sound import SAMPLE_RATE_HZ

_STATE_ATTRIBUTE = "lk.agent.state"
_READY_STATES = ("listening", "thinking", "speaking")


@dataclass
class BotSeen:
    """When the caller noticed the bot; None = not yet."""

    track_secs: float | None = None
    """Its microphone track was subscribed."""
    first_frame_secs: float | None = None
    states: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])
    """Every value of `lk.agent.state`, in order."""


class Caller(Listener):
    """One person in one room. Made by `Caller.join`; alone with one other participant, the bot."""

    def __init__(self, room: rtc.Room) -> None:
        super().__init__(microphone=Microphone(push=self._push))
        self.room = room
        self.captions = Captions()
        self.heard_so_far = Recording()
        self.bot_seen = BotSeen()
        self.joined_secs = 0.0
        self.disconnect_reason: str | None = None
        """LiveKit's name of why the room was left; None while connected."""
        self.lost_secs: float | None = None
        """Since when LiveKit's client tries to come back; None while it need not."""
        self.left_secs: float | None = None
        """When the room was left, by whomever; None while in it."""
        self.typed_secs: list[float] = []
        """When each typed line was sent."""
        self.bot: rtc.RemoteParticipant | None = None
        self.source = rtc.AudioSource(SAMPLE_RATE_HZ, 1, queue_size_ms=0)
        self._listening: list[asyncio.Task[None]] = []
        self._wire()

    @classmethod
    @asynccontextmanager
    async def join(
        cls, server_url: str, token: str, *, timeout_secs: float = 30.0
    ) -> AsyncGenerator[Caller]:
        """Join, publish a running microphone, and leave cleanly at the end of the block."""
        caller = cls(rtc.Room())
        try:
            await asyncio.wait_for(caller._connect(server_url, token), timeout_secs)
            async with caller.microphone.running():
                yield caller
        finally:
            await caller._close()

    async def wait_for_bot(self, timeout_secs: float = 20.0) -> BotSeen:
        """Wait until the bot's track is subscribed and its state, if it tells one, is live.

        Raises:
            TimeoutError: if the bot does not come.
        """
        await self.wait_until(self._is_bot_ready, timeout_secs)
        return self.bot_seen

    async def wait_for_state(self, state: str, timeout_secs: float = 10.0) -> None:
        """Wait until the bot's `lk.agent.state` is `state`."""
        await self.wait_until(lambda: self.bot_state == state, timeout_secs)

    async def type_text(self, text: str) -> None:
        """Send a typed line, as the page's chat does."""
        self.typed_secs.append(time.monotonic())
        await self.room.local_participant.send_text(text, topic="lk.chat")

    @property
    @override
    def recording(self) -> Recording:
        """What was heard so far."""
        return self.heard_so_far

    @property
    def bot_state(self) -> str | None:
        """The bot's newest `lk.agent.state`; None if it never told one."""
        return self.bot_seen.states[-1][1] if self.bot_seen.states else None

    @property
    def bot_captions(self) -> list[Caption]:
        return self.captions.of(self.bot.identity) if self.bot else []

    @property
    def own_captions(self) -> list[Caption]:
        return self.captions.of(self.room.local_participant.identity)

    def _wire(self) -> None:
        self.captions.attach(self.room)
        self.room.on("participant_connected", self._on_participant)
        self.room.on("participant_attributes_changed", self._on_attributes)
        self.room.on("track_subscribed", self._on_track)
        self.room.on("disconnected", self._on_disconnected)
        self.room.on("reconnecting", self._on_reconnecting)
        self.room.on("reconnected", self._on_reconnected)

    async def _connect(self, server_url: str, token: str) -> None:
        await self.room.connect(server_url, token)
        self.joined_secs = time.monotonic()
        for participant in self.room.remote_participants.values():
            self._on_participant(participant)
        track = rtc.LocalAudioTrack.create_audio_track("microphone", self.source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        await self.room.local_participant.publish_track(track, options)

    async def _close(self) -> None:
        self.left_secs = self.left_secs or time.monotonic()
        await self.captions.close()
        await self.room.disconnect()
        for task in self._listening:
            task.cancel()
        await asyncio.gather(*self._listening, return_exceptions=True)
        await self.source.aclose()

    async def _push(self, frame: bytes) -> None:
        await self.source.capture_frame(rtc.AudioFrame(frame, SAMPLE_RATE_HZ, 1, len(frame) // 2))

    def _is_bot_ready(self) -> bool:
        is_live = self.bot_state is None or self.bot_state in _READY_STATES
        return self.bot_seen.track_secs is not None and is_live

    def _on_participant(self, participant: rtc.RemoteParticipant) -> None:
        # Plain Pipecat joins as anybody does; who joins as an agent is the bot, whoever came first.
        is_agent = participant.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
        if self.bot is not None and not (is_agent and self.bot.kind != participant.kind):
            return
        self.bot = participant
        self._note_state(participant.attributes)

    def _on_attributes(self, changed: dict[str, str], participant: rtc.Participant) -> None:
        if self.bot is not None and participant.identity == self.bot.identity:
            self._note_state(changed)

    def _note_state(self, attributes: dict[str, str]) -> None:
        state = attributes.get(_STATE_ATTRIBUTE)
        if state:
            self.bot_seen.states.append((time.monotonic(), state))

    def _on_track(
        self, track: rtc.Track, _: rtc.RemoteTrackPublication, participant: rtc.RemoteParticipant
    ) -> None:
        if track.kind != rtc.TrackKind.KIND_AUDIO:
            return
        self._on_participant(participant)
        self.bot_seen.track_secs = self.bot_seen.track_secs or time.monotonic()
        self._listening.append(asyncio.create_task(self._listen(track)))

    async def _listen(self, track: rtc.Track) -> None:
        stream = rtc.AudioStream(
            track, sample_rate=SAMPLE_RATE_HZ, num_channels=1, frame_size_ms=10
        )
        try:
            async for event in stream:
                now = time.monotonic()
                self.bot_seen.first_frame_secs = self.bot_seen.first_frame_secs or now
                self.heard_so_far.append(bytes(event.frame.data), arrived_secs=now)
        finally:
            await stream.aclose()

    def _on_reconnecting(self) -> None:
        self.lost_secs = self.lost_secs or time.monotonic()

    def _on_reconnected(self) -> None:
        self.lost_secs = None

    def _on_disconnected(self, reason: rtc.DisconnectReason.ValueType) -> None:
        self.left_secs = self.left_secs or time.monotonic()
        self.disconnect_reason = rtc.DisconnectReason.Name(reason)
