"""The table of bench/barge_in.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.stats import summarize

Row = dict[str, Any]
RESUME_LIMIT_MS = 600
LONE_WORDS = ("Stop.", "Wait.", "No.")
"""Said alone, too short for any interim: their words come with the final or not at all."""


def print_table(rows: Sequence[Row]) -> None:
    """Print how each subject treats real and false interruptions."""
    clips = [row for row in rows if row["kind"] == "clip"]
    trips = summarize([row["ms"] for row in rows if row["kind"] == "round_trip"])
    room_ms = trips.p50 if trips else 0.0
    print(f"R (the room itself): {trips} ms; it is not part of the time to go on")
    for subject in dict.fromkeys(row["subject"] for row in clips):
        own = [row for row in clips if row["subject"] == subject]
        real = [row for row in own if row["clip_kind"] == "real"]
        print(f"\n{subject}")
        missed = [row for row in real if is_missed(row)]
        print(f"  real interruptions: {len(real)}, missed {_share(len(missed), len(real))}")
        print(f"    stop, ms: {summarize([r['stop_ms'] for r in real if not is_missed(r)])}")
        leaked = [row["leaked_ms"] for row in real if not is_missed(row)]
        print(f"    old reply heard after its stop, ms: {summarize(leaked)}")
        _print_lone(real)
        for kind in ("backchannel", "noise"):
            false = [row for row in own if row["clip_kind"] == kind]
            _print_false(kind, false, room_ms)
        for row in missed:
            print(f"    missed: {row['clip']}")


def is_missed(row: Row) -> bool:
    """Return whether a real interruption failed: never stopped, or the old reply went on."""
    return row["stop_ms"] is None or (row["resume_ms"] is not None and not row["is_answered"])


def is_resumed(row: Row, room_ms: float = 0.0) -> bool:
    """Return whether a false interruption was harmless: no stop, or on again in time.

    `room_ms` is what the room takes from the caller to the bot and back.
    """
    if row["is_answered"]:
        return False
    if row["stop_ms"] is None:
        return True
    return row["resume_ms"] is not None and row["resume_ms"] - room_ms <= RESUME_LIMIT_MS


def is_lone_word(row: Row) -> bool:
    """Return whether somebody said nothing but "stop", "wait" or "no"."""
    return row["clip"].rpartition(" x")[0] in LONE_WORDS


def _print_lone(rows: Sequence[Row]) -> None:
    lone = [row for row in rows if is_lone_word(row)]
    if not lone:
        return
    silent = [ms for row in lone if (ms := row.get("silent_ms")) is not None]
    print(f"  of these, a lone stop, wait or no: {len(lone)}")
    print(f"    old reply silent for good, ms: {summarize(silent)}")
    print(f"    never within the watch: {_share(len(lone) - len(silent), len(lone))}")


def _print_false(kind: str, rows: Sequence[Row], room_ms: float) -> None:
    if not rows:
        return
    resumed = sum(is_resumed(row, room_ms) for row in rows)
    never = sum(row["stop_ms"] is None for row in rows)
    print(
        f"  {kind}: {len(rows)}, never stopped {_share(never, len(rows))},"
        f" on again within {RESUME_LIMIT_MS} ms {_share(resumed, len(rows))}"
    )
    back = [row["resume_ms"] for row in rows if row["resume_ms"] is not None]
    print(f"    on again after, ms: {summarize(back)}")
    for row in rows:
        if not is_resumed(row, room_ms):
            sound = f"a sound of {row['clip_ms']:.0f} ms"
            print(f"    not resumed in time: {row['clip']}, {sound}, on after {row['resume_ms']}")


def _share(part: int, whole: int) -> str:
    return f"{part} ({100 * part / whole:.0f} %)" if whole else "none"
