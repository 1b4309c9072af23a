"""The client in a room without a network: who is heard, who is told what, and what is left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from livekit import rtc

from tests.client_call import Call, Stream
from tests.fake_room import CALLER, MICROPHONE, STANDARD, settle
from tests.fake_stream import FakeReader
from tests.virtual_time import run_in_virtual_time

SCREEN = rtc.TrackSource.SOURCE_SCREENSHARE_AUDIO


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


@pytest.mark.promise(
    "What the caller hears", "Of all that sounds in the room only the caller's microphone is heard."
)
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


@pytest.mark.promise(
    "What the caller hears", "Of all that sounds in the room only the caller's microphone is heard."
)
@pytest.mark.parametrize("kind", ["STANDARD", "SIP", "CONNECTOR"])
async def test_without_a_named_caller_the_first_person_is_it_and_no_machine(kind: str) -> None:
    call = Call(caller=None)
    await call.connect()
    for machine in ("EGRESS", "INGRESS", "AGENT"):
        await call.join(
            "recorder", kind=getattr(rtc.ParticipantKind, f"PARTICIPANT_KIND_{machine}")
        )
    assert call.client.caller_identity is None
    await call.join("anna", kind=getattr(rtc.ParticipantKind, f"PARTICIPANT_KIND_{kind}"))
    await call.join("bert")
    assert call.client.caller_identity == "anna"
    assert call.owner.told == [("joined", "anna")]
    await call.client.disconnect()


async def test_who_is_there_before_the_bot_is_told_as_well(call: Call) -> None:
    call.room.remote_participants[CALLER] = SimpleNamespace(
        identity=CALLER, kind=STANDARD, track_publications={}, joined_at=None
    )
    await call.connect()
    await settle()
    assert call.owner.told == [("joined", CALLER)]


def _published(source: int) -> SimpleNamespace:
    return SimpleNamespace(source=source, audio_features=[], sid="TR", muted=False)


@pytest.mark.promise(
    "What the caller hears",
    "Of people who are there before the bot, the first with a microphone is the caller.",
)
@pytest.mark.parametrize(
    ("people", "caller"),
    [
        ([("watcher", 1, ""), ("anna", 2, "mic")], "anna"),
        ([("anna", 2, "mic"), ("watcher", 1, "")], "anna"),
        ([("bert", 2, "mic"), ("anna", 1, "mic")], "anna"),
        ([("bert", 2, ""), ("anna", 1, "")], "anna"),
        ([("watcher", 1, "screen"), ("anna", 2, "mic")], "anna"),
        ([("recorder", 1, "mic"), ("anna", 2, "")], "anna"),
    ],
)
async def test_of_several_people_the_caller_is_chosen_by_rule(
    people: list[tuple[str, int, str]], caller: str
) -> None:
    call = Call(caller=None)
    sources = {"mic": MICROPHONE, "screen": SCREEN}
    for name, joined_secs, sends in people:
        publications = {"TR": _published(sources[sends])} if sends else {}
        call.room.remote_participants[name] = SimpleNamespace(
            identity=name,
            kind=rtc.ParticipantKind.PARTICIPANT_KIND_EGRESS if name == "recorder" else STANDARD,
            track_publications=publications,
            joined_at=datetime.fromtimestamp(joined_secs, UTC),
        )
    await call.connect()
    await settle()
    assert call.client.caller_identity == caller
    await call.client.disconnect()


@pytest.mark.promise(
    "What the caller hears", "Who is there before the bot is heard from the first."
)
async def test_a_microphone_that_is_there_before_the_bot_is_heard(
    call: Call, streams: list[Stream]
) -> None:
    caller = SimpleNamespace(identity=CALLER, kind=STANDARD, track_publications={}, joined_at=None)

    def subscribe() -> None:
        publication = SimpleNamespace(source=MICROPHONE, audio_features=[], sid="mine", muted=False)
        call.room.emit("track_subscribed", SimpleNamespace(name="mine"), publication, caller)

    call.room.remote_participants[CALLER] = caller
    call.happens_while_connecting = subscribe
    await call.connect()
    await settle()
    streams[0].say(7)
    assert await call.heard() == [(7, CALLER)]


@pytest.mark.promise(
    "What the caller hears", "Of all that sounds in the room only the caller's microphone is heard."
)
@pytest.mark.parametrize("named", [CALLER, None])
async def test_a_recording_is_taken_from_who_may_be_the_caller(named: str | None) -> None:
    call = Call(caller=named)
    await call.connect()
    readers = {sender: FakeReader(mime_type="", attributes={}) for sender in ("other", CALLER)}
    for sender, reader in readers.items():
        # It may come before its sender is known to be in the room.
        call.room.take_recording(reader, sender)
    await asyncio.sleep(0)
    is_refused = {sender: reader.is_closed for sender, reader in readers.items()}
    assert is_refused == {"other": named is not None, CALLER: False}
    await call.client.disconnect()


@pytest.mark.promise(
    "What the caller hears",
    "A microphone that is switched or published anew is heard, and the old one is not.",
)
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
    await settle()
    assert streams[1].is_closed
    await call.publish(caller, "third")
    streams[2].say(2)
    assert await call.heard() == [(2, CALLER)]
    assert [stream.is_closed for stream in streams] == [True, True, False]


@pytest.mark.promise(
    "What the caller hears",
    "A microphone that is switched or published anew is heard, and the old one is not.",
)
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


@pytest.mark.promise(
    "What the caller hears",
    "A microphone that is switched or published anew is heard, and the old one is not.",
)
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
    call.room.refuses_data = True
    await call.client.send_message(b"lost")
    call.room.refuses_data = False
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


async def test_a_room_that_is_left_while_the_track_is_published_is_told_afterwards(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = call.room.local_participant.publish_track

    async def left_meanwhile(*given: Any) -> Any:
        call.room.emit("disconnected", rtc.DisconnectReason.CLIENT_INITIATED)
        return await publish(*given)

    monkeypatch.setattr(call.room.local_participant, "publish_track", left_meanwhile)
    await call.connect()
    await settle()
    assert len(call.owner.told) == 1


@pytest.mark.promise(
    "What the caller hears", "Nothing is said before the caller listens, however late that is."
)
@pytest.mark.parametrize(("listens_secs", "speaks_secs"), [(0.0, 5.0), (9.0, 9.0), (None, 15.0)])
def test_the_bot_speaks_when_the_caller_listens_and_to_one_who_never_does(
    listens_secs: float | None, speaks_secs: float
) -> None:
    async def main() -> None:
        call, loop = Call(), asyncio.get_running_loop()
        await call.connect()
        if listens_secs is not None:
            loop.call_at(listens_secs, call.room.listens.set)
        loop.call_at(5.0, lambda: asyncio.ensure_future(call.join(CALLER)))
        await call.client.wait_for_listener()
        assert loop.time() == pytest.approx(speaks_secs, abs=1.0)
        await call.client.disconnect()
        await settle()

    run_in_virtual_time(main())


async def test_nothing_is_heard_after_the_end(call: Call, streams: list[Stream]) -> None:
    await call.connect()
    caller = await call.join(CALLER)
    await call.publish(caller, "mine")
    await call.client.disconnect()
    assert streams[0].is_closed
    streams[0].say(1)
    assert await call.heard() == []
