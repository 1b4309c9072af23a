from __future__ import annotations

import pytest
from livekit import rtc
from livekit.protocol.agent_pb import agent_session as pb

from bot.call.audience import build_audience
from processors.agent_protocol.audience import Audience
from processors.agent_protocol.chat import Refusal
from processors.agent_protocol.session_feed import SessionFeed
from tests.fake_room import CALLER, FakeRoom, settle
from tests.fake_stream import FakeReader


class Bot:
    """What the audience hands on, and what it is told of the bot."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.refusals: list[Refusal] = []
        self.answers: list[tuple[str, bool]] = []
        self.tools: dict[str, object] = {}

    async def take_text(self, text: str) -> None:
        self.texts.append(text)

    async def refuse(self, refusal: Refusal) -> None:
        self.refusals.append(refusal)

    async def take_answer(self, call_id: str, is_yes: bool) -> bool:
        self.answers.append((call_id, is_yes))
        return is_yes


def audience_in(room: FakeRoom, bot: Bot | None = None) -> Audience:
    bot = bot or Bot()
    return build_audience(
        room=room.room,
        feed=SessionFeed(room=room.room),
        caller_identity=lambda: CALLER,
        on_text=bot.take_text,
        on_refused=bot.refuse,
        agent_name="parley",
        tool_names=bot.tools.keys(),
        on_tool_answer=bot.take_answer,
    )


async def test_every_stream_is_registered_before_the_room_connects() -> None:
    room = FakeRoom()
    room.is_connected = False
    audience = audience_in(room)
    assert set(room.stream_handlers) == {"lk.chat", "lk.agent.session"}
    await audience.close(reason="never_joined")
    assert room.stream_handlers == {}
    assert room.local_participant.attribute_writes == []


@pytest.mark.promise(
    "Captions and clients",
    "What clients are shown of the state is told on the session channel too.",
)
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
    room, bot = FakeRoom(), Bot()
    audience = audience_in(room, bot)
    room.stream_handlers["lk.chat"](FakeReader("Hello"), CALLER)
    room.stream_handlers["lk.chat"](FakeReader("Hello"), "observer")
    room.stream_handlers["lk.chat"](FakeReader("x" * 5_000), CALLER)
    await settle()
    assert (bot.texts, bot.refusals) == (["Hello"], [Refusal.TOO_LONG])
    await audience.close(reason="goodbye")


@pytest.mark.promise(
    "Tools", "The caller, and nobody else in the room, answers a tool's question by RPC."
)
async def test_an_answer_to_a_tools_question_reaches_the_tools() -> None:
    room, bot = FakeRoom(), Bot()
    audience = audience_in(room, bot)
    audience.tell(lambda to: to.began())
    answer = room.local_participant.rpc_methods["parley.answer_tool"]

    async def send(payload: str, sender: str) -> str:
        return await answer(rtc.RpcInvocationData("1", sender, payload, 10.0, method="m"))

    assert await send('{"call_id": "1", "is_yes": true}', CALLER) == ""
    for payload, sender, code in (
        ('{"call_id": "1", "is_yes": true}', "observer", 403),
        ('{"call_id": "2", "is_yes": false}', CALLER, 404),
        ('{"call_id": "2", "is_yes": "yes, but later"}', CALLER, 400),
    ):
        with pytest.raises(rtc.RpcError) as refused:
            await send(payload, sender)
        assert refused.value.code == code
    assert bot.answers == [("1", True), ("2", False)]
    await audience.close(reason="goodbye")


@pytest.mark.promise("Captions and clients", "Whoever asks for the tools is told all there are.")
async def test_the_bot_names_itself_and_its_tools_those_that_came_late_too() -> None:
    room, bot = FakeRoom(), Bot()
    audience = audience_in(room, bot)
    bot.tools["late"] = None
    ask = pb.SessionRequest(get_agent_info=pb.SessionRequest.GetAgentInfo())
    data = pb.AgentSessionMessage(request=ask).SerializeToString()
    room.stream_handlers["lk.agent.session"](FakeReader(data), CALLER)
    await settle()
    [(_, sent, to)] = room.local_participant.sent_bytes
    info = pb.AgentSessionMessage.FromString(sent).response.get_agent_info
    assert (info.id, list(info.tools), to) == ("parley", ["late"], [CALLER])
    await audience.close(reason="goodbye")


@pytest.mark.promise(
    "Captions and clients", "Why the call ended is the last the room learns of it."
)
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
    open_at_the_end: list[bool] = []
    write = room.local_participant.set_attributes

    async def note_and_write(attributes: dict[str, str]) -> None:
        if "parley.end_reason" in attributes:
            open_at_the_end.extend(not one.is_closed for one in room.local_participant.streams)
        await write(attributes)

    room.local_participant.set_attributes = note_and_write
    await audience.close(reason="goodbye")
    assert open_at_the_end == [False]
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
