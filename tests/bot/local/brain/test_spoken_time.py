from __future__ import annotations

from datetime import date, datetime

import pytest

from bot.local.brain.spoken_time import day_in, duration_secs_in, moment_in
from tests.bot.local.brain.talk import NOW


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("tomorrow at three", datetime(2026, 10, 6, 15)),
        ("tomorrow at 3 p m", datetime(2026, 10, 6, 15)),
        ("today at 11", datetime(2026, 10, 5, 11)),
        ("at 9", datetime(2026, 10, 6, 9)),
        ("on friday at 10 15 am", datetime(2026, 10, 9, 10, 15)),
        ("next monday at noon", datetime(2026, 10, 12, 12)),
        ("the day after tomorrow at half past two", datetime(2026, 10, 7, 14, 30)),
        ("at quarter to nine tomorrow", datetime(2026, 10, 6, 8, 45)),
        ("tomorrow 3pm", datetime(2026, 10, 6, 15)),
        ("on october 12th at four", datetime(2026, 10, 12, 16)),
        ("on the 3rd of march at 8 oclock", datetime(2027, 3, 3, 8)),
        ("tomorrow at seven in the morning", datetime(2026, 10, 6, 7)),
        ("tomorrow", None),
        ("at the station", None),
    ],
)
def test_a_spoken_time_is_understood(text: str, when: datetime | None) -> None:
    assert moment_in(text, now=NOW) == when


def test_a_day_without_a_time_is_a_day() -> None:
    assert day_in("what do i have on wednesday", today=NOW.date()) == date(2026, 10, 7)
    assert day_in("nothing", today=NOW.date()) is None


@pytest.mark.parametrize(
    ("text", "secs"),
    [
        ("five minutes", 300),
        ("a minute", 60),
        ("half an hour", 1_800),
        ("an hour and a half", 5_400),
        ("one hour and 20 minutes", 4_800),
        ("90 seconds", 90),
        ("twenty five minutes", 1_500),
        ("a while", None),
    ],
)
def test_a_spoken_duration_is_understood(text: str, secs: int | None) -> None:
    assert duration_secs_in(text) == secs
