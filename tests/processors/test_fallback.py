from __future__ import annotations

from processors.fallback import Fallback


def test_the_second_service_stands_in_until_the_first_has_rested() -> None:
    fallback = Fallback(rest_secs=30.0)
    assert not fallback.is_needed(0.0)
    fallback.note_failure(10.0)
    assert fallback.is_needed(10.0) and fallback.is_needed(39.9)
    assert not fallback.is_needed(40.0)


def test_another_failure_after_the_rest_begins_another_rest() -> None:
    fallback = Fallback(rest_secs=30.0)
    fallback.note_failure(0.0)
    fallback.note_failure(30.0)
    assert fallback.is_needed(59.9)


def test_success_ends_the_rest() -> None:
    fallback = Fallback(rest_secs=30.0)
    fallback.note_failure(0.0)
    fallback.note_success()
    assert not fallback.is_needed(1.0)


def test_a_service_that_will_never_work_is_not_tried_again() -> None:
    fallback = Fallback(rest_secs=30.0)
    fallback.note_failure(0.0, is_permanent=True)
    fallback.note_success()
    assert fallback.is_needed(1_000.0)
