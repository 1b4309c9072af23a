"""The connection to a room that somebody else owns: one caller's microphone in, one track out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from typing import Any, Protocol

from livekit import rtc
from loguru import logger
from pipecat.utils.asyncio.task_manager import BaseTaskManager
from pipecat.utils.shared import acquires, releases

from processors.room.pre_connect_audio import PreConnectAudio

INPUT_SAMPLE_RATE_HZ = 16_000
_FRAME_MS = 32
"""A window of voice detection: each is judged as soon as it is full, where shorter frames fill it
with the one after. Every frame wakes the event loop and costs its way through the pipeline."""
_LISTENER_LIMIT_SECS = 10.0
"""A caller who has joined but subscribes to nothing is spoken to all the same after this."""
_CLOSE_LIMIT_SECS = 2.0
"""Pipecat's own limit for a native stream that does not close."""
_PEOPLE = (
    rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD,
    rtc.ParticipantKind.PARTICIPANT_KIND_SIP,
    rtc.ParticipantKind.PARTICIPANT_KIND_CONNECTOR,
)
_TONES = "0123456789*#"
"""A tone's place is its code (RFC 4733)."""


class RoomOwner(Protocol):
    """Who is told what happens in the room."""

    async def caller_joined(self, identity: str) -> None:
        """The caller is in the room; comes again when they come back."""
        ...

    async def caller_left(self, identity: str) -> None:
        """The caller is gone, not merely replaced by their own new connection."""
        ...

    async def message_received(self, data: bytes, sender: str) -> None:
        """The caller sent a data packet."""
        ...

    async def room_disconnected(self, reason: str) -> None:
        """The room is gone, by no doing of ours."""
        ...


