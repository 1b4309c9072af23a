"""The client in a room without a network: who is heard, who is told what, and what is left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit import rtc
from pipecat.utils.asyncio.task_manager import TaskManager

from processors.room.client import RoomClient
from tests.fake_audio_source import FakeAudioSource
from tests.fake_room import MICROPHONE, STANDARD, settle

CALLER = "caller-1"
SCREEN = rtc.TrackSource.SOURCE_SCREENSHARE_AUDIO


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
        self.refuses_track = False
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
        self.sent.append(data)

    def register_byte_stream_handler(self, *_: object) -> None: ...
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
        self.tasks = TaskManager()
        self.client = RoomClient(
            room=cast(rtc.Room, self.room),
            connect_room=self._connect,
            audio_source=cast(Any, self.source),
            caller_identity=caller,
            takes_messages=takes_messages,
            callbacks=self.owner,
        )

    async def _connect(self) -> None:
        self.connects += 1
        await asyncio.sleep(0)

    async def connect(self) -> None:
        await self.client.connect(self.tasks)

    async def join(self, identity: str, *, kind: Any = STANDARD) -> Any:
        person = SimpleNamespace(identity=identity, kind=kind)
        self.room.remote_participants[identity] = person
        self.room.emit("participant_connected", person)
        await settle()
        return person

    async def publish(self, person: Any, name: str, *, source: Any = MICROPHONE) -> Any:
        track = SimpleNamespace(name=name)
        publication = SimpleNamespace(source=source, audio_features=[], sid=name)
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


@pytest.fixture(autouse=True)
def streams(monkeypatch: pytest.MonkeyPatch) -> list[Stream]:
    Stream.opened, Stream.hangs = [], False
    monkeypatch.setattr(rtc, "AudioStream", Stream)
    voice = SimpleNamespace(create_audio_track=lambda *_: SimpleNamespace())
    monkeypatch.setattr(rtc, "LocalAudioTrack", voice)
    return Stream.opened


@pytest.fixture
async def call() -> AsyncIterator[Call]:
    call = Call()
    yield call
    await call.client.disconnect()
    await settle()
    assert not call.tasks.current_tasks()
    assert call.room.hooks == 0


async def test_only_the_callers_microphone_is_heard(call: Call, streams: list[Stream]) -> None:
    await call.connect()
    caller, other = await call.join(CALLER), await call.join("other")
    await call.publish(other, "theirs")
    await call.publish(caller, "film", source=SCREEN)
    assert streams == []
    await call.publish(caller, "mine")
    streams[0].say(7)
    assert await call.heard() == [(7, CALLER)]
    assert call.owner.told == [("joined", CALLER)]


async def test_without_a_named_caller_the_first_person_is_it_and_no_machine() -> None:
    call = Call(caller=None)
    await call.connect()
    await call.join("recorder", kind=rtc.ParticipantKind.PARTICIPANT_KIND_EGRESS)
    assert call.client.caller_identity is None
    await call.join("anna")
    await call.join("bert")
    assert call.client.caller_identity == "anna"
    assert call.owner.told == [("joined", "anna")]
    await call.client.disconnect()


async def test_who_is_there_before_the_bot_is_told_as_well(call: Call) -> None:
    call.room.remote_participants[CALLER] = SimpleNamespace(identity=CALLER, kind=STANDARD)
    await call.connect()
    await settle()
    assert call.owner.told == [("joined", CALLER)]


async def test_a_switched_microphone_is_heard_in_either_order_of_events(
    call: Call, streams: list[Stream]
) -> None:
    await call.connect()
    caller = await call.join(CALLER)
    old = await call.publish(caller, "old")
    await call.publish(caller, "new")
    call.room.emit("track_unsubscribed", old, None, caller)
    streams[1].say(1)
    assert await call.heard() == [(1, CALLER)]
    assert [stream.is_closed for stream in streams] == [True, False]
    call.room.emit("track_unsubscribed", streams[1].track, None, caller)
    await call.publish(caller, "third")
    streams[2].say(2)
    assert await call.heard() == [(2, CALLER)]
    assert [stream.is_closed for stream in streams] == [True, True, False]


async def test_two_switches_at_once_leave_one_microphone(
    call: Call, streams: list[Stream], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("processors.room.caller_audio._CLOSE_LIMIT_SECS", 0.02)
    await call.connect()
    caller = await call.join(CALLER)
    await call.publish(caller, "first")
    Stream.hangs = True
    await call.publish(caller, "second")
    await call.publish(caller, "third")
    await asyncio.sleep(0.1)
    Stream.hangs = False
    for stream in streams:
        stream.say(1)
    assert await call.heard() == [(1, CALLER)]
    assert streams[-1].track.name == "third"


async def test_a_microphone_that_does_not_close_costs_no_word_of_the_next(
    call: Call, streams: list[Stream], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("processors.room.caller_audio._CLOSE_LIMIT_SECS", 0.5)
    await call.connect()
    caller = await call.join(CALLER)
    old = await call.publish(caller, "old")
    Stream.hangs = True
    call.room.emit("track_unsubscribed", old, None, caller)
    await call.publish(caller, "new")
    streams[1].say(1)
    assert await call.heard() == [(1, CALLER)]
    streams[0].say(9)
    assert await call.heard() == []


async def test_a_caller_who_comes_back_under_the_same_name_has_not_left(call: Call) -> None:
    await call.connect()
    caller = await call.join(CALLER)
    # The end of the old connection is told when the new one is in the room.
    call.room.emit("participant_disconnected", caller)
    await settle()
    assert call.owner.told == [("joined", CALLER)]
    del call.room.remote_participants[CALLER]
    call.room.emit("participant_disconnected", caller)
    await settle()
    assert call.owner.told == [("joined", CALLER), ("left", CALLER)]
    await call.join(CALLER)
    assert call.owner.told[-1] == ("joined", CALLER)


@pytest.mark.parametrize("takes_messages", [True, False])
async def test_messages_come_from_the_caller_only_and_only_where_allowed(
    takes_messages: bool,
) -> None:
    call = Call(takes_messages=takes_messages)
    await call.connect()
    caller, other = await call.join(CALLER), await call.join("other")
    for sender in (other, None, caller):
        call.room.emit("data_received", SimpleNamespace(data=b"hi", participant=sender))
    await settle()
    assert call.owner.told[1:] == ([(b"hi", CALLER)] if takes_messages else [])
    await call.client.disconnect()


async def test_input_and_output_share_one_connection() -> None:
    call = Call()
    await asyncio.gather(call.connect(), call.connect())
    assert call.connects == 1
    await call.client.disconnect()
    assert not call.source.is_closed
    await call.client.send_message(b"still here")
    await call.client.disconnect()
    assert call.source.is_closed
    await call.client.send_message(b"gone")
    assert call.room.sent == [b"still here"]


async def test_a_failed_start_fails_for_both_and_leaves_nothing() -> None:
    call = Call()
    call.room.refuses_track = True
    results = await asyncio.gather(call.connect(), call.connect(), return_exceptions=True)
    assert [type(result) for result in results] == [ConnectionError, ConnectionError]
    assert call.room.hooks == 0 and call.source.is_closed


async def test_the_end_of_the_room_is_told_unless_we_left_it(call: Call) -> None:
    call.room.emit("disconnected", rtc.DisconnectReason.ROOM_DELETED)
    await call.connect()
    call.room.emit("disconnected", rtc.DisconnectReason.ROOM_DELETED)
    call.room.emit("disconnected", None)
    await settle()
    assert call.owner.told == [("disconnected", "ROOM_DELETED"), ("disconnected", "unknown")]
    await call.client.disconnect()
    call.room.emit("disconnected", rtc.DisconnectReason.CLIENT_INITIATED)
    await settle()
    assert len(call.owner.told) == 2


async def test_a_listener_is_awaited_but_not_for_ever(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("processors.room.client._LISTENER_LIMIT_SECS", 0.02)
    await call.connect()
    waiting = asyncio.create_task(call.client.wait_for_listener())
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await call.join(CALLER)
    await asyncio.wait_for(waiting, 1)


async def test_nothing_is_heard_after_the_end(call: Call, streams: list[Stream]) -> None:
    await call.connect()
    caller = await call.join(CALLER)
    await call.publish(caller, "mine")
    await call.client.disconnect()
    assert streams[0].is_closed
    streams[0].say(1)
    assert await call.heard() == []
