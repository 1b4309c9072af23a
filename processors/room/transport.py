"""A Pipecat transport on a LiveKit room that somebody else owns.

It hears one caller's microphone only, and plays out through `RoomOutput`, so that everybody
downstream learns what was really heard.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any

from livekit import rtc
from loguru import logger
from pipecat.audio.filters.base_audio_filter import BaseAudioFilter
from pipecat.frames.frames import ClientConnectedFrame, InputTransportMessageFrame
from pipecat.transports.base_transport import BaseTransport, TransportParams
from typing_extensions import override

from ..allowance import CallerAllowance
from ..floor import Floor
from ..frames import CallerLeftFrame
from .caller_audio import INPUT_SAMPLE_RATE_HZ
from .client import RoomClient
from .microphone import RoomInput
from .microphone_signs import MicrophoneSigns
from .output import OUTPUT_QUEUE_MS, OUTPUT_SAMPLE_RATE_HZ, RoomOutput
from .playout import CHUNK_MS, Playout

_EVENTS = (
    "on_caller_joined",
    "on_caller_left",
    "on_room_disconnected",
    "on_client_connected",
    "on_client_disconnected",
    "on_app_message",
)


def build_params(*, audio_in_filter: BaseAudioFilter | None = None) -> TransportParams:
    """Return what Pipecat's transport is told about audio."""
    params = TransportParams(
        audio_in_enabled=True,
        audio_in_sample_rate=INPUT_SAMPLE_RATE_HZ,
        audio_in_filter=audio_in_filter,
        audio_out_enabled=True,
        audio_out_sample_rate=OUTPUT_SAMPLE_RATE_HZ,
        audio_out_10ms_chunks=CHUNK_MS // 10,
        # `RoomOutput.stop` waits for the real end instead.
        audio_out_end_silence_secs=0,
    )
    # A parked bot holds its greeting for minutes until a caller listens. `Playout` keeps the limit
    # that matters, of the room's audio source.
    params.audio_out_write_timeout_secs = None  # pyright: ignore[reportAttributeAccessIssue]
    return params


