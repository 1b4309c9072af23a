"""How much one caller can make the bot do, whichever way they ask for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

QUIET_SECS = 30.0
"""Who is refused again after as long a pause is told again: they did not go on regardless."""


class Act(Enum):
    """What a caller makes the bot do."""

    MESSAGE = "message"
    """Read something: every stream, packet and remote call counts, whatever is in it."""
    TEXT = "text"
    """Answer typed text: on `lk.chat`, on the session channel or by RTVI."""
    REQUEST = "request"
    """Answer a request of the session channel, or follow an RTVI message."""
    ANSWER = "answer"
    """Take an answer to a tool's question."""


@dataclass(frozen=True)
class Rate:
    """Some at once, and then one in a while."""

    burst: int
    secs_each: float


RATES = {
    # All the others together, with room for the copies that LiveKit's components send along.
    Act.MESSAGE: Rate(burst=32, secs_each=0.05),
    # Faster than a person types and sends.
    Act.TEXT: Rate(burst=5, secs_each=2.0),
    # A client that asks for everything once, and then for some of it every second.
    Act.REQUEST: Rate(burst=8, secs_each=0.25),
    # A question is answered once; an impatient person presses again.
    Act.ANSWER: Rate(burst=5, secs_each=1.0),
}


class CallerAllowance:
    """Counts what one caller asks for, over all ways in; each session has one.

    Args:
        clock_secs: Monotonic time.
    """

    def __init__(self, *, clock_secs: Callable[[], float] = time.monotonic) -> None:
        self._clock_secs = clock_secs
        now_secs = clock_secs()
        self._left = {act: float(rate.burst) for act, rate in RATES.items()}
        self._counted_at_secs = dict.fromkeys(RATES, now_secs)
        self._refused_at_secs: float | None = None

    def takes(self, act: Act) -> bool:
        """Count one more, if it is allowed; returns whether it is.

        What is refused costs nothing, so that somebody who slows down is heard again.
        """
        now_secs, rate = self._clock_secs(), RATES[act]
        earned = max(0.0, now_secs - self._counted_at_secs[act]) / rate.secs_each
        self._left[act] = min(float(rate.burst), self._left[act] + earned)
        self._counted_at_secs[act] = now_secs
        if self._left[act] < 1:
            return False
        self._left[act] -= 1
        if act is Act.TEXT:
            self._refused_at_secs = None
        return True

    def tells_refusal(self) -> bool:
        """Note that a text is refused; returns whether the caller is to hear of it.

        They hear it once, until a text is taken again or they were quiet for a while.
        """
        now_secs, before_secs = self._clock_secs(), self._refused_at_secs
        self._refused_at_secs = now_secs
        return before_secs is None or now_secs - before_secs >= QUIET_SECS
