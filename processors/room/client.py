"""The connection to a room that somebody else owns: one caller's microphone in, one track out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any, Protocol

from livekit import rtc
from loguru import logger
from pipecat.utils.asyncio.task_manager import BaseTaskManager
from pipecat.utils.shared import acquires, releases

from ..allowance import Act, CallerAllowance
from .caller_audio import CallerAudio
from .microphone_signs import MicrophoneSigns

_LISTENER_LIMIT_SECS = 10.0
"""A caller who has joined but subscribes to nothing is spoken to all the same after this."""
_ACTIVE_LIMIT_SECS = 2.0
"""Within which LiveKit tells that the media of somebody who has joined can flow; old servers do not
tell it at all."""
RETURN_SECS = 0.3
"""Then for the bot's track to be subscribed to, which LiveKit tells its publisher only once."""
_PEOPLE = (
    rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD,
    rtc.ParticipantKind.PARTICIPANT_KIND_SIP,
    rtc.ParticipantKind.PARTICIPANT_KIND_CONNECTOR,
)
_MAX_PACKET_BYTES = 64 * 1024
"""As much as LiveKit carries in one; the longest typed text takes three quarters of it in JSON."""
_TONES = "0123456789*#"
"""A tone's place is its code (RFC 4733)."""


class RoomCallbacks(Protocol):
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
        caller_identity: Whose microphone to hear; None takes the first person who joins, and of
            those who are there already the first with a microphone.
        takes_messages: Tell of the caller's data packets.
        allowance: Of the caller.
        callbacks: Are told what happens.
    """

    def __init__(  # noqa: PLR0913 - the room, what goes in and out of it, and whom to tell
        self,
        *,
        room: rtc.Room,
        connect_room: Callable[[], Coroutine[Any, Any, None]],
        audio_source: rtc.AudioSource,
        caller_identity: str | None,
        takes_messages: bool,
        allowance: CallerAllowance,
        callbacks: RoomCallbacks,
    ) -> None:
        self.audio_source = audio_source
        self._room = room
        self._connect_room = connect_room
        self._caller_identity = caller_identity
        self._callbacks = callbacks
        self._allowance = allowance
        self.caller_audio = CallerAudio(room=room, accepts=self._may_record, start=self._start)
        self.microphone = MicrophoneSigns()
        self._handlers: dict[Any, Callable[..., None]] = {
            "participant_connected": self._on_participant_connected,
            "participant_active": self._on_participant_active,
            "participant_disconnected": self._on_participant_disconnected,
            "track_published": self._on_track_published,
            "track_subscribed": self._on_track_subscribed,
            "track_unsubscribed": self._on_track_unsubscribed,
            "track_muted": partial(self._on_muted, is_muted=True),
            "track_unmuted": partial(self._on_muted, is_muted=False),
            "disconnected": self._on_disconnected,
        }
        if takes_messages:
            self._handlers["data_received"] = self._on_data_received
        self._tasks: BaseTaskManager
        self._is_connected = False
        self._is_gone = False
        self._has_caller = asyncio.Event()
        self._is_caller_active = asyncio.Event()
        self._publication: rtc.LocalTrackPublication | None = None
        self._heard: rtc.RemoteTrackPublication | None = None

    @property
    def caller_identity(self) -> str | None:
        """Whose microphone is heard; None until known."""
        return self._caller_identity

    @property
    def has_caller(self) -> bool:
        """Whether the caller has been in the room."""
        return self._has_caller.is_set()

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
        if self._is_gone:
            self._on_disconnected()
        for participant in sorted(self._room.remote_participants.values(), key=_rank):
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

    async def wait_for_return(self) -> None:
        """Wait until a caller who has come back is about to hear us."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._is_caller_active.wait(), timeout=_ACTIVE_LIMIT_SECS)
        await asyncio.sleep(RETURN_SECS)

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
        for event, handler in self._handlers.items():
            self._room.off(event, handler)
        await self.caller_audio.close()
        await self.audio_source.aclose()

    def _may_record(self, identity: str) -> bool:
        is_caller = self._caller_identity in (None, identity)
        return is_caller and self._allowance.takes(Act.RECORDING)

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
        self._is_caller_active.clear()
        self._start(self._callbacks.caller_joined(participant.identity), "caller_joined")
        for publication in participant.track_publications.values():
            self._on_track_published(publication, participant)

    def _on_participant_active(self, participant: rtc.RemoteParticipant) -> None:
        if self._is_caller(participant):
            self._is_caller_active.set()

    def _on_participant_disconnected(self, participant: rtc.RemoteParticipant) -> None:
        if participant.identity == self._caller_identity:
            self._start(self._tell_if_left(participant.identity), "caller_left")

    async def _tell_if_left(self, identity: str) -> None:
        # A caller who reconnects replaces the old connection under the same identity: then the
        # room still holds them when the old connection's end is reported.
        if identity not in self._room.remote_participants:
            await self._callbacks.caller_left(identity)

    def _on_track_published(
        self, publication: rtc.RemoteTrackPublication, participant: rtc.RemoteParticipant
    ) -> None:
        if self._is_heard(publication, participant):
            self.caller_audio.expect(publication)

    def _on_track_subscribed(
        self,
        track: rtc.Track,
        publication: rtc.RemoteTrackPublication,
        participant: rtc.RemoteParticipant,
    ) -> None:
        if not self._is_heard(publication, participant):
            return
        old, self._heard = self._heard, publication
        self.caller_audio.switch_to(track, publication, participant.identity)
        self.microphone.came(is_muted=publication.muted)
        if old is not None and old is not publication:
            # LiveKit decodes all that is subscribed, whether anybody listens or not.
            old.set_subscribed(False)

    def _is_heard(self, publication: rtc.TrackPublication, who: rtc.RemoteParticipant) -> bool:
        """Tell whether this is the caller's microphone; all else is ignored."""
        is_microphone = publication.source == rtc.TrackSource.SOURCE_MICROPHONE
        return is_microphone and self._is_caller(who)

    def _on_track_unsubscribed(self, track: rtc.Track) -> None:
        if self.caller_audio.hear_no_more_of(track):
            self.microphone.went()

    def _on_muted(self, who: Any, publication: rtc.TrackPublication, *, is_muted: bool) -> None:
        if self._is_heard(publication, who):
            self.microphone.muted(is_muted=is_muted)

    def _on_data_received(self, packet: rtc.DataPacket) -> None:
        # Anybody in the room may send packets; only the caller may command the bot.
        sender = packet.participant.identity if packet.participant else None
        if sender is None or sender != self._caller_identity:
            return
        if len(packet.data) > _MAX_PACKET_BYTES:
            return
        if self._allowance.takes(Act.MESSAGE):
            self._start(self._callbacks.message_received(packet.data, sender), "message_received")

    def _on_disconnected(self, reason: int | None = None) -> None:
        if not self._is_connected:
            # Its owner may leave while the track is being published: that is told afterwards.
            self._is_gone = True
            return
        name = "unknown" if reason is None else rtc.DisconnectReason.Name(_as_reason(reason))
        self._start(self._callbacks.room_disconnected(name), "room_disconnected")


def _as_reason(number: int) -> Any:
    """LiveKit hands a plain number where its stubs want an enumeration's own."""
    return number


def _rank(participant: rtc.RemoteParticipant) -> tuple[bool, float]:
    """Put who can talk first, then who has been there longest."""
    sources = [one.source for one in participant.track_publications.values()]
    joined_at = participant.joined_at
    is_mute = rtc.TrackSource.SOURCE_MICROPHONE not in sources
    return is_mute, joined_at.timestamp() if joined_at else 0.0
