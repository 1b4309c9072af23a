from __future__ import annotations

from typing import Any

from bench.barge_in_table import is_missed, is_resumed


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
