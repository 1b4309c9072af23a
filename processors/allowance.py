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
    RECORDING = "recording"
    """Keep what was said before the connection."""


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
    # One for each microphone, switched or published anew while connecting.
    Act.RECORDING: Rate(burst=4, secs_each=10.0),
}

PATIENCE = Rate(burst=4, secs_each=0.25)
"""With what is refused, in one place: each may have unpacked to the largest size there is."""
PATIENCE_WITH_OTHERS = Rate(burst=32, secs_each=0.1)
"""A listener's app may ask now and then what only the caller is told, and must not cost the caller
a word."""
DEAF_SECS = 0.5
"""For who has used it up, and nothing more is even looked at."""


class Bucket:
    """Counts one kind of thing against its rate.

    Args:
        rate: What is allowed.
        clock_secs: Monotonic time.
    """

    def __init__(self, rate: Rate, *, clock_secs: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock_secs = clock_secs
        self._left = float(rate.burst)
        self._counted_at_secs = clock_secs()

    def takes(self) -> bool:
        """Count one more, if it is allowed; returns whether it is.

        What is refused costs nothing, so that somebody who slows down is heard again.
        """
        now_secs = self._clock_secs()
        earned = max(0.0, now_secs - self._counted_at_secs) / self._rate.secs_each
        self._left = min(float(self._rate.burst), self._left + earned)
        self._counted_at_secs = now_secs
        if self._left < 1:
            return False
        self._left -= 1
        return True


class CallerAllowance:
    """Counts what one caller asks for, over all ways in; each session has one.

    Args:
        clock_secs: Monotonic time.
    """

    def __init__(self, *, clock_secs: Callable[[], float] = time.monotonic) -> None:
        self._clock_secs = clock_secs
        self._buckets = {act: Bucket(rate, clock_secs=clock_secs) for act, rate in RATES.items()}
        self._refused_at_secs: float | None = None

    def takes(self, act: Act) -> bool:
        """Count one more, if it is allowed; returns whether it is."""
        is_taken = self._buckets[act].takes()
        if is_taken and act is Act.TEXT:
            self._refused_at_secs = None
        return is_taken

    def tells_refusal(self) -> bool:
        """Note that a text is refused; returns whether the caller is to hear of it.

        They hear it once, until a text is taken again or they were quiet for a while.
        """
        now_secs, before_secs = self._clock_secs(), self._refused_at_secs
        self._refused_at_secs = now_secs
        return before_secs is None or now_secs - before_secs >= QUIET_SECS
