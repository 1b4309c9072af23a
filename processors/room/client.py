"""The transport's connection to an adopted room: one caller's microphone in, one track out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from livekit import rtc
from loguru import logger
from pipecat.processors.frame_processor import FrameProcessorSetup
from pipecat.transports.livekit.transport import (
    LiveKitCallbacks,
    LiveKitParams,
    LiveKitTransportClient,
)

from processors.room.pre_connect_audio import PreConnectAudio

_PEOPLE = (
    rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD,
    rtc.ParticipantKind.PARTICIPANT_KIND_SIP,
    rtc.ParticipantKind.PARTICIPANT_KIND_CONNECTOR,
)
_SAMPLE_RATE_HZ = 16_000
_FRAME_MS = 32
"""A window of voice detection: each is judged as soon as it is full, where shorter frames fill it
with the one after. Every frame wakes the event loop and costs its way through the pipeline."""
_LISTENER_LIMIT_SECS = 10.0
"""A caller who has joined but subscribes to nothing is spoken to all the same after this."""


class RoomClient(LiveKitTransportClient):
    """Adopts a room; its owner connects it, disconnects it and deletes it."""

    def __init__(  # noqa: PLR0913 - the callbacks are the seam to the transport
        self,
        *,
        room: rtc.Room,
        connect_room: Callable[[], Coroutine[Any, Any, None]],
        caller_identity: str | None,
        takes_messages: bool,
        params: LiveKitParams,
        callbacks: LiveKitCallbacks,
        transport_name: str,
        on_caller_joined: Callable[[str], Coroutine[Any, Any, None]],
        on_caller_left: Callable[[str], Coroutine[Any, Any, None]],
        on_room_disconnected: Callable[[str], Coroutine[Any, Any, None]],
    ) -> None:
        super().__init__("", "", room.name, params, callbacks, transport_name)
        self._room = room
        self._connect_room = connect_room
        self._caller_identity = caller_identity
        self._takes_messages = takes_messages
        self._has_caller = asyncio.Event()
        self._publication: rtc.LocalTrackPublication | None = None
        self.pre_connect_audio: PreConnectAudio | None = None
        """Where recordings made before the connection stood arrive, if anywhere."""
        self._on_caller_joined = on_caller_joined
        self._on_caller_left = on_caller_left
        self._on_room_disconnected = on_room_disconnected

    @property
    def caller_identity(self) -> str | None:
        """Whose microphone is heard; None until known."""
        return self._caller_identity

    @property
    def audio_source(self) -> rtc.AudioSource:
        """The source of the bot's track; exists once connected."""
        assert self._audio_source is not None
        return self._audio_source

    async def setup(self, setup: FrameProcessorSetup) -> None:
        """Hook the adopted room's events."""
        if self._task_manager:
            return
        self._task_manager = setup.task_manager
        self._out_sample_rate = self._params.audio_out_sample_rate or setup.audio_out_sample_rate
        self.room.on("participant_connected", self._on_participant_connected_wrapper)
        self.room.on("participant_disconnected", self._on_participant_disconnected_wrapper)
        self.room.on("track_subscribed", self._on_track_subscribed_wrapper)
        self.room.on("track_unsubscribed", self._on_track_unsubscribed_wrapper)
        self.room.on("disconnected", self._on_disconnected_with_reason)
        if self._takes_messages:
            self.room.on("data_received", self._on_data_received_wrapper)

    # Pipecat's own is wrapped by a retry that waits 4 s; the job's owner retries instead.
    async def connect(self) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Connect the room once and publish the bot's track; input and output both call this."""
        async with self._async_lock:
            self._disconnect_counter += 1
            if self._connected:
                return
            await self._connect_room()
            self._participant_id = self.room.local_participant.identity
            self._audio_source = rtc.AudioSource(
                self._out_sample_rate,
                self._params.audio_out_channels,
                queue_size_ms=self._params.audio_out_queue_size_ms,
            )
            self._audio_track = rtc.LocalAudioTrack.create_audio_track("voice", self._audio_source)
            options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
            self._publication = await self.room.local_participant.publish_track(
                self._audio_track, options
            )
            self._connected = True
            await self._callbacks.on_connected()
            for participant in list(self.room.remote_participants.values()):
                await self._async_on_participant_connected(participant)

    async def disconnect(self) -> None:
        """Release the streams and the source; the room itself belongs to its owner."""
        async with self._async_lock:
            self._disconnect_counter -= 1
            if not self._connected or self._disconnect_counter > 0:
                return
            self._connected = False
            await self._callbacks.on_before_disconnect()
            await self._close_all_streams()
            await self._close_output_sources()
            await self._callbacks.on_disconnected()

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

    def _is_caller(self, participant: rtc.RemoteParticipant) -> bool:
        if self._caller_identity is not None:
            return participant.identity == self._caller_identity
        return participant.kind in _PEOPLE

    async def _async_on_participant_connected(self, participant: rtc.RemoteParticipant) -> None:
        if not self._is_caller(participant):
            logger.info("A listener joined")
            return
        self._caller_identity = participant.identity
        self._has_caller.set()
        await self._on_caller_joined(participant.identity)
        await self._participant_connected(participant.identity)

    async def _async_on_participant_disconnected(self, participant: rtc.RemoteParticipant) -> None:
        # A caller who reconnects replaces the old connection under the same identity: then the
        # room still holds them when the old connection's end is reported.
        is_gone = participant.identity not in self.room.remote_participants
        if participant.identity == self._caller_identity and is_gone:
            await self._on_caller_left(participant.identity)
            await super()._async_on_participant_disconnected(participant)

    async def _async_on_track_subscribed(
        self,
        track: rtc.Track,
        publication: rtc.RemoteTrackPublication,
        participant: rtc.RemoteParticipant,
    ) -> None:
        """Hear the caller's microphone, natively at the pipeline's rate; ignore all else."""
        is_microphone = publication.source == rtc.TrackSource.SOURCE_MICROPHONE
        if not (is_microphone and self._is_caller(participant)):
            return
        assert self._task_manager is not None
        await self._close_audio_stream(participant.identity)
        self._audio_tracks[participant.identity] = track
        # LiveKit's resampler has no look-ahead here; Pipecat's own would hold back 37 ms.
        stream = rtc.AudioStream(
            track,
            sample_rate=_SAMPLE_RATE_HZ,
            num_channels=1,
            frame_size_ms=_FRAME_MS,
        )
        task = self._task_manager.create_task(
            self._hear(stream, publication, participant.identity), f"{self}::microphone"
        )
        self._audio_streams[participant.identity] = (stream, task)
        await self._callbacks.on_audio_track_subscribed(participant.identity)

    async def _hear(
        self, stream: rtc.AudioStream, publication: rtc.RemoteTrackPublication, identity: str
    ) -> None:
        """Queue what was recorded before the track was live, then the track.

        A client records on until it is told of the subscription, so what is said just then is heard
        twice: for 8 to 75 ms, median 46, in ten joins on loopback, and a network leg longer
        elsewhere. There was never a gap.
        """
        recorded = None
        if self.pre_connect_audio is not None:
            recorded = await self.pre_connect_audio.audio_before(publication)
        for frame in _frames_of(recorded or b""):
            await self._audio_queue.put((rtc.AudioFrameEvent(frame), identity))
            # Seconds of it in one go would hold up the event loop, and with it the greeting.
            await asyncio.sleep(0)
        await self._process_audio_stream(stream, identity)

    async def _async_on_track_unsubscribed(
        self,
        track: rtc.Track,
        publication: rtc.RemoteTrackPublication,
        participant: rtc.RemoteParticipant,
    ) -> None:
        # A microphone switched mid-call is published anew before the old track's end arrives.
        if self._audio_tracks.get(participant.identity) is track:
            await super()._async_on_track_unsubscribed(track, publication, participant)

    async def _async_on_data_received(self, data: rtc.DataPacket) -> None:
        # Anybody in the room may send packets; only the caller may command the bot.
        sender = data.participant.identity if data.participant else None
        if sender is not None and sender == self._caller_identity:
            await super()._async_on_data_received(data)

    def _on_disconnected_with_reason(self, reason: object = None) -> None:
        if not self._connected or self._task_manager is None:
            return
        name = (
            rtc.DisconnectReason.Name(reason)  # pyright: ignore[reportArgumentType]
            if isinstance(reason, int)
            else "unknown"
        )
        self._task_manager.create_task(
            self._on_room_disconnected(name), f"{self}::on_room_disconnected"
        )


def _frames_of(pcm: bytes) -> list[rtc.AudioFrame]:
    """Cut mono 16-bit PCM into frames as the track delivers them."""
    samples = _SAMPLE_RATE_HZ * _FRAME_MS // 1000
    size = samples * 2
    pieces = [pcm[at : at + size] for at in range(0, len(pcm) - size + 1, size)]
    return [rtc.AudioFrame(piece, _SAMPLE_RATE_HZ, 1, samples) for piece in pieces]
