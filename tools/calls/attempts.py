"""Which effects were tried, so that none happens twice."""

from __future__ import annotations

from enum import Enum

from tools.calls.call import Call
from tools.tool import Effect


class Attempt(Enum):
    """What is known of an effect."""

    RUNNING = "running"
    DONE = "done"
    UNKNOWN = "unknown"
    """It broke or ran out of time; it may have happened."""


_TURN_OF_ANOTHER_BOT = -1


class Attempts:
    """Remembers effects for the whole session.

    An irreversible effect happens once in a session. A write happens once in a turn: two timers of
    five minutes set in two turns are two timers.
    """

    def __init__(self) -> None:
        self._attempts: dict[str, tuple[Attempt, int]] = {}

    def earlier(self, call: Call) -> Attempt | None:
        """Return the attempt that forbids `call` to run; None if it may."""
        if call.tool.effect not in (Effect.WRITE, Effect.IRREVERSIBLE):
            return None
        attempt, turn = self._attempts.get(call.key, (None, 0))
        if attempt is Attempt.RUNNING or call.tool.effect is Effect.IRREVERSIBLE:
            return attempt
        return attempt if turn == call.turn else None

    def know(self, key: str, attempt: Attempt) -> None:
        """Note what another bot of the session has tried."""
        self._attempts[key] = (attempt, _TURN_OF_ANOTHER_BOT)

    def began(self, call: Call) -> None:
        self._attempts[call.key] = (Attempt.RUNNING, call.turn)

    def succeeded(self, call: Call) -> None:
        self._attempts[call.key] = (Attempt.DONE, call.turn)

    def broke(self, call: Call) -> None:
        self._attempts[call.key] = (Attempt.UNKNOWN, call.turn)

    def had_no_effect(self, call: Call) -> None:
        """Forget the attempt: the tool says that it changed nothing."""
        self._attempts.pop(call.key, None)
