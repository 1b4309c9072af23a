"""A room without a server: one caller is there, and whatever the bot sends is thrown away."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

from livekit import rtc

CALLER = "caller"
_BOT = "bot"


class WireParticipant:
    """A participant that takes every message and sends none."""

    def __init__(self, identity: str) -> None:
        self.identity = self.sid = identity
        self.name, self.metadata = identity, ""
        self.attributes: dict[str, str] = {}
        self.kind = rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD
        self.joined_at = None
        self._info = SimpleNamespace(client_protocol=3)
        self.publication = SimpleNamespace(
            sid=f"TR_{identity}",
            source=rtc.TrackSource.SOURCE_MICROPHONE,
            kind=rtc.TrackKind.KIND_AUDIO,
            track=SimpleNamespace(kind=rtc.TrackKind.KIND_AUDIO, sid=f"TR_{identity}"),
            audio_features=[],
            wait_for_subscription=_nothing,
        )
        self.track_publications = {self.publication.sid: self.publication}

    async def publish_track(self, *_: object, **__: object) -> SimpleNamespace:
        """Return the publication, at once subscribed."""
        return self.publication

    async def stream_text(self, **_: object) -> SimpleNamespace:
        """Return a writer that throws away."""
        return SimpleNamespace(write=_nothing, aclose=_nothing)

    def register_rpc_method(self, *_: object) -> None:
        """Nobody calls."""

    unregister_rpc_method = register_rpc_method

    set_attributes = publish_transcription = publish_data = send_bytes = send_text = (
        lambda self, *_, **__: _nothing()
    )


async def _nothing(*_: object, **__: object) -> None:
    """Do nothing, as an awaitable."""


class WireRoom(rtc.EventEmitter[str]):
    """A room with the bot and one caller in it."""

    name = "wire"
    metadata = ""

    def __init__(self, loop: object = None) -> None:
        super().__init__()
        del loop
        self.sid = "RM_wire"
        self.local_participant = WireParticipant(_BOT)
        self.remote_participants: dict[str, WireParticipant] = {}
        self._is_connected = False

    def isconnected(self) -> bool:
        """Return whether the bot is in the room."""
        return self._is_connected

    async def connect(self, *_: object, **__: object) -> None:
        """Connect; the caller comes a moment later."""
        self._is_connected = True
        asyncio.get_running_loop().call_later(0.1, self._let_caller_in)

    async def disconnect(self, **_: object) -> None:
        """Leave."""
        self._is_connected = False
        self.remote_participants.clear()

    def _let_caller_in(self) -> None:
        caller = WireParticipant(CALLER)
        self.remote_participants[CALLER] = caller
        self.emit("participant_connected", caller)
        self.emit("track_subscribed", caller.publication.track, caller.publication, caller)

    def register_text_stream_handler(self, *_: object) -> None:
        """Nobody sends."""

    register_byte_stream_handler = register_text_stream_handler
    unregister_text_stream_handler = register_text_stream_handler
    unregister_byte_stream_handler = register_text_stream_handler
