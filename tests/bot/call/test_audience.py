from __future__ import annotations

import pytest

from bot.call.audience import build_audience
from processors.agent_protocol.audience import Audience
from processors.agent_protocol.session_feed import SessionFeed
from tests.fake_room import CALLER, FakeRoom, settle
from tests.fake_stream import FakeReader


async def keep_nothing(_: object) -> None:
    pass


async def take_any(_: str, __: bool) -> bool:
    return True


def audience_in(room: FakeRoom, texts: list[str] | None = None) -> Audience:
    async def keep(text: str) -> None:
        if texts is not None:
            texts.append(text)

    return build_audience(
        room=room.room,
        feed=SessionFeed(room=room.room),
        caller_identity=lambda: CALLER,
        on_text=keep,
        on_refused=keep_nothing,
        agent_name="parley",
        tool_names=[],
        on_tool_answer=take_any,
    )


async def test_every_stream_is_registered_before_the_room_connects() -> None:
    room = FakeRoom()
    room.is_connected = False
    audience = audience_in(room)
    assert set(room.stream_handlers) == {"lk.chat", "lk.agent.session"}
    await audience.close(reason="never_joined")
    assert room.stream_handlers == {}
    assert room.local_participant.attribute_writes == []


async def test_a_change_of_state_is_told_on_the_session_channel() -> None:
    room = FakeRoom()
    audience = audience_in(room)
    audience.tell(lambda to: to.began())
    await settle()
    assert set(room.local_participant.rpc_methods) == {"parley.answer_tool"}
    assert room.local_participant.attribute_writes == [{"lk.agent.state": "listening"}]
    assert [topic for topic, _, _ in room.local_participant.sent_bytes] == ["lk.agent.session"]
    await audience.close(reason="goodbye")
    assert room.local_participant.rpc_methods == {}
    assert room.local_participant.attribute_writes[-1] == {"parley.end_reason": "goodbye"}


async def test_typed_text_reaches_the_bot() -> None:
    room, texts = FakeRoom(), list[str]()
    audience = audience_in(room, texts)
    room.stream_handlers["lk.chat"](FakeReader("Hello"), CALLER)
    await settle()
    assert texts == ["Hello"]
    await audience.close(reason="goodbye")


async def test_why_the_call_ends_is_the_last_the_room_learns() -> None:
    room = FakeRoom()
    audience = audience_in(room)
    audience.tell(lambda to: to.began())
    audience.tell(lambda to: to.words_heard("Good"))
    await settle()
    room.local_participant.network.clear()
    audience.tell(lambda to: to.words_heard("bye."))
    writes = len(room.local_participant.attribute_writes)
    room.local_participant.network.set()
    await audience.close(reason="goodbye")
    [caption] = room.local_participant.streams
    assert (caption.text, caption.is_closed) == ("Goodbye.", True)
    assert room.local_participant.attribute_writes[writes:] == [{"parley.end_reason": "goodbye"}]


async def test_a_step_of_leaving_that_fails_keeps_no_other_from_it() -> None:
    room = FakeRoom()
    audience = audience_in(room)
    audience.tell(lambda to: to.began())
    del room.local_participant.rpc_methods["parley.answer_tool"]
    with pytest.raises(KeyError):
        await audience.close(reason="goodbye")
    assert room.stream_handlers == {}
    assert room.local_participant.attribute_writes[-1] == {"parley.end_reason": "goodbye"}
