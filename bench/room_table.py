"""The table of bench/room.py: each figure of each subject, and its ratio to the peers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bench.stats import Summary, summarize

Row = dict[str, Any]
_ORDER = ("ours", "ours-unkept", "livekit-agents", "pipecat")
_CALLS = "model calls a turn"
"""A few that cost one more do not show in a median."""


def print_table(rows: Sequence[Row]) -> None:
    """Print every figure of a run; rows whose caller lagged are left out and counted."""
    trips = summarize([row["ms"] for row in rows if row["kind"] == "round_trip"])
    if trips is not None:
        print(f"\nR (the room itself): {trips} ms")
    dropped = sum(row["kind"] == "session" and not row["is_valid"] for row in rows)
    failed = sum(row["kind"] == "failed" for row in rows)
    print(f"sessions left out because the caller lagged: {dropped}; failed: {failed}")
    sets = list(dict.fromkeys(row["set"] for row in rows if "set" in row))
    for set_name in sets:
        print(f"\nset {set_name}")
        for title, pick in FIGURES.items():
            _print_figure(title, cells(rows, set_name, pick))


def cells(
    rows: Sequence[Row], set_name: str, pick: Callable[[Row], float | None]
) -> dict[str, Summary]:
    """Return the summary of one figure for each subject that has it."""
    found: dict[str, list[float]] = {}
    for row in rows:
        if row.get("set") == set_name and row.get("is_valid"):
            value = pick(row)
            if value is not None:
                found.setdefault(row["subject"], []).append(value)
    summaries = {name: summarize(found[name]) for name in _ORDER if name in found}
    return {name: summary for name, summary in summaries.items() if summary is not None}


def short(rows: Sequence[Row]) -> str:
    """Return one session in a line."""
    v2v = [v for row in rows if (v := FIGURES["voice to voice, ms"](row)) is not None]
    stops = [v for row in rows if (v := row.get("stop_ms")) is not None]
    return f"V2V {summarize(v2v)}; stop {summarize(stops)}"


def is_apart(ours: Summary, other: Summary) -> bool:
    """Return whether the intervals of two medians do not overlap."""
    return ours.p50_high < other.p50_low or other.p50_high < ours.p50_low


def _print_figure(title: str, summaries: dict[str, Summary]) -> None:
    print(f"  {title}")
    ours = summaries.get("ours")
    for name, summary in summaries.items():
        ratio = ""
        if ours is not None and name != "ours" and summary.p50:
            verdict = "" if is_apart(ours, summary) else " (intervals overlap)"
            ratio = f"   ours is {ours.p50 / summary.p50:.2f} x{verdict}"
        mean = f"  mean {summary.mean:.2f}" if title == _CALLS else ""
        print(f"    {name:15}{summary}{mean}{ratio}")


def _of(exchange: str, field: str) -> Callable[[Row], float | None]:
    def pick(row: Row) -> float | None:
        return row.get(field) if row.get("exchange") == exchange else None

    return pick


def _of_session(field: str) -> Callable[[Row], float | None]:
    def pick(row: Row) -> float | None:
        return row.get(field) if row["kind"] == "session" else None

    return pick


FIGURES: dict[str, Callable[[Row], float | None]] = {
    "voice to voice, ms": _of("plain", "v2v_ms"),
    "first turn of a session, ms": _of("first", "v2v_ms"),
    "overhead over the serial chain, ms": _of("plain", "overhead_ms"),
    "barge-in: old reply stops, ms": _of("interrupting", "stop_ms"),
    "barge-in: old reply heard after its stop, ms": _of("interrupting", "leaked_ms"),
    "voice to voice of the turn that interrupts, ms": _of("interrupting", "v2v_ms"),
    _CALLS: _of("plain", "llm_calls"),
    "CPU of the session's process, % of a core": _of_session("cpu_percent"),
    "CPU of the rest, % of a core": _of_session("rest_cpu_percent"),
    "memory of the session's process (USS), MB": _of_session("uss_mb"),
}
