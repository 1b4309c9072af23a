"""What a cell calls silence, and what it calls a failure."""

from __future__ import annotations

import pytest

from tests.chaos.cell import Cell, longest_silence
from tests.chaos.moments import ENDING, LISTENING

_SOUND = ""


def sound(since_secs: float, until_secs: float) -> list[tuple[float, str]]:
    count = round(100 * (until_secs - since_secs))
    return [(since_secs + 0.01 * frame, _SOUND) for frame in range(count)]


@pytest.mark.parametrize(
    ("signs", "silent_secs"),
    [
        ([], 20.0),
        (sound(9.0, 10.3), 20.0),
        (sound(12.0, 30.0), 2.0),
        (sound(9.0, 15.0) + sound(22.0, 30.0), 7.0),
        ([(11.0, "It is noon"), (13.0, "It is noon in London")], 17.0),
        ([(12.0, "recovering")], 2.0),
        ([(12.0, "recovering"), *sound(20.0, 22.0)], 8.0),
        ([(12.0, "One moment."), *sound(12.0, 13.0), *sound(22.0, 30.0)], 2.0),
        ([(12.0, "One moment."), *sound(12.0, 13.0)], 17.0),
        ([(11.0, "left"), (11.2, "ended error")], 1.0),
        ([(12.0, "trouble thinking"), (12.5, "One moment."), *sound(12.5, 13.5)], 2.0),
        ([(12.0, "trouble thinking"), *sound(12.5, 13.5), (14.0, "well")], 16.0),
        ([(8.0, "trouble thinking"), *sound(9.0, 11.0)], 0.0),
        ([(8.0, "trouble thinking"), (9.0, "well")], 20.0),
    ],
    ids=[
        "nothing",
        "the tail of what was cut",
        "an answer",
        "heard on, then nothing for a while",
        "shown, then nothing",
        "a state goes on to explain",
        "back, and silent again",
        "a filler, and the answer",
        "a filler, and nothing",
        "ended by name",
        "a trouble stands beside words",
        "a trouble that is over",
        "a trouble of before",
        "one that was over",
    ],
)
def test_the_longest_silence_is_found(signs: list[tuple[float, str]], silent_secs: float) -> None:
    assert longest_silence(signs, 10.0, 30.0) == pytest.approx(silent_secs, abs=0.02)


def test_a_cell_holds_only_if_nobody_is_left_in_silence_and_the_talk_goes_on() -> None:
    well = Cell(fault="f", moment="m", silent_secs=2.9, due_secs=1.0, goes_on_secs=1.0)
    well.judge(LISTENING)
    assert well.problems == []
    silent = Cell(fault="f", moment="m", silent_secs=3.1)
    silent.judge(LISTENING)
    assert silent.problems == [
        "3.1 s of silence",
        "what was owed never came",
        "the talk does not go on",
    ]


def test_an_end_is_a_way_only_where_there_is_no_other() -> None:
    ended = Cell(fault="f", moment="m", is_over="provider_failed")
    ended.judge(LISTENING)
    assert "the talk does not go on" in ended.problems
    no_way = Cell(fault="f", moment="m", is_over="provider_failed", has_way=False)
    no_way.judge(LISTENING)
    assert no_way.problems == []


def test_a_call_that_was_ending_has_to_end_by_name() -> None:
    gone = Cell(fault="f", moment="m")
    gone.judge(ENDING)
    assert gone.problems == ["the session has not ended by name"]
    ended = Cell(fault="f", moment="m", is_over="goodbye")
    ended.judge(ENDING)
    assert ended.problems == []
