from __future__ import annotations

from bench.stats import summarize


def test_no_values_give_no_summary() -> None:
    assert summarize([]) is None


def test_the_interval_holds_the_median() -> None:
    summary = summarize([float(value) for value in range(100)])
    assert summary is not None
    assert summary.p50_low < summary.p50 < summary.p50_high < summary.p95 < summary.max


def test_the_same_values_give_the_same_interval() -> None:
    values = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0]
    assert summarize(values) == summarize(values)


def test_the_mean_shows_what_a_median_does_not() -> None:
    summary = summarize([1.0, 1.0, 1.0, 2.0])
    assert summary is not None
    assert (summary.p50, summary.mean) == (1.0, 1.25)
