"""Pipecat's LiveKit transport on a room that somebody else owns.

It adopts the job's room instead of making one, hears one caller's microphone only, and plays out
through `RoomOutput`, so that everybody downstream learns what was really heard.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from livekit import rtc
from pipecat.transports.livekit.transport import LiveKitParams, LiveKitTransport

from processors.floor import Floor
from processors.room.client import RoomClient
from processors.room.microphone import RoomInput
from processors.room.output import OUTPUT_QUEUE_MS, OUTPUT_SAMPLE_RATE_HZ, RoomOutput
from processors.room.playout import CHUNK_MS, Playout
from processors.room.pre_connect_audio import PreConnectAudio

INPUT_SAMPLE_RATE_HZ = 16_000


def build_params() -> LiveKitParams:
    """Return what Pipecat's transport is told about audio."""
    params = LiveKitParams(
        audio_in_enabled=True,
        audio_in_sample_rate=INPUT_SAMPLE_RATE_HZ,
        audio_out_enabled=True,
        audio_out_sample_rate=OUTPUT_SAMPLE_RATE_HZ,
        audio_out_10ms_chunks=CHUNK_MS // 10,
        audio_out_queue_size_ms=OUTPUT_QUEUE_MS,
        # `RoomOutput.stop` waits for the real end instead.
        audio_out_end_silence_secs=0,
    )
    # A parked bot holds its greeting for minutes until a caller listens. `Playout` keeps the limit
    # that matters, of the room's audio source.
    params.audio_out_write_timeout_secs = None  # pyright: ignore[reportAttributeAccessIssue]
    return params


class RoomTransport(LiveKitTransport):
    """The transport of one session.

    Events besides Pipecat's own: `on_caller_joined(transport, identity)`,
    `on_caller_left(transport, identity)`, `on_room_disconnected(transport, reason)`.

    Args:
        room: Adopted, not yet connected; its owner disconnects or deletes it.
        connect: Connects `room`.
        floor: Told when the caller begins and ceases to hear the bot.
        caller_identity: Whose microphone to hear; None takes the first person who joins.
        takes_messages: Pass the caller's data packets on, as Pipecat's RTVI needs.
    """

    def __init__(
        self,
        *,
        room: rtc.Room,
        connect: Callable[[], Coroutine[Any, Any, None]],
        caller_identity: str | None,
        floor: Floor,
        takes_messages: bool = False,
    ) -> None:
        params = build_params()
        super().__init__("", "", room.name, params)
        self._client: RoomClient = RoomClient(
            room=room,
            connect_room=connect,
            caller_identity=caller_identity,
            takes_messages=takes_messages,
            params=params,
            callbacks=self._client._callbacks,  # pyright: ignore[reportPrivateUsage]
            transport_name=self.name,
            on_caller_joined=self._on_caller_joined,
            on_caller_left=self._on_caller_left,
            on_room_disconnected=self._on_room_disconnected,
        )
        for event in ("on_caller_joined", "on_caller_left", "on_room_disconnected"):
            self._register_event_handler(event)
        self._input = RoomInput(self, self._client, params)
        self._room_output = RoomOutput(self, self._client, params, floor=floor)
        self._output = self._room_output

    @property
    def playout(self) -> Playout:
        """The account of what the caller hears."""
        return self._room_output.playout

    @property
    def caller_identity(self) -> str | None:
        """The caller's identity, once somebody is the caller."""
        return self._client.caller_identity

    @property
    def heard_text(self) -> str:
        """What the caller has heard of the bot's present or last words; recent ones only."""
        return self._room_output.heard_text

    def hear_first(self, recordings: PreConnectAudio) -> None:
        """Hear what was recorded before the connection stood ahead of each live track."""
        self._client.pre_connect_audio = recordings

    async def _on_caller_joined(self, identity: str) -> None:
        await self._call_event_handler("on_caller_joined", identity)

    async def _on_caller_left(self, identity: str) -> None:
        await self._call_event_handler("on_caller_left", identity)

    async def _on_room_disconnected(self, reason: str) -> None:
        await self._call_event_handler("on_room_disconnected", reason)
