from __future__ import annotations

from tools.calls.announcements import POLITE_PAUSE_SECS, Announcements


def test_an_announcement_waits_for_its_time_and_for_a_pause() -> None:
    waiting = Announcements()
    waiting.add(due_secs=10.0, text="Tea.")
    assert waiting.take(now_secs=9.9, quiet_secs=5.0) is None
    assert waiting.take(now_secs=10.0, quiet_secs=POLITE_PAUSE_SECS - 0.1) is None
    assert waiting.take(now_secs=12.0, quiet_secs=POLITE_PAUSE_SECS) == "Tea."
    assert waiting.take(now_secs=13.0, quiet_secs=5.0) is None


def test_the_earliest_comes_first_one_at_a_time() -> None:
    waiting = Announcements()
    waiting.add(due_secs=2.0, text="Second.")
    waiting.add(due_secs=1.0, text="First.")
    assert waiting.next_due_secs() == 1.0
    assert waiting.take(now_secs=3.0, quiet_secs=1.0) == "First."
    assert waiting.take(now_secs=3.0, quiet_secs=1.0) == "Second."
    assert waiting.next_due_secs() is None


def test_what_is_withdrawn_is_not_said() -> None:
    waiting = Announcements()
    number = waiting.add(due_secs=1.0, text="Tea.")
    assert waiting.withdraw(number)
    assert not waiting.withdraw(number)
    assert waiting.take(now_secs=3.0, quiet_secs=1.0) is None
