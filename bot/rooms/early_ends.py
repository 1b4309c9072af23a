"""Whether parked bots leave as soon as they wait, as no provider takes their key, say."""

from __future__ import annotations

from loguru import logger

_EARLY_SECS = 30.0
"""A bot that leaves by itself before that would do so again: a provider refuses its key, say."""
_LONGEST_PAUSE_SECS = 60.0


class EarlyEnds:
    """Asks for a pause before the next bot once several in a row have left at once.

    Those that leave together are one: what they all hang on is gone. Times are monotonic seconds.
    """

    def __init__(self) -> None:
        self._count = 0
        self._noted_at = float("-inf")
        self._pause_until_secs = float("-inf")

    def is_pausing(self, now_secs: float) -> bool:
        """Tell whether it is too soon for another one."""
        return now_secs < self._pause_until_secs

    def note(self, now_secs: float, *, born_at: float) -> None:
        """A bot has left by itself that was sent for at `born_at`."""
        if born_at < self._noted_at:
            return
        self._noted_at = now_secs
        self._count = self._count + 1 if now_secs - born_at < _EARLY_SECS else 0
        if self._count > 1:
            pause_secs = min(2.0**self._count, _LONGEST_PAUSE_SECS)
            self._pause_until_secs = now_secs + pause_secs
            logger.warning("Parked bots leave at once; the next one in {:.0f} s", pause_secs)
