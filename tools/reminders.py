"""What the session is to remind the caller of, kept by label. Ends with the session."""

from __future__ import annotations

from collections.abc import Callable

from tools.calls.announcements import Announcements


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
        self._waiting: dict[str, tuple[int, float]] = {}

    def set(self, label: str, *, delay_secs: float, text: str) -> None:
        """Have `text` said when the delay is over and nobody speaks; replaces an equal label."""
        self.cancel(label)
        due_secs = self._clock() + delay_secs
        self._waiting[label] = (self._announcements.add(due_secs=due_secs, text=text), due_secs)
        self._wake()

    def cancel(self, label: str) -> bool:
        """Forget one; returns False if it was said already or never was."""
        number, _ = self._waiting.pop(label, (0, 0.0))
        return self._announcements.withdraw(number)

    def remaining_secs(self) -> dict[str, float]:
        """Return what is still to come, with the time left."""
        now_secs = self._clock()
        left = {label: due_secs - now_secs for label, (_, due_secs) in self._waiting.items()}
        return {label: secs for label, secs in left.items() if secs > 0}
