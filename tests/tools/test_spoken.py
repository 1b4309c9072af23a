from __future__ import annotations

from datetime import datetime

import pytest

from tools.english import ENGLISH

TIMES = ENGLISH.times


@pytest.mark.parametrize(
    ("secs", "words"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (60, "1 minute"),
        (90, "1 minute and 30 seconds"),
        (7200, "2 hours"),
        (3661, "1 hour, 1 minute and 1 second"),
    ],
)
def test_a_duration_is_said_in_words(secs: int, words: str) -> None:
    assert TIMES.duration(secs) == words


@pytest.mark.parametrize(
    ("hour", "minute", "words"),
    [(0, 0, "12 am"), (9, 5, "9:05 am"), (12, 0, "12 pm"), (23, 59, "11:59 pm")],
)
def test_a_time_is_said_by_the_clock(hour: int, minute: int, words: str) -> None:
    assert TIMES.clock(datetime(2026, 10, 6, hour, minute)) == words


def test_a_moment_is_said_with_its_day() -> None:
    assert TIMES.moment(datetime(2026, 10, 6, 14, 0)) == "Tuesday, October 6 at 2 pm"
