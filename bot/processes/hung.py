"""Whether a process that says nothing hangs, or the machine is only busy.

A busy machine never makes a bot look stopped or blocked: a thread whose time has come is runnable
then, whether or not it gets a processor.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

_STOPPED_SECS = 1.0
"""Six beats and more; a bot that is stopped does not go on by itself."""
_BLOCKED_SECS = 1.75
"""With the next look and the removal of its ghost, two seconds."""
_BLOCKED_LOOKS = 4
"""In a row without anything runnable: native threads of the room work for a moment now and then."""
_BUSY_SECS = 12.0
"""Of a bot that works, or waits for a processor or the disk: for the caller it is gone by then."""


class Doing(Enum):
    """What a process does just now."""

    STOPPED = "stopped"
    WAITING = "waiting"
    """No thread of it could use a processor."""
    BUSY = "busy"
    """At work, or waiting for a processor or the disk; also if nobody knows."""


@dataclass
class Silence:
    """How long a bot has said nothing, and what it has done in that time."""

    waiting_looks: int = 0

    def is_of_a_hung_bot(self, *, silent_secs: float, doing: Doing) -> bool:
        """Judge it after one more look."""
        self.waiting_looks = self.waiting_looks + 1 if doing is Doing.WAITING else 0
        if doing is Doing.STOPPED:
            return silent_secs >= _STOPPED_SECS
        if self.waiting_looks >= _BLOCKED_LOOKS:
            return silent_secs >= _BLOCKED_SECS
        return silent_secs >= _BUSY_SECS


def look_at(pid: int) -> Doing:
    """Ask the kernel; off Linux it says nothing."""
    states = set[str]()
    for path in Path(f"/proc/{pid}/task").glob("*/stat"):
        # A thread may end meanwhile.
        with contextlib.suppress(OSError, IndexError):
            states.add(path.read_text().rpartition(")")[2].split()[0])
    if states & {"T", "t"}:
        return Doing.STOPPED
    return Doing.WAITING if states and states <= {"S", "I"} else Doing.BUSY
