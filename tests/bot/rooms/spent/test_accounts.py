from __future__ import annotations

import json

import pytest

from bot.rooms.spent.accounts import Accounts, most_of_one
from bot.settings import Settings
from bot.spent import Spent
from tests.fake_clock import FakeClock

_MOST = Spent(call_ms=1_000_000, prompt_tokens=100, completion_tokens=100)


class Told:
    """An account that is told of one session."""

    def __init__(self, *, most: Spent | None = _MOST) -> None:
        self.clock = FakeClock()
        self.accounts = Accounts(most=most, clock_secs=self.clock)

    def report(self, **used: int) -> None:
        self.accounts.report("a", json.dumps(used))

    @property
    def so_far(self) -> Spent:
        return self.accounts.open("a").so_far


@pytest.mark.promise("Cost", "A report that comes twice, late or with lies counts once and little.")
@pytest.mark.parametrize(
    ("reports", "tokens"),
    [
        pytest.param([5, 9], 9, id="sums"),
        pytest.param([9, 9, 9], 9, id="twice"),
        pytest.param([9, 5], 9, id="late"),
        pytest.param([9, -5], 9, id="negative"),
        pytest.param([5, 10**11], 100, id="a lie"),
        pytest.param([5, 10**13], 5, id="an impossible lie"),
        pytest.param([], 0, id="never"),
    ],
)
def test_the_greatest_report_counts_within_what_is_possible(
    reports: list[int], tokens: int
) -> None:
    told = Told()
    for report in reports:
        told.report(prompt_tokens=report)
    assert told.so_far.prompt_tokens == tokens


def test_without_a_limit_of_a_session_every_count_is_possible() -> None:
    assert most_of_one(Settings.model_validate({"session_max_tokens": 0})) is None
    told = Told(most=None)
    told.report(prompt_tokens=10**11)
    assert told.so_far.prompt_tokens == 10**11


@pytest.mark.promise("Cost", "The minutes of a bot that reports nothing are counted all the same.")
def test_a_call_whose_bot_says_nothing_is_timed() -> None:
    told = Told()
    for _ in range(3):
        told.accounts.see("a")
        told.clock.now += 5
    assert told.so_far == Spent(call_ms=10_000)


def test_the_longer_time_counts() -> None:
    told = Told()
    told.accounts.see("a")
    told.report(call_ms=60_000)
    told.clock.now += 5
    told.accounts.see("a")
    assert told.so_far.call_ms == 60_000


@pytest.mark.promise("Cost", "A report that comes twice, late or with lies counts once and little.")
def test_a_closed_session_is_not_opened_again_by_its_note() -> None:
    told = Told()
    told.report(prompt_tokens=5)
    told.accounts.close("a")
    told.report(prompt_tokens=50)
    told.accounts.see("a")
    assert list(told.accounts) == []


def test_no_number_of_sessions_fills_the_memory() -> None:
    told = Told()
    for number in range(10_050):
        told.accounts.report(f"{number}", '{"prompt_tokens": 1}')
    assert len(list(told.accounts)) == 10_000
