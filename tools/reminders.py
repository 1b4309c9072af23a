"""What the session is to remind the caller of, kept by label. Ends with the session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tools.calls.announcements import Announcements


@dataclass(frozen=True)
class Reminder:
    """One that was not said yet."""

    label: str
    text: str
    left_secs: float
    """Below 0 if it is due and nobody has let the bot say it."""


class Reminders:
    """Names announcements, so that a tool can set, list and cancel them.

    Args:
        announcements: Where they wait and are said from.
        clock: Returns the time in seconds.
        wake: Called when there is something new to wait for.
    """

    def __init__(
        self,
        *,
        announcements: Announcements,
        clock: Callable[[], float],
        wake: Callable[[], None],
    ) -> None:
        self._announcements = announcements
        self._clock = clock
        self._wake = wake
        self._waiting: dict[str, tuple[int, float, str]] = {}

    def set(self, label: str, *, delay_secs: float, text: str) -> None:
        """Have `text` said when the delay is over and nobody speaks; replaces an equal label."""
        self.cancel(label)
        due_secs = self._clock() + delay_secs
        number = self._announcements.add(due_secs=due_secs, text=text)
        self._waiting[label] = number, due_secs, text
        self._wake()

    def cancel(self, label: str) -> bool:
        """Forget one; returns False if it was said already or never was."""
        number, _, _ = self._waiting.pop(label, (0, 0.0, ""))
        return self._announcements.withdraw(number)

    def remaining_secs(self) -> dict[str, float]:
        """Return what is still to come, with the time left."""
        now_secs = self._clock()
        left = {label: due_secs - now_secs for label, (_, due_secs, _) in self._waiting.items()}
        return {label: secs for label, secs in left.items() if secs > 0}

    def waiting(self) -> list[Reminder]:
        """Return all that were not said yet."""
        now_secs = self._clock()
        return [
            Reminder(label, text, due_secs - now_secs)
            for label, (number, due_secs, text) in self._waiting.items()
            if self._announcements.is_waiting(number)
        ]
