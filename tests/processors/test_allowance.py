from __future__ import annotations

import random

import pytest

from processors.allowance import QUIET_SECS, RATES, Act, CallerAllowance

_ORDERS = {
    "one after the other": lambda acts: [act for act in acts for _ in range(100)],
    "in turns": lambda acts: [act for _ in range(100) for act in acts],
    "at random": lambda acts: random.Random(1).choices(acts, k=400),
}


class Clocked:
    def __init__(self) -> None:
        self.now_secs = 100.0
        self.allowance = CallerAllowance(clock_secs=lambda: self.now_secs)

    def taken(self, *acts: Act) -> dict[Act, int]:
        counts = dict.fromkeys(Act, 0)
        for act in acts:
            # Whatever is asked for is read first.
            if self.allowance.takes(Act.MESSAGE):
                counts[Act.MESSAGE] += 1
                counts[act] += act is not Act.MESSAGE and self.allowance.takes(act)
        return counts


@pytest.mark.promise(
    "Limits", "Whatever a caller asks for, in any order: each kind has its rate, and all have one."
)
@pytest.mark.parametrize("order", _ORDERS)
def test_a_flood_of_all_kinds_gets_no_more_than_the_rates(order: str) -> None:
    clocked = Clocked()
    total = dict.fromkeys(Act, 0)
    for _ in range(60):
        # A second of a flood.
        for act, count in clocked.taken(*_ORDERS[order](list(Act))).items():
            total[act] += count
        clocked.now_secs += 1.0
    for act, rate in RATES.items():
        assert total[act] <= rate.burst + 60 / rate.secs_each
    assert total[Act.MESSAGE] <= 32 + 60 * 20
    assert total[Act.TEXT] <= 5 + 30


@pytest.mark.promise(
    "Limits", "Whatever a caller asks for, in any order: each kind has its rate, and all have one."
)
@pytest.mark.parametrize("act", list(Act))
def test_what_was_not_used_is_kept_up_to_the_burst(act: Act) -> None:
    clocked = Clocked()
    for _ in range(3):
        assert sum(clocked.allowance.takes(act) for _ in range(1_000)) == RATES[act].burst
        clocked.now_secs += 3_600.0


@pytest.mark.parametrize("act", list(Act))
def test_a_refused_try_costs_nothing(act: Act) -> None:
    clocked = Clocked()
    while clocked.allowance.takes(act):
        pass
    took: list[bool] = []
    for _ in range(10):
        clocked.now_secs += RATES[act].secs_each / 10 + 1e-9
        took.append(clocked.allowance.takes(act))
    assert took == [False] * 9 + [True]


def test_a_clock_that_goes_back_gives_nothing() -> None:
    clocked = Clocked()
    while clocked.allowance.takes(Act.TEXT):
        pass
    clocked.now_secs -= 1_000.0
    assert not clocked.allowance.takes(Act.TEXT)


@pytest.mark.promise(
    "Limits",
    "A client that asks for all there is once a second while its user types is not held up.",
)
def test_a_busy_client_is_not_held_up() -> None:
    clocked = Clocked()
    for second in range(120):
        # State, history and usage; a text every two seconds, with the copy that comes along.
        acts = [Act.REQUEST] * 3 + ([Act.TEXT, Act.MESSAGE] if second % 2 == 0 else [])
        counts = clocked.taken(*acts)
        assert (counts[Act.REQUEST], counts[Act.TEXT]) == (3, acts.count(Act.TEXT))
        clocked.now_secs += 1.0


def test_a_refusal_is_told_once_until_a_text_is_taken() -> None:
    clocked = Clocked()
    assert [clocked.allowance.tells_refusal() for _ in range(200)] == [True] + [False] * 199
    assert clocked.allowance.takes(Act.TEXT)
    assert clocked.allowance.tells_refusal()
    for act in (Act.MESSAGE, Act.REQUEST, Act.ANSWER):
        assert clocked.allowance.takes(act)
    assert not clocked.allowance.tells_refusal()


def test_a_refusal_is_told_again_after_a_pause_and_not_to_who_goes_on() -> None:
    clocked = Clocked()
    told = 0
    for _ in range(100):
        told += clocked.allowance.tells_refusal()
        clocked.now_secs += QUIET_SECS - 1.0
    assert told == 1
    clocked.now_secs += 1.0
    assert clocked.allowance.tells_refusal()
