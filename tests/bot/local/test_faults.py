from __future__ import annotations

import statistics

import pytest
from pydantic import ValidationError

from bot.local.faults import FaultBox, FaultPlan, LanguageModelFaults, LogNormalMs


def _plan(**language_model: object) -> FaultPlan:
    return FaultPlan.model_validate({"seed": 7, "language_model": language_model})


def test_a_fixed_delay_is_that_delay() -> None:
    assert FaultBox().draw_secs(250.0) == 0.25
    assert FaultBox().draw_secs(LogNormalMs(median_ms=0)) == 0.0


def test_the_same_seed_draws_the_same_delays() -> None:
    delay = LogNormalMs(median_ms=200, sigma=0.4)
    draws: list[list[float]] = []
    for _ in range(2):
        box = FaultBox()
        box.set(_plan())
        draws.append([box.draw_secs(delay) for _ in range(500)])
    assert draws[0] == draws[1]
    assert statistics.median(draws[0]) == pytest.approx(0.2, rel=0.15)
    assert max(draws[0]) > 0.4


def test_faults_are_counted_by_request() -> None:
    box = FaultBox()
    box.set(_plan(status=500, requests=1))
    plan = box.plan.language_model
    assert box.take(plan, own=None).status == 500
    assert box.take(plan, own=None).status is None


def test_a_request_can_bring_its_own_faults() -> None:
    box = FaultBox(takes_orders=True)
    box.set(_plan(status=500))
    own = box.take(box.plan.language_model, own='{"empty": true}')
    assert own == LanguageModelFaults(empty=True)
    with pytest.raises(ValidationError):
        box.take(box.plan.language_model, own='{"emty": true}')


def test_each_plan_is_a_new_generation() -> None:
    box = FaultBox()
    before = box.generation
    box.set(_plan())
    box.clear()
    assert box.generation == before + 2
    assert box.plan == FaultPlan()


@pytest.mark.parametrize(
    "wrong",
    [{"status": 200}, {"status": "bad"}, {"first_token_ms": {"median_ms": -1}}, {"requests": 0}],
)
def test_impossible_faults_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        _plan(**wrong)