class RoomTransport(BaseTransport):
    """The transport of one session.

    Events: `on_caller_joined(transport, identity)`, `on_caller_left(transport, identity)`,
    `on_room_disconnected(transport, reason)`; of the same, as Pipecat's other transports tell it,
    `on_client_connected(transport, client)` and `on_client_disconnected(transport, client)`; and
    `on_app_message(transport, message, sender)`.

    Args:
        room: Not yet connected; its owner disconnects or deletes it.
        connect: Connects `room`.
        floor: Told when the caller begins and ceases to hear the bot.
        caller_identity: Whose microphone to hear; None takes the first person who joins.
        takes_messages: Pass the caller's data packets on, as Pipecat's RTVI needs.
        allowance: Of the caller, whose packets and recordings it counts; None for one of its own.
        heard_otherwise: As `CallerAudio` has it.
        params: As `build_params` returns them, or changed.

    Raises:
        ValueError: `params` ask for what this transport does not do.
    """

    def __init__(  # noqa: PLR0913 - the seams of one room
        self,
        *,
        room: rtc.Room,
        connect: Callable[[], Coroutine[Any, Any, None]],
        caller_identity: str | None,
        floor: Floor,
        takes_messages: bool = False,
        allowance: CallerAllowance | None = None,
        heard_otherwise: Callable[[bytes], bytes | None] | None = None,
        params: TransportParams | None = None,
    ) -> None:
        super().__init__()
        params = params or build_params()
        _check(params)
        self._floor = floor
        self._moves = 0
        """How often the caller has come and gone."""
        self._client = RoomClient(
            room=room,
            connect_room=connect,
            audio_source=rtc.AudioSource(OUTPUT_SAMPLE_RATE_HZ, 1, queue_size_ms=OUTPUT_QUEUE_MS),
            caller_identity=caller_identity,
            takes_messages=takes_messages,
            allowance=allowance or CallerAllowance(),
            callbacks=self,
        )
        self._client.caller_audio.heard_otherwise = heard_otherwise
        self._input = RoomInput(self._client, params, transport=self)
        self._output = RoomOutput(self._client, params, transport=self, floor=floor)
        for event in _EVENTS:
            # Not public, but the only way for a Pipecat object to have events.
            self._register_event_handler(event)

    @override
    def input(self) -> RoomInput:
        """The caller's voice."""
        return self._input

    @override
    def output(self) -> RoomOutput:
        """The bot's."""
        return self._output

    @override
    def get_client_id(self, client: Any) -> str:
        """The identity of whom `on_client_connected` told."""
        return client["id"]

    @property
    def playout(self) -> Playout:
        """The account of what the caller hears."""
        return self._output.playout

    @property
    def microphone(self) -> MicrophoneSigns:
        """Whether anything can come from the caller."""
        return self._client.microphone

    @property
    def caller_identity(self) -> str | None:
        """The caller's identity, once somebody is the caller."""
        return self._client.caller_identity

    @property
    def has_caller(self) -> bool:
        """Whether the caller has been here."""
        return self._client.has_caller

    @property
    def is_under_way(self) -> bool:
        """Whether anything said is still to be heard, also while it is held."""
        return self.playout.is_audible

    @property
    def is_begun(self) -> bool:
        """Whether some of that was heard."""
        return self.is_under_way and self._floor.is_bot_speaking and bool(self.heard_text)

    @property
    def heard_text(self) -> str:
        """What the caller has heard of the bot's present or last words; recent ones only."""
        return self._output.heard_text

    async def caller_joined(self, identity: str) -> None:
        """Let the caller hear and be heard; a second connection of theirs takes over the first."""
        self._moves += 1
        move = self._moves
        if move > 1:
            await self._hold()
        await self._tell("on_caller_joined", identity)
        await self._tell("on_client_connected", {"id": identity})
        await self._input.push_frame(ClientConnectedFrame())
        if move > 1:
            await self._client.wait_for_return()
            if move == self._moves:
                self._floor.is_caller_away = False
                self.playout.release()

    async def caller_left(self, identity: str) -> None:
        """Hold what is being said: it is kept, and nobody is taken to have heard it."""
        self._moves += 1
        await self._hold()
        await self._tell("on_caller_left", identity)
        await self._tell("on_client_disconnected", {"id": identity})
        await self._input.push_frame(CallerLeftFrame())

    async def miss_caller(self) -> None:
        """Wait for a caller who has not come as for one who has left: they were here before."""
        if not self.has_caller:
            await self.caller_left(self.caller_identity or "")

    async def _hold(self) -> None:
        self._floor.is_caller_away = True
        await self.playout.hold()

    async def room_disconnected(self, reason: str) -> None:
        """See `RoomCallbacks`."""
        await self._tell("on_room_disconnected", reason)

    async def message_received(self, data: bytes, sender: str) -> None:
        """Pass a JSON object on, both ways: RTVI sits ahead of the transport."""
        try:
            message = json.loads(data)
        except (ValueError, RecursionError):
            message = None
        if not isinstance(message, dict):
            logger.debug("A data packet of the caller is no JSON object")
            return
        await self._input.broadcast_frame(InputTransportMessageFrame, message=message)
        await self._tell("on_app_message", message, sender)

    async def _tell(self, event: str, *args: object) -> None:
        # Not public, see above.
        await self._call_event_handler(event, *args)


def _check(params: TransportParams) -> None:
    if params.audio_out_mixer is not None:
        raise ValueError(
            "RoomTransport takes no audio_out_mixer: its sound never ends, so the bot would never "
            "have finished speaking; publish background sound as a track of its own"
        )
    if params.video_in_enabled or params.video_out_enabled or params.audio_out_destinations:
        raise ValueError("RoomTransport carries one voice each way: no video, no destinations")
    rates_hz = (params.audio_in_sample_rate, params.audio_out_sample_rate)
    if rates_hz != (INPUT_SAMPLE_RATE_HZ, OUTPUT_SAMPLE_RATE_HZ):
        raise ValueError("RoomTransport has fixed sample rates: start from build_params()")
