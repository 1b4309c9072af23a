from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from bot.rooms.spent.daily_budget import DailyBudget
from bot.settings import Settings
from bot.spent import Spent
from tests.log_lines import log_lines

_DAY = date(2026, 3, 1)
_LIMITS = {"daily_minutes": 10.0, "daily_tokens": 1_000, "daily_money": 2.0}


def _budget(**limits: float) -> DailyBudget:
    return DailyBudget(Settings.model_validate(limits))


@pytest.fixture
def lines() -> Iterator[list[str]]:
    with log_lines("bot.rooms") as kept:
        yield kept


@pytest.mark.promise(
    "Cost", "DAILY_MINUTES, DAILY_TOKENS and DAILY_MONEY bound what all calls of a day may use."
)
@pytest.mark.parametrize(
    ("name", "almost", "all_of_it"),
    [
        ("daily_minutes", Spent(call_ms=599_999), Spent(call_ms=600_000)),
        ("daily_tokens", Spent(prompt_tokens=999), Spent(prompt_tokens=400, completion_tokens=600)),
        ("daily_money", Spent(money_micros=1_999_999), Spent(money_micros=2_000_000)),
    ],
)
def test_each_limit_ends_the_day_and_0_is_none(name: str, almost: Spent, all_of_it: Spent) -> None:
    assert not _budget(**{name: _LIMITS[name]}).is_spent(almost)
    assert _budget(**{name: _LIMITS[name]}).is_spent(all_of_it)
    others = {other: limit for other, limit in _LIMITS.items() if other != name}
    assert not _budget(**others).is_spent(all_of_it)
    assert not _budget().is_spent(all_of_it)


@pytest.mark.promise("Cost", "The operator is warned when 80 % of a day's budget is used.")
def test_the_operator_is_told_once_of_80_percent_and_once_of_all(lines: list[str]) -> None:
    budget = _budget(daily_tokens=1_000)
    for tokens in (0, 799, 800, 900, 999, 1_000, 2_000):
        budget.tell(Spent(prompt_tokens=tokens), day=_DAY)
    assert [line.partition(" of ")[0] for line in lines] == [
        "DAILY_TOKENS is used to 80%: 800.00",
        "DAILY_TOKENS is used to 100%: 1000.00",
    ]
    budget.tell(Spent(prompt_tokens=800), day=_DAY + timedelta(days=1))
    assert len(lines) == 3
