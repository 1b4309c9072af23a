"""The time of day by a clock that may be set while this process runs."""

from __future__ import annotations

import time
from collections.abc import Callable


def awake_secs() -> float:
    """Return seconds that go on while the machine sleeps, where the system counts them."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class SetClock:
    """Knows the time as the clock says it, and as it would say it had nobody set it since.

    Args:
        now: Unix seconds.
        clock_secs: What nobody sets.
    """

    def __init__(
        self,
        *,
        now: Callable[[], float] = time.time,
        clock_secs: Callable[[], float] = awake_secs,
    ) -> None:
        self._now = now
        self._clock_secs = clock_secs
        self._apart_secs = now() - clock_secs()

    def earliest_secs(self) -> float:
        """Return the earlier of the two: nothing is over by it that is not by both."""
        return min(self._now(), self._clock_secs() + self._apart_secs)

    def latest_secs(self) -> float:
        """Return the later of the two: what is to last from now lasts by both."""
        return max(self._now(), self._clock_secs() + self._apart_secs)
