"""How much of the time work had to wait for a processor, as Linux counts it."""

from __future__ import annotations

import time
from pathlib import Path

_PRESSURE = Path("/proc/pressure/cpu")
_MOST = 0.75
"""Of the time; beyond that a limit stretched by it would be none."""


class CpuPressure:
    """Counts from when it is made; without such a count the machine is as good as idle."""

    def __init__(self) -> None:
        self._start_secs = time.monotonic()
        self._start_waited_secs = _waited_secs()

    @property
    def stretch(self) -> float:
        """How many times longer work has taken than on an idle machine: 1.0 to 4.0."""
        passed_secs = max(time.monotonic() - self._start_secs, 0.1)
        share = (_waited_secs() - self._start_waited_secs) / passed_secs
        return 1.0 / (1.0 - min(max(share, 0.0), _MOST))


def _waited_secs() -> float:
    """Return for how long something has waited, since the machine was started."""
    try:
        some = _PRESSURE.read_text().splitlines()[0]
    except OSError:
        return 0.0
    return int(some.rpartition("total=")[2]) / 1_000_000
