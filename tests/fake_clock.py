"""Time that stands still until a test moves it."""

from __future__ import annotations


class FakeClock:
    """Monotonic seconds, to be passed as a `clock`."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now
