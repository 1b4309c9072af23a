from __future__ import annotations

from typing import Any

import pytest

from bench.barge_in_table import is_lone_word, is_missed, is_resumed, print_table


def row(**fields: Any) -> dict[str, Any]:
    return {"stop_ms": None, "resume_ms": None, "is_answered": False} | fields


def test_a_noise_that_stops_nothing_is_harmless() -> None:
    assert is_resumed(row())


def test_a_noise_is_harmless_if_the_bot_goes_on_in_time() -> None:
    assert is_resumed(row(stop_ms=120, resume_ms=500))
    assert not is_resumed(row(stop_ms=120, resume_ms=900))
    assert not is_resumed(row(stop_ms=120))


def test_a_noise_that_is_answered_is_not_harmless() -> None:
    assert not is_resumed(row(is_answered=True))


def test_an_interruption_is_missed_unless_the_bot_stops_and_answers() -> None:
    assert is_missed(row())
    assert is_missed(row(stop_ms=120, resume_ms=400))
    assert not is_missed(row(stop_ms=120, is_answered=True))


def test_a_lone_word_is_nothing_but_stop_wait_or_no() -> None:
    lone = [row(clip=f"{text} x1.15") for text in ("Stop.", "Wait.", "No.")]
    longer = [row(clip=f"{text} x1.0") for text in ("Stop, please.", "Wait a second.", "beckett")]
    assert all(map(is_lone_word, lone)) and not any(map(is_lone_word, longer))


def test_the_end_of_the_old_reply_counts_what_came_after_its_stop(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clip = {"kind": "clip", "subject": "ours", "clip_kind": "real", "leaked_ms": 0.0}
    stopped = row(clip="Stop. x1.0", stop_ms=150.0, is_answered=True, **clip)
    print_table(
        [
            stopped | {"silent_ms": 400.0, "resume_ms": 300.0},
            stopped | {"silent_ms": None, "resume_ms": 300.0},
        ]
    )
    told = capsys.readouterr().out
    assert "silent for good, ms: p50 400" in told
    assert "never within the watch: 1 (50 %)" in told
