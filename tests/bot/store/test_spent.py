from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot.spent import Spent
from bot.store.spent import forget_spent_before, record_spent, spent_on
from bot.store.store import Store

_DAY = date(2026, 12, 31)
_NEXT = _DAY + timedelta(days=1)


def _tokens(count: int) -> Spent:
    return Spent(prompt_tokens=count)


async def _record(store: Store, *reports: tuple[date, str, int]) -> None:
    for day, session_id, tokens in reports:
        await record_spent(store, day=day, session_id=session_id, so_far=_tokens(tokens))


@pytest.mark.parametrize(
    ("reports", "first", "second"),
    [
        pytest.param([], 0, 0, id="nothing"),
        pytest.param([(_DAY, "a", 5), (_DAY, "a", 7)], 7, 0, id="a session's reports are sums"),
        pytest.param([(_DAY, "a", 5), (_DAY, "b", 5)], 10, 0, id="two sessions"),
        pytest.param([(_DAY, "a", 5)] * 3, 5, 0, id="the same report again"),
        pytest.param([(_DAY, "a", 9), (_DAY, "a", 2)], 9, 0, id="a late one"),
        pytest.param([(_DAY, "a", 5), (_NEXT, "a", 8)], 5, 3, id="over midnight"),
        pytest.param([(_DAY, "a", 5), (_NEXT, "a", 5)], 5, 0, id="idle over midnight"),
        pytest.param([(_DAY, "a", 5), (_NEXT, "a", 2)], 5, 0, id="a late one over midnight"),
        pytest.param([(_NEXT, "a", 5)], 0, 5, id="the next day alone"),
    ],
)
async def test_each_use_counts_once_on_its_day(
    store: Store, reports: list[tuple[date, str, int]], first: int, second: int
) -> None:
    await _record(store, *reports)
    assert await spent_on(store, _DAY) == _tokens(first)
    assert await spent_on(store, _NEXT) == _tokens(second)


async def test_old_days_are_forgotten_and_the_named_one_is_not(store: Store) -> None:
    await _record(store, (_DAY, "a", 5), (_NEXT, "b", 6))
    await forget_spent_before(store, day=_NEXT)
    assert await spent_on(store, _DAY) == _tokens(0)
    assert await spent_on(store, _NEXT) == _tokens(6)


def test_what_is_beyond_is_never_negative() -> None:
    assert _tokens(3) - Spent(prompt_tokens=5, call_ms=2) == Spent()
    assert _tokens(3) + _tokens(4) == _tokens(7)
    assert _tokens(3) | Spent(call_ms=2) == Spent(prompt_tokens=3, call_ms=2)