class RoomClient:
    """Hears one caller in a room and speaks into it; its owner connects, leaves and deletes it.

    Input and output share it: the first `connect` connects, the last `disconnect` lets go.

    Args:
        room: Not yet connected.
        connect_room: Connects `room`.
        audio_source: What the bot's track plays.
        caller_identity: Whose microphone to hear; None takes the first person who joins.
        takes_messages: Tell of the caller's data packets.
        owner: Is told what happens.
    """

    def __init__(  # noqa: PLR0913 - the room, what goes in and out of it, and whom to tell
        self,
        *,
        room: rtc.Room,
        connect_room: Callable[[], Coroutine[Any, Any, None]],
        audio_source: rtc.AudioSource,
        caller_identity: str | None,
        takes_messages: bool,
        owner: RoomOwner,
    ) -> None:
        self.audio_source = audio_source
        self._room = room
        self._connect_room = connect_room
        self._caller_identity = caller_identity
        self._owner = owner
        self._pre_connect_audio = PreConnectAudio(
            room=room, accepts=self._may_be_caller, sample_rate_hz=INPUT_SAMPLE_RATE_HZ
        )
        self._handlers: dict[Any, Callable[..., None]] = {
            "participant_connected": self._on_participant_connected,
            "participant_disconnected": self._on_participant_disconnected,
            "track_subscribed": self._on_track_subscribed,
            "track_unsubscribed": self._on_track_unsubscribed,
            "disconnected": self._on_disconnected,
        }
        if takes_messages:
            self._handlers["data_received"] = self._on_data_received
        self._tasks: BaseTaskManager
        self._is_connected = False
        self._is_over = False
        self._has_caller = asyncio.Event()
        self._publication: rtc.LocalTrackPublication | None = None
        self._track: rtc.Track | None = None
        self._stream: tuple[rtc.AudioStream, asyncio.Task[None]] | None = None
        self._switching = asyncio.Lock()
        self._heard: asyncio.Queue[tuple[rtc.AudioFrame, str]] = asyncio.Queue()

    @property
    def caller_identity(self) -> str | None:
        """Whose microphone is heard; None until known."""
        return self._caller_identity

    @acquires("room")
    async def connect(self, tasks: BaseTaskManager) -> None:
        """Connect the room and publish the bot's track."""
        self._tasks = tasks
        for event, handler in self._handlers.items():
            self._room.on(event, handler)
        try:
            await self._connect_room()
            track = rtc.LocalAudioTrack.create_audio_track("voice", self.audio_source)
            options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
            self._publication = await self._room.local_participant.publish_track(track, options)
        except BaseException:
            await self._let_go()
            raise
        self._is_connected = True
        for participant in list(self._room.remote_participants.values()):
            self._on_participant_connected(participant)

    @releases("room")
    async def disconnect(self) -> None:
        """Release the stream and the source; the room itself belongs to its owner."""
        self._is_connected = False
        await self._let_go()

    async def wait_for_listener(self) -> None:
        """Wait until the caller is in the room and somebody has subscribed to the bot's track."""
        await self._has_caller.wait()
        if self._publication is None:
            return
        try:
            await asyncio.wait_for(
                self._publication.wait_for_subscription(), timeout=_LISTENER_LIMIT_SECS
            )
        except TimeoutError:
            logger.warning("The caller has not subscribed to the bot's track; speaking anyway")

    async def heard_audio(self) -> AsyncGenerator[tuple[rtc.AudioFrame, str]]:
        """Yield the caller's audio and identity: mono, at `INPUT_SAMPLE_RATE_HZ`."""
        while True:
            yield await self._heard.get()

    async def send_message(self, data: bytes) -> None:
        """Send a data packet to everybody in the room, if it is still there."""
        await self._attempt(lambda: self._room.local_participant.publish_data(data, reliable=True))

    async def send_tone(self, digit: str) -> None:
        """Send a telephone's tone: a digit, `*` or `#`."""
        code = _TONES.index(digit)
        await self._attempt(
            lambda: self._room.local_participant.publish_dtmf(code=code, digit=digit)
        )

    async def _attempt(self, send: Callable[[], Awaitable[None]]) -> None:
        if not self._is_connected:
            return
        try:
            await send()
        except Exception as error:  # noqa: BLE001 - the native client raises plain ones
            # Only the type: a message may hold what somebody said.
            logger.warning("Nothing could be sent to the room: {}", type(error).__name__)

    async def _let_go(self) -> None:
        self._is_over = True
        for event, handler in self._handlers.items():
            self._room.off(event, handler)
        await self._pre_connect_audio.close()
        async with self._switching:
            await self._close_stream()
        await self.audio_source.aclose()

    def _may_be_caller(self, identity: str) -> bool:
        return self._caller_identity in (None, identity)

    def _is_caller(self, participant: rtc.RemoteParticipant) -> bool:
        if self._caller_identity is not None:
            return participant.identity == self._caller_identity
        return participant.kind in _PEOPLE

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        return self._tasks.create_task(work, f"RoomClient::{name}")

    def _on_participant_connected(self, participant: rtc.RemoteParticipant) -> None:
        if not self._is_caller(participant):
            logger.info("A listener joined")
            return
        self._caller_identity = participant.identity
        self._has_caller.set()
        self._start(self._owner.caller_joined(participant.identity), "caller_joined")

    def _on_participant_disconnected(self, participant: rtc.RemoteParticipant) -> None:
        if participant.identity == self._caller_identity:
            self._start(self._tell_if_left(participant.identity), "caller_left")

    async def _tell_if_left(self, identity: str) -> None:
        # A caller who reconnects replaces the old connection under the same identity: then the
        # room still holds them when the old connection's end is reported.
        if identity not in self._room.remote_participants:
            await self._owner.caller_left(identity)

    def _on_track_subscribed(
        self,
        track: rtc.Track,
        publication: rtc.RemoteTrackPublication,
        participant: rtc.RemoteParticipant,
    ) -> None:
        """Hear the caller's microphone; ignore all else."""
        is_microphone = publication.source == rtc.TrackSource.SOURCE_MICROPHONE
        if is_microphone and self._is_caller(participant):
            self._start(self._switch_to(track, publication, participant.identity), "switch")

    def _on_track_unsubscribed(self, track: rtc.Track) -> None:
        self._start(self._hear_no_more(track), "hear_no_more")

    def _on_data_received(self, packet: rtc.DataPacket) -> None:
        # Anybody in the room may send packets; only the caller may command the bot.
        sender = packet.participant.identity if packet.participant else None
        if sender is not None and sender == self._caller_identity:
            self._start(self._owner.message_received(packet.data, sender), "message_received")

    def _on_disconnected(self, reason: int | None = None) -> None:
        if not self._is_connected:
            return
        name = "unknown" if reason is None else rtc.DisconnectReason.Name(_as_reason(reason))
        self._start(self._owner.room_disconnected(name), "room_disconnected")

    async def _switch_to(
        self, track: rtc.Track, publication: rtc.RemoteTrackPublication, identity: str
    ) -> None:
        """Hear this track and no other, natively at the pipeline's rate."""
        async with self._switching:
            await self._close_stream()
            if self._is_over:
                return
            # LiveKit's resampler has no look-ahead here; Pipecat's own would hold back 37 ms.
            stream = rtc.AudioStream(
                track, sample_rate=INPUT_SAMPLE_RATE_HZ, num_channels=1, frame_size_ms=_FRAME_MS
            )
            self._track = track
            hearing = self._start(self._hear(stream, publication, identity), "microphone")
            self._stream = (stream, hearing)

    async def _hear_no_more(self, track: rtc.Track) -> None:
        async with self._switching:
            # A microphone switched mid-call is published anew before the old track's end arrives.
            if self._track is track:
                await self._close_stream()

    async def _close_stream(self) -> None:
        self._track = None
        if self._stream is None:
            return
        (stream, hearing), self._stream = self._stream, None
        try:
            async with asyncio.timeout(_CLOSE_LIMIT_SECS):
                await stream.aclose()
        except Exception as error:  # noqa: BLE001 - the native client raises plain ones
            logger.warning("A microphone's stream did not close: {}", type(error).__name__)
        await self._tasks.cancel_task(hearing)

    async def _hear(
        self, stream: rtc.AudioStream, publication: rtc.RemoteTrackPublication, identity: str
    ) -> None:
        """Queue what was said before the track was live, then the track.

        A client records on until it is told of the subscription, so what is said just then is heard
        twice: for 8 to 75 ms, median 46, in ten joins on loopback, and a network leg longer
        elsewhere. There was never a gap.
        """
        before = await self._pre_connect_audio.audio_before(publication)
        for frame in _frames_of(before or b""):
            self._heard.put_nowait((frame, identity))
            # Seconds of it in one go would hold up the event loop, and with it the greeting.
            await asyncio.sleep(0)
        async for event in stream:
            self._heard.put_nowait((event.frame, identity))


def _as_reason(number: int) -> Any:
    """LiveKit hands a plain number where its stubs want an enumeration's own."""
    return number


def _frames_of(pcm: bytes) -> list[rtc.AudioFrame]:
    """Cut mono 16-bit PCM into frames as the track delivers them."""
    samples = INPUT_SAMPLE_RATE_HZ * _FRAME_MS // 1000
    size = samples * 2
    pieces = [pcm[at : at + size] for at in range(0, len(pcm) - size + 1, size)]
    return [rtc.AudioFrame(piece, INPUT_SAMPLE_RATE_HZ, 1, samples) for piece in pieces]
