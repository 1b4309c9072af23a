from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from livekit import rtc

from processors.agent_protocol.tool_answers import (
    BAD_PAYLOAD,
    METHOD,
    NOT_ASKED,
    NOT_THE_CALLER,
    TOO_MANY,
    ToolAnswers,
)
from processors.allowance import DEAF_SECS, PATIENCE, RATES, Act, CallerAllowance
from tests.fake_room import CALLER, FakeRoom
from tests.virtual_time import run_in_virtual_time

_YES = (Path(__file__).parents[2] / "contract" / "answer_tool.json").read_text()


class Answers:
    def __init__(self) -> None:
        self.room = FakeRoom()
        self.taken: list[tuple[str, bool]] = []
        self.is_asked = True
        self.now_secs = 0.0
        self.part = ToolAnswers(
            room=self.room.room,
            caller_identity=lambda: CALLER,
            allowance=CallerAllowance(clock_secs=lambda: self.now_secs),
            on_answer=self._take,
        )

    async def _take(self, call_id: str, is_yes: bool) -> bool:
        self.taken.append((call_id, is_yes))
        return self.is_asked

    async def send(self, payload: str, *, sender: str = CALLER) -> str:
        handler = self.room.local_participant.rpc_methods[METHOD]
        return await handler(rtc.RpcInvocationData("1", sender, payload, 10.0, method=METHOD))


async def test_the_callers_answer_is_taken() -> None:
    answers = Answers()
    answers.part.began()
    assert await answers.send(_YES) == ""
    assert await answers.send('{"call_id": "call_2", "is_yes": false}') == ""
    assert answers.taken == [("call_1", True), ("call_2", False)]


async def test_nobody_else_may_answer() -> None:
    answers = Answers()
    answers.part.began()
    with pytest.raises(rtc.RpcError) as refused:
        await answers.send(_YES, sender="observer")
    assert (refused.value.code, answers.taken) == (NOT_THE_CALLER, [])


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "yes",
        "[]",
        '{"call_id": "call_1"}',
        '{"call_id": "call_1", "is_yes": "yes"}',
        '{"call_id": "call_1", "is_yes": 1}',
        '{"call_id": "", "is_yes": true}',
        '{"call_id": "call_1", "is_yes": true, "more": 1}',
        f'{{"call_id": "{"x" * 2000}", "is_yes": true}}',
    ],
)
async def test_a_malformed_answer_is_refused(payload: str) -> None:
    answers = Answers()
    answers.part.began()
    with pytest.raises(rtc.RpcError) as refused:
        await answers.send(payload)
    assert (refused.value.code, answers.taken) == (BAD_PAYLOAD, [])


async def test_an_answer_to_no_question_is_refused() -> None:
    answers = Answers()
    answers.part.began()
    answers.is_asked = False
    with pytest.raises(rtc.RpcError) as refused:
        await answers.send(_YES)
    assert refused.value.code == NOT_ASKED


async def test_it_opens_once_in_a_connected_room_and_closes_twice() -> None:
    answers = Answers()
    answers.room.is_connected = False
    answers.part.began()
    assert answers.room.local_participant.rpc_methods == {}
    answers.room.is_connected = True
    answers.part.began()
    await answers.part.close()
    await answers.part.close()
    assert answers.room.local_participant.rpc_methods == {}


async def refused(answers: Answers, payload: str, *, sender: str = CALLER) -> int:
    try:
        await answers.send(payload, sender=sender)
    except rtc.RpcError as error:
        return error.code
    return 0


async def test_answers_that_come_too_fast_are_refused_until_the_caller_slows_down() -> None:
    answers = Answers()
    answers.part.began()
    burst = RATES[Act.ANSWER].burst
    assert [await refused(answers, _YES) for _ in range(burst + 3)] == [0] * burst + [TOO_MANY] * 3
    answers.now_secs += 1.0
    assert await answers.send(_YES) == ""
    await answers.part.close()


@pytest.mark.parametrize(
    ("payload", "sender"),
    [("x" * 2_000_000, CALLER), ("", CALLER), (_YES, "observer"), ("x" * 2_000_000, "observer")],
    ids=["too long", "malformed", "a stranger's", "a stranger's too long"],
)
def test_in_a_flood_no_answer_is_taken_for_a_moment(payload: str, sender: str) -> None:
    async def flood() -> None:
        answers = Answers()
        answers.part.began()
        methods = answers.room.local_participant.rpc_methods
        for _ in range(PATIENCE.burst + 1):
            assert METHOD in methods
            assert await refused(answers, payload, sender=sender)
        assert METHOD not in methods
        await asyncio.sleep(DEAF_SECS + 0.01)
        answers.now_secs += 60.0
        assert await answers.send(_YES) == ""
        await refused(answers, payload, sender=sender)
        await answers.part.close()
        await asyncio.sleep(2 * DEAF_SECS)
        assert methods == {}

    run_in_virtual_time(flood())
