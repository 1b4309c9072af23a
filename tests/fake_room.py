"""A room without a network: it records what is written and can be slow or broken."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

from livekit import rtc

CALLER = "caller-1"
BOT = "bot-1"
STANDARD = rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD
MICROPHONE = rtc.TrackSource.SOURCE_MICROPHONE


@dataclass
class SentStream:
    topic: str
    sender: str
    header: dict[str, str]
    chunks: list[str] = field(default_factory=list[str])
    trailer: dict[str, str] = field(default_factory=dict[str, str])
    is_closed: bool = False

    @property
    def text(self) -> str:
        return "".join(self.chunks)

    @property
    def attributes(self) -> dict[str, str]:
        return self.header | self.trailer


class FakeWriter:
    def __init__(self, stream: SentStream, participant: FakeParticipant) -> None:
        self._stream = stream
        self._participant = participant

    async def write(self, text: str) -> None:
        await self._participant.pass_network()
        self._stream.chunks.append(text)

    async def aclose(self, *, attributes: dict[str, str] | None = None) -> None:
        await self._participant.pass_network()
        self._stream.trailer = attributes or {}
        self._stream.is_closed = True


class FakeParticipant:
    def __init__(self, identity: str, *, microphone_sid: str = "", client_protocol: int = 3):
        self.identity = identity
        self.kind = STANDARD
        self.joined_at = None
        self._info = SimpleNamespace(client_protocol=client_protocol)
        publication = SimpleNamespace(sid=microphone_sid, source=MICROPHONE, muted=False)
        self.track_publications = {microphone_sid: publication} if microphone_sid else {}
        self.attributes: dict[str, str] = {}
        self.attribute_writes: list[dict[str, str]] = []
        self.metadata_writes: list[str] = []
        self.streams: list[SentStream] = []
        self.packets: list[rtc.Transcription] = []
        self.sent_bytes: list[tuple[str, bytes, list[str] | None]] = []
        self.byte_attributes: list[dict[str, str]] = []
        self.rpc_methods: dict[str, Callable[[rtc.RpcInvocationData], Awaitable[str]]] = {}
        self.is_broken = False
        self.network = asyncio.Event()
        self.network.set()

    async def pass_network(self) -> None:
        await self.network.wait()
        if self.is_broken:
            raise ConnectionError("the network is gone")

    async def set_attributes(self, attributes: dict[str, str]) -> None:
        await self.pass_network()
        self.attribute_writes.append(attributes)

    async def set_metadata(self, metadata: str) -> None:
        await self.pass_network()
        self.metadata_writes.append(metadata)

    async def stream_text(
        self, *, topic: str, sender_identity: str, attributes: dict[str, str]
    ) -> FakeWriter:
        await self.pass_network()
        stream = SentStream(topic, sender_identity, dict(attributes))
        self.streams.append(stream)
        return FakeWriter(stream, self)

    async def publish_transcription(self, transcription: rtc.Transcription) -> None:
        await self.pass_network()
        self.packets.append(transcription)

    def register_rpc_method(
        self, method_name: str, handler: Callable[[rtc.RpcInvocationData], Awaitable[str]]
    ) -> None:
        self.rpc_methods[method_name] = handler

    def unregister_rpc_method(self, method: str) -> None:
        del self.rpc_methods[method]

    async def send_bytes(
        self,
        data: bytes,
        *,
        topic: str,
        name: str,
        destination_identities: list[str] | None = None,
        attributes: dict[str, str] | None = None,
    ) -> None:
        del name
        await self.pass_network()
        self.sent_bytes.append((topic, data, destination_identities))
        self.byte_attributes.append(attributes or {})


class FakeRoom:
    def __init__(self, *, client_protocol: int = 3) -> None:
        self.local_participant = FakeParticipant(BOT, microphone_sid="TR_bot")
        caller = FakeParticipant(
            CALLER, microphone_sid="TR_caller", client_protocol=client_protocol
        )
        self.remote_participants = {CALLER: caller}
        self.handlers: dict[str, Callable[..., Any]] = {}
        self.stream_handlers: dict[str, Callable[[Any, str], None]] = {}
        self.is_connected = True
        self.options: rtc.RoomOptions | None = None
        """With which it was connected."""
        self.rtc_stats: rtc.RtcStats | Exception | None = None
        """None: they never come."""

    @property
    def room(self) -> rtc.Room:
        return cast(rtc.Room, self)

    async def connect(self, url: str, token: str, options: rtc.RoomOptions) -> None:
        del url, token
        self.options = options

    def isconnected(self) -> bool:
        return self.is_connected

    async def get_rtc_stats(self) -> rtc.RtcStats:
        if self.rtc_stats is None:
            await asyncio.Event().wait()
        if not isinstance(self.rtc_stats, rtc.RtcStats):
            raise self.rtc_stats or AssertionError
        return self.rtc_stats

    def on(self, event: str, handler: Callable[..., Any]) -> None:
        self.handlers[event] = handler

    def off(self, event: str, handler: Callable[..., Any]) -> None:
        if self.handlers.get(event) == handler:
            del self.handlers[event]

    def deliver(self, topic: str, stream: Any, sender: str) -> None:
        """Bring a stream, which a room drops when nobody has asked for its topic."""
        handler = self.stream_handlers.get(topic)
        if handler is None:
            stream.close()
        else:
            handler(stream, sender)

    def register_text_stream_handler(self, topic: str, handler: Callable[[Any, str], None]) -> None:
        self.stream_handlers[topic] = handler

    def register_byte_stream_handler(self, topic: str, handler: Callable[[Any, str], None]) -> None:
        self.stream_handlers[topic] = handler

    def unregister_text_stream_handler(self, topic: str) -> None:
        self.stream_handlers.pop(topic, None)

    def unregister_byte_stream_handler(self, topic: str) -> None:
        self.stream_handlers.pop(topic, None)


async def settle() -> None:
    """Let every task that can run, run."""
    for _ in range(20):
        await asyncio.sleep(0)
