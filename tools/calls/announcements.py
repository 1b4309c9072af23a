"""Things the bot says by itself when they are due, and nobody is speaking."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

# A pause this long is the end of what somebody said, not a breath within it.
POLITE_PAUSE_SECS = 0.8


@dataclass(frozen=True)
class Announcement:
    """Words with the time from which they may be said."""

    number: int
    due_secs: float
    text: str


class Announcements:
    """Keeps what is to be said later. The caller is never talked over; a late word is said late."""

    def __init__(self) -> None:
        self._waiting: list[Announcement] = []
        self._numbers = itertools.count(1)

    def add(self, *, due_secs: float, text: str) -> int:
        """Keep `text` until `due_secs`; returns a number to withdraw it by."""
        announcement = Announcement(next(self._numbers), due_secs, text)
        self._waiting.append(announcement)
        self._waiting.sort(key=lambda waiting: waiting.due_secs)
        return announcement.number

    def withdraw(self, number: int) -> bool:
        """Forget one; returns False if it was said already or never was."""
        kept = [waiting for waiting in self._waiting if waiting.number != number]
        was_there = len(kept) < len(self._waiting)
        self._waiting = kept
        return was_there

    def is_waiting(self, number: int) -> bool:
        """Tell whether one is still to be said."""
        return any(waiting.number == number for waiting in self._waiting)

    def next_due_secs(self) -> float | None:
        """Return when the next one is due; None without any."""
        return self._waiting[0].due_secs if self._waiting else None

    def take(self, *, now_secs: float, quiet_secs: float) -> str | None:
        """Return the next one to say now and forget it; None if there is none or no room for it."""
        due_secs = self.next_due_secs()
        if due_secs is None or now_secs < due_secs or quiet_secs < POLITE_PAUSE_SECS:
            return None
        return self._waiting.pop(0).text
