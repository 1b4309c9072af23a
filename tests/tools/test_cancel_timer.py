from __future__ import annotations

import pytest

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


async def test_a_timer_is_cancelled_by_name(clock: Clock, reminders: Reminders) -> None:
    await set_timer(300, "Tea", reminders=reminders)
    clock.now_secs = 60.0
    assert await cancel_timer("tea", reminders=reminders) == {
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


async def test_a_timer_that_is_up_cannot_be_cancelled(clock: Clock, reminders: Reminders) -> None:
    await set_timer(60, "eggs", reminders=reminders)
    clock.now_secs = 61.0
    with pytest.raises(ToolError, match="no_timer"):
        await cancel_timer("eggs", reminders=reminders)
