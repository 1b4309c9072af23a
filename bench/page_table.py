"""The table of bench/page.py, each figure beside its goal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.stats import percentile, summarize

Row = dict[str, Any]

_FIGURES = (
    ("load", "paint_ms", "first paint, ms"),
    ("load", "alive_ms", "interactive, ms"),
    ("slow load", "alive_ms", "interactive at 4x throttle, ms"),
    ("slow load", "longest_task_ms", "longest task of a load at 4x throttle, ms"),
    ("load", "first_kb", "scripts of the first load as sent, kB"),
    ("visit", "speak_now_ms", 'click to "Go ahead, I\'m listening", ms'),
    ("visit", "first_sound_ms", "click to the first sound, ms"),
    ("reply", "heard_ms", "heard in the page, ms"),
    ("reply", "told_ms", "told by the page, ms"),
    ("caller", "v2v_ms", "heard by the bench's caller, ms"),
    ("captions", "longest_task_ms", "longest task, 500 captions, ms"),
)
_GOALS = {
    ("slow load", "alive_ms"): 1000,
    ("load", "first_kb"): 150,
    ("visit", "speak_now_ms"): 300,
    ("captions", "longest_task_ms"): 100,
}
_DIFFERENCE_GOAL_MS = 40


def print_table(rows: Sequence[Row]) -> None:
    """Print each figure, and how far what the page tells is from what was heard."""
    for kind, field, words in _FIGURES:
        values = [row[field] for row in rows if row["kind"] == kind and row[field] is not None]
        summary = summarize(values)
        if summary is None:
            continue
        goal = _GOALS.get((kind, field))
        verdict = ""
        if goal is not None:
            verdict = f"   goal {goal}: {'met' if summary.p50 <= goal else 'MISSED'}"
        print(f"{words:52}{summary}{verdict}")
    replies = [row for row in rows if row["kind"] == "reply"]
    apart = [abs(r["told_ms"] - r["heard_ms"]) for r in replies if None not in r.values()]
    if apart:
        share = 100 * sum(ms <= _DIFFERENCE_GOAL_MS for ms in apart) / len(apart)
        print(
            f"told against heard, of the same reply: median {percentile(apart, 50):.0f} ms apart,"
            f" 95th percentile {percentile(apart, 95):.0f}, most {max(apart):.0f};"
            f" within {_DIFFERENCE_GOAL_MS} ms: {share:.0f} % of {len(apart)}"
        )
    print(f"replies without both figures: {len(replies) - len(apart)} of {len(replies)}")
