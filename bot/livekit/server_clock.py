"""LiveKit's time of day: what it says of its rooms is compared with that, not with our own clock.

One of the two may be off. How far they are apart is heard from each answer, which HTTP has dated by
the server's clock to the second (RFC 9110, 6.6.1).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

from bot.processes.set_clock import awake_secs

_HALF_SECS = 0.5
"""The date leaves out what is less than a second."""


class ServerClock:
    """Tells LiveKit's time; until it has said anything, ours.

    Args:
        now: Unix seconds, by our clock.
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
        self._apart_secs: float | None = None
        """From that time to LiveKit's: our own may be set at any moment."""

    def hear(self, date: str | None) -> None:
        """Take the `Date` of an answer that has just come."""
        try:
            told_secs = parsedate_to_datetime(date or "").timestamp()
        except (ValueError, OverflowError):
            return
        self._apart_secs = told_secs + _HALF_SECS - self._clock_secs()

    def now_secs(self) -> float:
        """Return LiveKit's Unix seconds, to a second or two."""
        return self._now() if self._apart_secs is None else self._apart_secs + self._clock_secs()
