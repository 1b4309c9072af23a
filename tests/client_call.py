"""A room's client in a room without a network, and what happens to it there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

from livekit import rtc
from pipecat.utils.asyncio.task_manager import TaskManager

from processors.allowance import CallerAllowance
from processors.room.client import RoomClient
from tests.fake_audio_source import FakeAudioSource
from tests.fake_room import CALLER, MICROPHONE, STANDARD, settle


class Stream:
    """Stands for `rtc.AudioStream`: says what its track says, until closed; may not close."""

    opened: list[Stream]
    hangs = False

    def __init__(self, track: Any, **_: object) -> None:
        self.track = track
        self.is_closed = False
        self._frames: asyncio.Queue[Any] = asyncio.Queue()
        type(self).opened.append(self)

    def say(self, value: int) -> None:
        frame = rtc.AudioFrame(bytes([value, 0]) * 512, 16_000, 1, 512)
        self._frames.put_nowait(rtc.AudioFrameEvent(frame))

    def __aiter__(self) -> Stream:
        return self

    async def __anext__(self) -> Any:
        return await self._frames.get()

    async def aclose(self) -> None:
        if self.hangs:
            await asyncio.Event().wait()
        self.is_closed = True


class Source(FakeAudioSource):
    is_closed = False

    async def aclose(self) -> None:
        self.is_closed = True


class Room(rtc.EventEmitter[str]):
    """A room's public side; the publication of the bot's track may fail."""

    def __init__(self) -> None:
        super().__init__()
        self.remote_participants: dict[str, Any] = {}
        self.refuses_track = self.refuses_data = False
        self.sent: list[bytes] = []
        self.listens = asyncio.Event()
        self.local_participant = SimpleNamespace(
            publish_track=self._publish_track, publish_data=self._publish_data
        )

    @property
    def hooks(self) -> int:
        return sum(len(handlers) for handlers in self._events.values())

    async def _publish_track(self, *_: object) -> Any:
        if self.refuses_track:
            raise ConnectionError("no track")
        return SimpleNamespace(wait_for_subscription=self.listens.wait)

    async def _publish_data(self, data: bytes, *, reliable: bool) -> None:
        assert reliable
        if self.refuses_data:
            raise RuntimeError("an error of the native client")
        self.sent.append(data)

    def register_byte_stream_handler(self, _: str, handler: Callable[[Any, str], None]) -> None:
        self.take_recording = handler

    def unregister_byte_stream_handler(self, *_: object) -> None: ...
    def unregister_text_stream_handler(self, *_: object) -> None: ...


class Owner:
    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []

    async def caller_joined(self, identity: str) -> None:
        self.told.append(("joined", identity))

    async def caller_left(self, identity: str) -> None:
        self.told.append(("left", identity))

    async def message_received(self, data: bytes, sender: str) -> None:
        self.told.append((data, sender))

    async def room_disconnected(self, reason: str) -> None:
        self.told.append(("disconnected", reason))


class Call:
    """One client in its room, and what it hears."""

    def __init__(self, *, caller: str | None = CALLER, takes_messages: bool = True) -> None:
        self.room, self.owner = Room(), Owner()
        self.source = Source(sample_rate_hz=24_000)
        self.connects = 0
        self.happens_while_connecting: Callable[[], None] = lambda: None
        self.tasks = TaskManager()
        self.client = RoomClient(
            room=cast(rtc.Room, self.room),
            connect_room=self._connect,
            audio_source=cast(Any, self.source),
            caller_identity=caller,
            takes_messages=takes_messages,
            allowance=CallerAllowance(),
            callbacks=self.owner,
        )

    async def _connect(self) -> None:
        self.connects += 1
        self.happens_while_connecting()
        await asyncio.sleep(0)

    async def connect(self) -> None:
        await self.client.connect(self.tasks)

    async def join(self, identity: str, *, kind: Any = STANDARD) -> Any:
        person = SimpleNamespace(
            identity=identity, kind=kind, track_publications={}, joined_at=None
        )
        self.room.remote_participants[identity] = person
        self.room.emit("participant_connected", person)
        await settle()
        return person

    async def publish(self, person: Any, name: str, *, source: Any = MICROPHONE) -> Any:
        track = SimpleNamespace(name=name)
        publication = SimpleNamespace(source=source, audio_features=[], sid=name, muted=False)
        self.room.emit("track_subscribed", track, publication, person)
        await settle()
        return track

    async def heard(self) -> list[tuple[int, str]]:
        """Return who said what since the last call."""
        await settle()
        found: list[tuple[int, str]] = []
        audio = self.client.caller_audio.frames()
        while True:
            try:
                async with asyncio.timeout(0.01):
                    frame, identity = await anext(audio)
            except TimeoutError:
                return found
            found.append((bytes(frame.data)[0], identity))
