"""Which of two services a turn goes to: the first, or the one that stands in for it."""

from __future__ import annotations

REST_SECS = 30.0
"""Then the first service is tried again, with the next turn. Long enough that an outage costs the
caller a wait once, short enough that a restarted server is used again within the same call."""


class Fallback:
    """Keeps whether the first service is to be spared. Knows neither services nor a clock.

    Times are monotonic seconds. A service that said it will never work is not tried again.
    """

    def __init__(self, *, rest_secs: float = REST_SECS) -> None:
        self._rest_secs = rest_secs
        self._rests_until_secs: float | None = None
        self._is_lost = False

    @property
    def is_lost(self) -> bool:
        """Whether the first service will never work."""
        return self._is_lost

    def is_needed(self, now_secs: float) -> bool:
        """Return True while turns go to the second service."""
        until_secs = self._rests_until_secs
        return self._is_lost or (until_secs is not None and now_secs < until_secs)

    def note_failure(self, now_secs: float, *, is_permanent: bool = False) -> None:
        """The first service failed a turn: the second takes this one and those that follow."""
        self._rests_until_secs = now_secs + self._rest_secs
        self._is_lost = self._is_lost or is_permanent

    def note_success(self) -> None:
        """The first service did its part of a turn: it is well."""
        self.end_rest()

    def end_rest(self) -> None:
        """The next turn goes to the first service, unless that will never work."""
        self._rests_until_secs = None
