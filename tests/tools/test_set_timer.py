from __future__ import annotations

import asyncio

import pytest

from tests.tools.runtime.talk import calls, open_talk, words
from tests.tools.sample_tools import look_up
from tools.calls.announcements import Announcements
from tools.errors import ArgumentsError
from tools.reminders import Reminders
from tools.set_timer import set_timer


@pytest.fixture
def reminders() -> Reminders:
    return Reminders(announcements=Announcements(), clock=lambda: 0.0, wake=lambda: None)


async def test_a_timer_says_what_was_understood(reminders: Reminders) -> None:
    result = await set_timer(300, "Tea", reminders=reminders)
    assert result == {"label": "tea", "spoken": "Your tea timer is set for 5 minutes."}
    assert reminders.remaining_secs() == {"tea": 300.0}


@pytest.mark.parametrize("secs", [0, -1, 100_000, "soon"])
def test_a_timer_has_a_sensible_length(secs: object) -> None:
    with pytest.raises(ArgumentsError, match="duration_secs"):
        set_timer.validate({"duration_secs": secs})


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
