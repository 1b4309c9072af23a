"""One page with the newest results of every bench: plots, a waterfall, and the tables.

python -m bench.report        writes bench/results/report.html
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from statistics import median
from typing import Any

from bench import (
    barge_in_table,
    caption_timing,
    keyless,
    load_table,
    page_table,
    room_table,
    start_table,
)
from bench.rows import newest, read_rows
from bench.stage import RESULTS
from bench.svg import Bar, curves, strips, waterfall

Row = dict[str, Any]
_STYLE = """body{font:15px/1.5 system-ui;margin:40px auto;max-width:900px;padding:0 16px;color:#222}
svg text{font:12px system-ui}pre{background:#f6f6f6;padding:12px;overflow:auto;font-size:12px}
h2{margin-top:2.2em}p{max-width:44em}"""
_TITLES = {"room": "In a LiveKit room", "inprocess": "In-process, no WebRTC"}


def write_report(folder: Path = RESULTS) -> Path:
    """Write the page from the newest results and return its path."""
    sections = [
        _talk_section("room"),
        _talk_section("inprocess"),
        _table_section("keyless", "Without a key", keyless.print_table),
        _table_section("start", "Start of a session", start_table.print_table),
        _table_section("load", "Calls at once", load_table.print_table),
        _barge_in_section(),
        _turn_section(),
        _table_section("page", "The page in Chromium", page_table.print_table),
        _table_section("caption_timing", "Captions against the ear", caption_timing.print_table),
    ]
    body = "".join(section for section in sections if section)
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Bench</title>'
        f"<style>{_STYLE}</style><h1>Bench</h1>{body}</html>"
    )
    path = folder / "report.html"
    path.write_text(page, encoding="utf-8")
    return path


def bars_of(rows: Sequence[Row]) -> list[Bar]:
    """Return the median turn of some exchanges as bars; time zero is the caller's last sample."""

    def middle(field: str) -> float:
        values = [row[field] for row in rows if row.get(field) is not None]
        return float(median(values)) if values else 0.0

    asked, first = middle("llm_asked_ms"), middle("llm_asked_ms") + middle("llm_ms")
    speech = middle("tts_asked_ms")
    heard = middle("v2v_ms")
    return [
        Bar("speech-to-text", 0.0, middle("stt_ms")),
        Bar("language model", asked, first),
        Bar("sentence", first, first + middle("sentence_ms")),
        Bar("text-to-speech", speech, speech + middle("tts_ms")),
        Bar("heard", heard, heard),
    ]


def _talk_section(bench: str) -> str:
    rows = _newest_rows(bench)
    if not rows:
        return ""
    parts = [f"<h2>{_TITLES[bench]}</h2>{_machine(rows)}"]
    valid = [row for row in rows if row.get("is_valid")]
    for set_name in dict.fromkeys(row["set"] for row in valid):
        own = [row for row in valid if row["set"] == set_name]
        parts.append(f"<h3>Set {set_name}: voice to voice</h3>")
        parts.append(strips(_by_subject(own, "plain", "v2v_ms")))
        plain = _groups([row for row in own if row.get("exchange") == "plain"])
        parts.append("<h3>Where the time goes, median turn</h3>")
        parts.append(waterfall({name: bars_of(group) for name, group in plain.items()}))
        parts.append("<h3>Barge-in: the old reply stops</h3>")
        parts.append(strips(_by_subject(own, "interrupting", "stop_ms")))
    parts.append(_printed(room_table.print_table, rows))
    return "".join(parts)


def _barge_in_section() -> str:
    rows = _newest_rows("barge_in")
    if not rows:
        return ""
    clips = [row for row in rows if row["kind"] == "clip"]
    real = [row for row in clips if row["clip_kind"] == "real"]
    false = [row for row in clips if row["clip_kind"] != "real"]
    return (
        f"<h2>Real and false interruptions</h2>{_machine(rows)}<h3>Real: stop after</h3>"
        + strips({n: _values(g, "stop_ms") for n, g in _groups(real).items()})
        + "<h3>False: on again after</h3>"
        + strips({n: _values(g, "resume_ms") for n, g in _groups(false).items()})
        + _printed(barge_in_table.print_table, rows)
    )


def _turn_section() -> str:
    rows = _newest_rows("turns")
    points = [row for row in rows if row["kind"] == "point"]
    if not points:
        return ""
    lines = {policy: front(points, policy) for policy in ("stock", "ours")}
    return f"<h2>End of turn: false cuts against dead air</h2>{_machine(rows)}" + curves(
        lines, x_unit="ms dead air", y_unit="% of pauses cut"
    )


def front(points: Sequence[Row], policy: str) -> list[tuple[float, float]]:
    """Return a policy's best points: no other has less dead air and fewer cuts."""
    own = sorted(
        (p["dead_air_ms"], p["false_cut_percent"]) for p in points if p["policy"] == policy
    )
    best: list[tuple[float, float]] = []
    for dead_air_ms, cut_percent in own:
        if not best or cut_percent < best[-1][1]:
            best.append((dead_air_ms, cut_percent))
    return best


def _table_section(bench: str, title: str, print_table: Callable[[Sequence[Row]], None]) -> str:
    rows = _newest_rows(bench)
    if not rows:
        return ""
    return f"<h2>{title}</h2>{_machine(rows)}{_printed(print_table, rows)}"


def _newest_rows(bench: str) -> list[Row]:
    path = newest(bench)
    return [] if path is None else read_rows(path)


def _machine(rows: Sequence[Row]) -> str:
    about = next((row for row in rows if row["kind"] == "machine"), None)
    if about is None:
        return ""
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    words = (
        f"{about['cpus']} x {about['cpu_model']}, Python {about['python']}, commit"
        f" {about['commit']}, {about['at']}, load {about['load_1min']:.1f}; {versions}"
    )
    return f"<p>{escape(words)}</p>"


def _printed(print_table: Callable[[Sequence[Row]], None], rows: Sequence[Row]) -> str:
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        print_table(rows)
    return f"<pre>{escape(text.getvalue().strip())}</pre>"


def _groups(rows: Sequence[Row]) -> Mapping[str, list[Row]]:
    names = dict.fromkeys(row["subject"] for row in rows)
    return {name: [row for row in rows if row["subject"] == name] for name in names}


def _by_subject(rows: Sequence[Row], exchange: str, field: str) -> dict[str, list[float]]:
    own = [row for row in rows if row.get("exchange") == exchange]
    return {name: _values(group, field) for name, group in _groups(own).items()}


def _values(rows: Sequence[Row], field: str) -> list[float]:
    return [row[field] for row in rows if row.get(field) is not None]


if __name__ == "__main__":
    print(write_report())
