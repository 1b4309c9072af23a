from __future__ import annotations

from processors.floor import Floor
from tests.fake_clock import FakeClock


def test_nobody_speaks_and_nothing_is_due_at_first() -> None:
    floor = Floor()
    assert not (floor.is_bot_speaking or floor.is_caller_turn or floor.is_voice)
    assert not floor.is_answer_due(within_secs=float("inf"))


def test_an_answer_is_due_from_the_end_of_the_turn_until_the_bot_is_heard() -> None:
    clock = FakeClock()
    floor = Floor(clock_secs=clock)
    floor.caller_began()
    assert not floor.is_answer_due(within_secs=8.0)
    floor.caller_ended()
    assert floor.answer_due_since_secs == clock.now
    clock.now += 7.9
    assert floor.is_answer_due(within_secs=8.0)
    assert not floor.is_answer_due(within_secs=1.5)
    floor.bot_began()
    floor.bot_ended()
    assert not floor.is_answer_due(within_secs=8.0)


def test_an_old_reply_that_falls_silent_is_no_answer() -> None:
    floor = Floor()
    floor.bot_began()
    floor.caller_began()
    floor.caller_ended()
    floor.bot_ended()
    assert floor.is_answer_due(within_secs=8.0)


def test_a_caller_who_goes_on_takes_the_question_back() -> None:
    floor = Floor()
    floor.caller_ended()
    floor.caller_began()
    assert floor.answer_due_since_secs is None
