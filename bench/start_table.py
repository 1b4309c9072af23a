"""The table of bench/start.py, each figure beside its goal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.stats import percentile, summarize

Row = dict[str, Any]

# (way, burst, mark) -> goal in ms and its id in the list of goals.
_GOALS = {
    ("dispatched", 1, "bot_ready_ms"): (400, "B12"),
    ("dispatched", 1, "greeting_ms"): (700, "B13"),
    ("parked", 1, "greeting_ms"): (400, "B13"),
    ("dispatched", 4, "track_ms"): (800, "B14"),
    ("dispatched", 8, "track_ms"): (1500, "B14"),
}
_PARKED_READY_MS = 50
_USS_GOAL_MB = 45
_MARKS = ("answered_ms", "joined_ms", "bot_ready_ms", "track_ms", "greeting_ms")


def print_table(rows: Sequence[Row]) -> None:
    """Print starts, bursts, memory and idle CPU."""
    starts = [row for row in rows if row["kind"] == "start"]
    groups = dict.fromkeys((row["subject"], row["way"], row["burst"]) for row in starts)
    for subject, way, burst in groups:
        group = [
            row
            for row in starts
            if (row["subject"], row["way"], row["burst"]) == (subject, way, burst)
        ]
        refused = sum(row["greeting_ms"] is None for row in group)
        print(f"\n{subject}, {way}, {burst} at once; without a greeting: {refused} of {len(group)}")
        for mark in _MARKS:
            _print_mark(group, mark, _GOALS.get((way, burst, mark)) if subject == "ours" else None)
        if way == "parked" and burst == 1:
            _print_parked_ready(group)
    _print_memory(rows)


def _print_mark(group: Sequence[Row], mark: str, goal: tuple[int, str] | None) -> None:
    values = [row[mark] for row in group if row[mark] is not None]
    summary = summarize(values)
    if summary is None:
        return
    words = ""
    if goal is not None:
        limit_ms, name = goal
        reached = percentile(values, 95) if name == "B14" else summary.p50
        words = f"   goal {name} {limit_ms}: {'met' if reached <= limit_ms else 'MISSED'}"
    print(f"  {mark:14}{summary}{words}")


def _print_parked_ready(group: Sequence[Row]) -> None:
    late = [
        max(0.0, row["bot_ready_ms"] - row["answered_ms"])
        for row in group
        if row["bot_ready_ms"] is not None
    ]
    summary = summarize(late)
    if summary is not None:
        verdict = "met" if summary.p50 <= _PARKED_READY_MS else "MISSED"
        print(f"  ready after the answer {summary}   goal B12 {_PARKED_READY_MS}: {verdict}")


def _print_memory(rows: Sequence[Row]) -> None:
    print("\nmemory, MB")
    looks = [row for row in rows if row["kind"] == "memory"]
    for subject, way, live in dict.fromkeys((r["subject"], r["way"], r["live"]) for r in looks):
        look = [r for r in looks if (r["subject"], r["way"], r["live"]) == (subject, way, live)]
        uss = sorted((r["uss_mb"] for r in look), reverse=True)
        total = sum(r["pss_mb"] for r in look)
        each = ", ".join(f"{value:.0f}" for value in uss)
        print(f"  {subject}, {way}, {live} live: PSS of all {total:.0f}; USS of each: {each}")
    for subject, way in dict.fromkeys((r["subject"], r["way"]) for r in looks):
        totals = {
            r["live"]: sum(
                x["pss_mb"]
                for x in looks
                if (x["subject"], x["way"], x["live"]) == (subject, way, r["live"])
            )
            for r in looks
            if (r["subject"], r["way"]) == (subject, way)
        }
        if len(totals) > 1:
            most = max(totals)
            added = (totals[most] - totals[0]) / most
            verdict = "met" if added <= _USS_GOAL_MB else "MISSED"
            print(f"  {subject}, {way}: {added:.0f} MB per added session (goal B16 45: {verdict})")
    for row in rows:
        if row["kind"] == "listening_cpu":
            print(
                f"  {row['subject']}, {row['way']}, {row['live']} live and listening:"
                f" {row['percent']:.1f} % of a core each"
            )
