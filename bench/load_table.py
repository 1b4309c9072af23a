"""What `bench.load` comes to: its table, its plots, and the figures that a plan is made from."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

import numpy as np

from bench.rows import machine
from bench.stage import RESULTS
from bench.stats import percentile, summarize
from bench.svg import curves
from bot.sizing import TABLE

_HOLDS_RATIO = 1.15
_GAP_LIMIT_MS = 40
_LEAST_FOR_SLOPE = 10
_LEAST_FOR_LINE = 2
"""Numbers of calls: what is there without a call cannot be told from one alone."""
Rows = Sequence[dict[str, Any]]


def _of(rows: Rows, kind: str, name: str, calls: int | None = None) -> list[dict[str, Any]]:
    return [
        row
        for row in rows
        if row["kind"] == kind
        and row.get("subject") == name
        and (calls is None or row["calls"] == calls)
    ]


def p95_ms(rows: Rows, name: str, calls: int) -> float:
    """Return the 95th percentile of V2V; infinite if a question was not answered."""
    found = [row["v2v_ms"] for row in _of(rows, "answer", name, calls)]
    return percentile(found, 95) if found and None not in found else float("inf")


def holds(rows: Rows, name: str, calls: int) -> bool:
    """Tell whether so many calls are as good as the fewest there were."""
    fewest = min(row["calls"] for row in _of(rows, "answer", name))
    longest_gap_ms = max(row["gap_ms"] for row in _of(rows, "answer", name, calls))
    limit_ms = _HOLDS_RATIO * p95_ms(rows, name, fewest)
    return p95_ms(rows, name, calls) <= limit_ms and longest_gap_ms <= _GAP_LIMIT_MS


def print_table(rows: Rows) -> None:
    """Print each number of calls, whether it holds, and what it takes."""
    for name in dict.fromkeys(row["subject"] for row in rows if row["kind"] == "load"):
        for load in _of(rows, "load", name):
            calls = load["calls"]
            own = _of(rows, "answer", name, calls)
            v2v = [row["v2v_ms"] for row in own if row["v2v_ms"] is not None]
            print(
                f"{name:15}{calls:3} calls: {summarize(v2v)}"
                f"  longest gap {max(row['gap_ms'] for row in own):.0f}"
                f"  callers' lag {max(row['lag_p99_ms'] for row in own):.0f}"
                f"  {load['cores']:.2f} cores ({calls / load['cores']:.1f} calls a core),"
                f" LiveKit {load['livekit_cores']:.2f}, all {load['busy_share']:.0%}"
                f"  {_most_mb(rows, name, calls):.0f} MB"
                f"  {_slope(rows, name, calls)}"
                f"{'holds' if holds(rows, name, calls) else 'does not hold'}"
            )


def _most_mb(rows: Rows, name: str, calls: int) -> float:
    return max((row["pss_mb"] for row in _of(rows, "memory", name, calls)), default=0.0)


def _slope(rows: Rows, name: str, calls: int) -> str:
    """Return how memory grows; the first half is left out, in which all are still warming up."""
    points = [(row["at"], row["pss_mb"]) for row in _of(rows, "memory", name, calls)]
    points = points[len(points) // 2 :]
    if len(points) < _LEAST_FOR_SLOPE:
        return ""
    at, pss_mb = np.array(points).T
    return f"{np.polyfit(at - at[0], pss_mb, 1)[0] * 3600 / calls:+.1f} MB an hour and call  "


def write_plots(rows: Rows) -> None:
    """Draw V2V, gaps, processor and memory over the number of calls."""
    names = dict.fromkeys(row["subject"] for row in rows if row["kind"] == "load")
    steps = {name: [row["calls"] for row in _of(rows, "load", name)] for name in names}
    plots = {
        "v2v": ("ms, V2V p95", lambda name, calls: min(p95_ms(rows, name, calls), 10_000.0)),
        "gaps": (
            "ms, longest gap",
            lambda name, calls: max(row["gap_ms"] for row in _of(rows, "answer", name, calls)),
        ),
        "cores": ("cores", lambda name, calls: _of(rows, "load", name, calls)[0]["cores"]),
        "memory": ("MB", lambda name, calls: _most_mb(rows, name, calls)),
    }
    for file, (unit, value) in plots.items():
        lines = {name: [(float(c), value(name, c)) for c in steps[name]] for name in names}
        (RESULTS / f"load-{file}.svg").write_text(curves(lines, x_unit="calls", y_unit=unit))


def _held(rows: Rows, name: str) -> list[dict[str, Any]]:
    """Return the loads from one call to the first that does not hold: beyond it is luck."""
    loads = {row["calls"]: row for row in _of(rows, "load", name)}
    if 1 not in loads:
        return []  # without it nobody knows how good the others are
    return [loads[calls] for calls in takewhile(lambda one: holds(rows, name, one), sorted(loads))]


def keep_figures(rows: Rows) -> None:
    """Write what a plan is made from: ours, over the numbers of calls that hold."""
    about = machine()
    found = _held(rows, "ours")
    calls = [row["calls"] for row in found]
    if len(calls) < _LEAST_FOR_LINE:
        print(f"\n{TABLE.name} stays as it is: a line needs one call, and more that hold")
        return
    lines = [row for row in _of(rows, "line", "ours") if row["calls"] in calls]
    fitted = {
        "cores": _line(calls, [row["cores"] for row in found]),
        "livekit_cores": _line(calls, [row["livekit_cores"] for row in found]),
        "memory_mb": _line(calls, [_most_mb(rows, "ours", one) for one in calls]),
    }
    text = [
        "# Written by `python -m bench.load --keep`: what calls take, with providers elsewhere.",
        "# A pair is what there is without a call, and what each one adds.",
        f"date = {about['at'][:10]}",
        f'commit = "{about["commit"]}"',
        f'machine = "{about["cpu_model"]}, {about["cpus"]} cores"',
        f"calls = {max(calls)} # that hold, their callers on the same machine",
        f"busy_share = {found[-1]['busy_share']:.2f} # of that machine then",
        *(f"{name} = [{base:.3f}, {each:.3f}]" for name, (base, each) in fitted.items()),
        f"up_bytes = {np.mean([row['up_bytes'] for row in lines]):.0f} # a second, from the caller",
        f"down_bytes = {np.mean([row['down_bytes'] for row in lines]):.0f}",
    ]
    TABLE.write_text("\n".join(text) + "\n", encoding="utf-8")


def _line(calls: Sequence[int], values: Sequence[float]) -> tuple[float, float]:
    each, base = np.polyfit(calls, values, 1)
    return max(float(base), 0.0), float(each)
