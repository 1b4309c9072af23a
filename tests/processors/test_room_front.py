from __future__ import annotations

from processors.room_front import RoomFront
from tests.fake_room import CALLER, FakeRoom, settle
from tests.fake_stream import FakeReader


async def keep_nothing(_: str) -> None:
    pass


def front_of(room: FakeRoom, texts: list[str] | None = None) -> RoomFront:
    async def keep(text: str) -> None:
        if texts is not None:
            texts.append(text)

    return RoomFront(
        room=room.room,
        caller_identity=lambda: CALLER,
        on_text=keep,
        on_refused=keep_nothing,
        agent_id="parley",
        tools=[],
    )


async def test_every_stream_is_registered_before_the_room_connects() -> None:
    room = FakeRoom()
    room.is_connected = False
    front = front_of(room)
    assert set(room.stream_handlers) == {
        "lk.chat",
        "lk.agent.session",
        "lk.agent.pre-connect-audio-buffer",
    }
    await front.end("never_joined")
    assert room.stream_handlers == {}


async def test_a_change_of_state_is_told_on_the_session_channel() -> None:
    room = FakeRoom()
    front = front_of(room)
    front.ready()
    await settle()
    assert room.local_participant.attribute_writes == [{"lk.agent.state": "listening"}]
    assert [topic for topic, _, _ in room.local_participant.sent_bytes] == ["lk.agent.session"]
    await front.end("goodbye")
    assert room.local_participant.attribute_writes[-1] == {"parley.end_reason": "goodbye"}


async def test_typed_text_reaches_the_bot() -> None:
    room, texts = FakeRoom(), list[str]()
    front = front_of(room, texts)
    room.stream_handlers["lk.chat"](FakeReader("Hello"), CALLER)
    await settle()
    assert texts == ["Hello"]
    await front.end("goodbye")
