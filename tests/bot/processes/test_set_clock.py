"""Time of day that is set while a process runs."""

from __future__ import annotations

import time

import pytest

from bot.processes.set_clock import SetClock, awake_secs
from tests.fake_clock import FakeClock


@pytest.mark.promise("Ending a call", "A clock that is set ends no wait for a caller early.")
@pytest.mark.parametrize("set_by_secs", [-3_600.0, 0.0, 3_600.0])
def test_both_times_are_known_whatever_it_is_set_to(set_by_secs: float) -> None:
    wall, steady = FakeClock(), FakeClock()
    wall.now = 1e9
    clock = SetClock(now=wall, clock_secs=steady)
    wall.now += set_by_secs + 5.0
    steady.now += 5.0
    assert clock.earliest_secs() == 1e9 + 5.0 + min(set_by_secs, 0.0)
    assert clock.latest_secs() == 1e9 + 5.0 + max(set_by_secs, 0.0)


def test_by_itself_it_is_the_time_of_day() -> None:
    assert abs(SetClock().latest_secs() - time.time()) < 60.0
    assert awake_secs() <= awake_secs()
