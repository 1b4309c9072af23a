from __future__ import annotations

from bench.report import front
from bench.turns import (
    OUR_DEFAULT,
    STOCK_DEFAULT,
    Judged,
    best_within,
    model_calls_per_turn,
    our_acts_secs,
    stock_acts_secs,
    sweep,
)

SURE_END = Judged("a", 3.2, True, "plain", 0.95, (0.95, 0.97, 0.97, 0.97))
UNSURE_END = Judged("b", 3.2, True, "plain", 0.1, (0.1, 0.1, 0.2, 0.6))
HOLD = Judged("c", 0.7, False, "plain", 0.6, (0.3, 0.9, 0.2))
HANGING = Judged("d", 0.5, False, "hanging", 0.9, (0.9, 0.9, 0.9))


def test_stock_acts_at_once_if_sure_and_after_its_timeout_if_not() -> None:
    assert stock_acts_secs(SURE_END, STOCK_DEFAULT) == 0.2
    assert stock_acts_secs(UNSURE_END, STOCK_DEFAULT) == 3.0


def test_ours_acts_within_100_ms_if_sure() -> None:
    assert our_acts_secs(SURE_END, OUR_DEFAULT) <= 0.1


def test_ours_waits_where_words_must_follow() -> None:
    assert our_acts_secs(HANGING, OUR_DEFAULT) > HANGING.secs


def test_a_larger_budget_never_cuts_more() -> None:
    points = list(sweep([SURE_END, UNSURE_END, HOLD, HANGING]))
    for policy in ("stock", "ours"):
        best = [best_within(points, policy, budget) for budget in (800, 1500, 3000)]
        cuts = [point.false_cut_percent for point in best if point is not None]
        assert cuts == sorted(cuts, reverse=True)


def test_front_falls() -> None:
    points = [
        {"policy": "ours", "dead_air_ms": x, "false_cut_percent": y}
        for x, y in ((100, 50), (200, 60), (300, 20), (400, 20), (500, 5))
    ]
    assert front(points, "ours") == [(100, 50), (300, 20), (500, 5)]


def test_model_calls_count_the_pauses_that_look_like_the_end() -> None:
    assert model_calls_per_turn([HOLD, SURE_END, HANGING, UNSURE_END]) == 1.5
