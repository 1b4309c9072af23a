from __future__ import annotations

import asyncio

import pytest

from tests.tools.sample_tools import look_up
from tests.tools.talk import calls, open_talk, words
from tools.calls.announcements import Announcements
from tools.cancel_timer import cancel_timer
from tools.errors import ToolError
from tools.reminders import Reminders
from tools.set_timer import set_timer


class Clock:
    def __init__(self) -> None:
        self.now_secs = 0.0

    def __call__(self) -> float:
        return self.now_secs


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reminders(clock: Clock) -> Reminders:
    return Reminders(announcements=Announcements(), clock=clock, wake=lambda: None)


async def test_a_timer_is_set_and_cancelled_by_name(clock: Clock, reminders: Reminders) -> None:
    result = await set_timer(300, "Tea", reminders=reminders)
    assert result == {"label": "tea", "spoken": "Your tea timer is set for 5 minutes."}
    clock.now_secs = 60.0
    result = await cancel_timer("tea", reminders=reminders)
    assert result == {
        "label": "tea",
        "spoken": "The tea timer is cancelled; it had 4 minutes to go.",
    }
    with pytest.raises(ToolError, match="no_timer"):
        await cancel_timer(reminders=reminders)


async def test_the_only_timer_needs_no_name(reminders: Reminders) -> None:
    await set_timer(60, "eggs", reminders=reminders)
    result = await cancel_timer(reminders=reminders)
    assert isinstance(result, dict)
    assert result["label"] == "eggs"


async def test_of_several_timers_one_must_be_named(reminders: Reminders) -> None:
    await set_timer(60, "eggs", reminders=reminders)
    await set_timer(60, "", reminders=reminders)
    with pytest.raises(ToolError, match="eggs, one without a name"):
        await cancel_timer("tea", reminders=reminders)


async def test_a_due_timer_speaks_up_by_itself() -> None:
    async with open_talk([set_timer]) as talk:
        talk.model_says(calls(("set_timer", {"duration_secs": 1})), words("It is set."))
        await talk.caller_says("Set a timer for one second.")
        await talk.until_spoken("It is set.")
        await talk.until_spoken("Excuse me, your timer is up: 1 second.")
        await talk.until(lambda: "your timer is up" in str(talk.messages[-1]))


async def test_a_timer_due_while_the_caller_speaks_waits_until_they_were_answered() -> None:
    async with open_talk([set_timer, look_up]) as talk:
        talk.model_says(
            calls(("set_timer", {"duration_secs": 1})),
            words("It is set."),
            words("You are welcome."),
        )
        await talk.caller_says("Set a timer for one second.")
        await talk.until_spoken("It is set.")
        await talk.caller_begins()
        await asyncio.sleep(1.5)
        assert talk.spoken == ["It is set."]
        await talk.caller_says("So, thank you.")
        await talk.until_spoken("Excuse me")
        assert talk.spoken[1] == "You are welcome."
