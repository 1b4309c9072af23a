"""How long the parts of a reply took, in milliseconds by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pipecat.metrics.metrics import MetricsData, TTFBMetricsData

from processors.agent_protocol.events import Stage


class TurnTimings:
    """Collects the figures of the reply being made.

    Args:
        clock_secs: Monotonic time.
    """

    def __init__(self, *, clock_secs: Callable[[], float]) -> None:
        self._clock_secs = clock_secs
        self._silent_secs: float | None = None
        self._figures: dict[str, int] = {}

    def caller_fell_silent(self, silence_secs: float) -> None:
        """Take the beginning of the silence for the end of the speech."""
        self._silent_secs = self._clock_secs() - silence_secs

    def turn_ended(self) -> None:
        """What comes now is of the next reply."""
        self._figures = {}

    def audible(self) -> None:
        """Time the reply, at the ear."""
        if self._silent_secs is not None:
            self._figures["reply"] = round(1000 * (self._clock_secs() - self._silent_secs))
        self._silent_secs = None

    def measured(self, stage: Stage, data: Sequence[MetricsData]) -> None:
        """Keep how long the stage took to begin; its first figure of a reply counts."""
        for item in data:
            if isinstance(item, TTFBMetricsData):
                self._figures.setdefault(stage.value, round(1000 * item.value))

    def take(self) -> dict[str, int]:
        """Return the figures and forget them."""
        figures, self._figures = self._figures, {}
        return figures
