from __future__ import annotations

import asyncio
from functools import partial
from types import SimpleNamespace

import pytest

from bot.call.room_conventions import RoomConventions
from tests.fake_room import CALLER, FakeRoom, settle
from tests.fake_stream import FakeReader


async def keep_nothing(_: object) -> None:
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


_STEPS = ("tool answers", "chat", "early audio", "captions", "session channel", "end reason")


class Closing:
    """The parts of one room, as far as closing goes; one of them may fail."""

    def __init__(self, conventions: RoomConventions, *, failing: str) -> None:
        self.done: list[str] = []
        self._failing = failing
        parts = vars(conventions)
        parts["_tool_answers"] = SimpleNamespace(close=partial(self._do, "tool answers"))
        for field, name in (
            ("_chat", "chat"),
            ("pre_connect_audio", "early audio"),
            ("captions", "captions"),
            ("_agent_session", "session channel"),
        ):
            parts[field] = SimpleNamespace(close=partial(self._wait_and_do, name))
        parts["presence"] = SimpleNamespace(end=self._end)

    async def _end(self, reason: str) -> None:
        await self._wait_and_do("end reason")
        assert reason == "goodbye"

    async def _wait_and_do(self, name: str) -> None:
        await asyncio.sleep(0)
        self._do(name)

    def _do(self, name: str) -> None:
        self.done.append(name)
        if name == self._failing:
            raise ConnectionError("the network is gone")


@pytest.mark.parametrize("failing", _STEPS)
async def test_a_step_of_leaving_that_fails_keeps_no_other_from_it(failing: str) -> None:
    room = FakeRoom()
    conventions = conventions_in(room)
    await conventions.close(reason="goodbye")
    closing = Closing(conventions, failing=failing)
    with pytest.raises(ConnectionError):
        await conventions.close(reason="goodbye")
    assert tuple(closing.done) == _STEPS
