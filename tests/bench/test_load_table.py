"""What holds, and that the figures that are kept can be read again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bench import load_table
from bot import sizing


def _rows(*steps: tuple[int, Sequence[float | None], float]) -> list[dict[str, Any]]:
    """Rows of calls: how many, their V2V, and the longest gap."""
    rows = list[dict[str, Any]]()
    for calls, v2v_ms, gap_ms in steps:
        about = {"subject": "ours", "calls": calls}
        cores = {"cores": 0.3 + 0.2 * calls, "livekit_cores": 0.05 * calls}
        rows.append({"kind": "load", **about, "secs": 30.0, "busy_share": 0.1 * calls, **cores})
        rows.append({"kind": "line", **about, "up_bytes": 4000.0, "down_bytes": 5000.0})
        rows += [
            {"kind": "memory", **about, "at": float(at), "pss_mb": 500.0 + 40 * calls + at}
            for at in range(30)
        ]
        rows += [
            {"kind": "answer", **about, "v2v_ms": one, "gap_ms": gap_ms, "lag_p99_ms": 1.0}
            for one in v2v_ms
        ]
    return rows


@pytest.mark.parametrize(
    ("v2v_ms", "gap_ms", "is_good"),
    [
        ([600.0, 620.0], 20.0, True),
        ([600.0, 690.0], 20.0, True),
        ([600.0, 700.0], 20.0, False),
        ([600.0, None], 20.0, False),
        ([600.0, 620.0], 60.0, False),
    ],
)
def test_so_many_calls_hold_if_they_are_as_good_as_one(
    v2v_ms: list[float | None], gap_ms: float, is_good: bool
) -> None:
    rows = _rows((1, [600.0, 600.0], 20.0), (4, v2v_ms, gap_ms))
    assert load_table.holds(rows, "ours", 1)
    assert load_table.holds(rows, "ours", 4) is is_good


def test_what_is_kept_is_what_held(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for module in (load_table, sizing):
        monkeypatch.setattr(module, "TABLE", tmp_path / "sizing.toml")
    good = [600.0, 600.0]
    rows = _rows((1, good, 20.0), (2, good, 20.0), (3, good, 20.0), (4, [600.0, None], 20.0))
    load_table.keep_figures(rows)
    found = sizing.figures()
    assert (found.calls, found.busy_share) == (3, 0.3)
    assert found.cores == pytest.approx((0.3, 0.2))
    assert found.livekit_cores == pytest.approx((0.0, 0.05))
    assert found.memory_mb == pytest.approx((529.0, 40.0))
    assert (found.up_bytes, found.down_bytes) == (4000, 5000)


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2)])
def test_what_holds_beyond_what_does_not_is_luck(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, order: Sequence[int]
) -> None:
    for module in (load_table, sizing):
        monkeypatch.setattr(module, "TABLE", tmp_path / "sizing.toml")
    good, bad = [600.0, 600.0], [600.0, None]
    rows = _rows(*((calls, good, 20.0) for calls in order), (4, bad, 20.0), (5, good, 20.0))
    load_table.keep_figures(rows)
    found = sizing.figures()
    assert (found.calls, found.busy_share) == (3, 0.3)


@pytest.mark.parametrize("v2v_ms", [[600.0, None], [None]])
def test_one_number_that_holds_or_none_of_one_call_makes_no_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, v2v_ms: list[float | None]
) -> None:
    monkeypatch.setattr(load_table, "TABLE", tmp_path / "sizing.toml")
    load_table.keep_figures(_rows((1, [600.0], 20.0), (2, v2v_ms, 20.0)))
    load_table.keep_figures(_rows((2, [600.0], 20.0), (3, [600.0], 20.0)))
    load_table.keep_figures([])
    assert not (tmp_path / "sizing.toml").exists()


def test_the_table_shows_how_memory_grows(capsys: pytest.CaptureFixture[str]) -> None:
    load_table.print_table(_rows((2, [600.0], 20.0), (3, [900.0], 20.0)))
    shown = capsys.readouterr().out
    assert "+1800.0 MB an hour and call  holds" in shown
    assert "does not hold" in shown
