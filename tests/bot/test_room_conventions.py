from __future__ import annotations

from bot.room_conventions import RoomConventions
from tests.fake_room import CALLER, FakeRoom, settle
from tests.fake_stream import FakeReader


async def keep_nothing(_: str) -> None:
    pass


async def take_any(_: str, __: bool) -> bool:
    return True


def conventions_in(room: FakeRoom, texts: list[str] | None = None) -> RoomConventions:
    async def keep(text: str) -> None:
        if texts is not None:
            texts.append(text)

    return RoomConventions(
        room=room.room,
        caller_identity=lambda: CALLER,
        is_caller=lambda identity: identity == CALLER,
        on_text=keep,
        on_refused=keep_nothing,
        agent_name="parley",
        tool_names=[],
        on_tool_answer=take_any,
    )


async def test_every_stream_is_registered_before_the_room_connects() -> None:
    room = FakeRoom()
    room.is_connected = False
    conventions = conventions_in(room)
    assert set(room.stream_handlers) == {
        "lk.chat",
        "lk.agent.session",
        "lk.agent.pre-connect-audio-buffer",
    }
    await conventions.close(reason="never_joined")
    assert room.stream_handlers == {}


async def test_a_change_of_state_is_told_on_the_session_channel() -> None:
    room = FakeRoom()
    conventions = conventions_in(room)
    conventions.ready()
    await settle()
    assert set(room.local_participant.rpc_methods) == {"parley.answer_tool"}
    assert room.local_participant.attribute_writes == [{"lk.agent.state": "listening"}]
    assert [topic for topic, _, _ in room.local_participant.sent_bytes] == ["lk.agent.session"]
    await conventions.close(reason="goodbye")
    assert room.local_participant.rpc_methods == {}
    assert room.local_participant.attribute_writes[-1] == {"parley.end_reason": "goodbye"}


async def test_typed_text_reaches_the_bot() -> None:
    room, texts = FakeRoom(), list[str]()
    conventions = conventions_in(room, texts)
    room.stream_handlers["lk.chat"](FakeReader("Hello"), CALLER)
    await settle()
    assert texts == ["Hello"]
    await conventions.close(reason="goodbye")
