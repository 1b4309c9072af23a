"""What the ends of a provider's connections mean: how soon to try again, and when to give up."""

from __future__ import annotations

from collections.abc import Callable

from pipecat.utils.errors import ErrorCategory
from websockets.exceptions import InvalidStatus

from ..provider_requests import may_pass
from ..refusals import ServiceRefusals

STABLE_SECS = 5.0
"""A connection that lived this long was a working one; the next failure starts counting anew."""

ALONE_SECS = 5.0
"""A service that wants to be left alone for longer is asked all the same while nobody else hears:
speech is kept for `REPLAY_SECS`. As long as a busy language model is waited for."""


class ConnectionFailures:
    """Counts in seconds of any one clock.

    A service whose connections bring results is never given up, but one that ends each of them at
    once is asked ever more rarely.

    Args:
        give_up_secs: Without a useful connection for this long, there is no hope.
        first_backoff_secs: Before the first new attempt; doubles with each.
        max_backoff_secs: It doubles up to here.
        is_relieved: Whether somebody else hears meanwhile.
    """

    def __init__(
        self,
        *,
        give_up_secs: float,
        first_backoff_secs: float,
        max_backoff_secs: float,
        is_relieved: Callable[[], bool],
    ) -> None:
        self._give_up_secs = give_up_secs
        self._first_backoff_secs = first_backoff_secs
        self._max_backoff_secs = max_backoff_secs
        self._is_relieved = is_relieved
        self._reported: set[str] = set()
        self._ended_secs = 0.0
        self._pause_secs = self._asked_secs = 0.0
        """Before the next attempt: of our own choice, and what the service wants."""
        self.is_hopeless = False
        self.begin_anew()

    def begin_anew(self) -> None:
        """Nobody is there to hear: the time until somebody is says nothing of the service."""
        self._next_backoff_secs = self._first_backoff_secs
        self._failing_since_secs: float | None = None
        self._reported.clear()
        self._flaps = 0
        """Connections in a row that ended soon and brought nothing."""

    @property
    def is_flapping(self) -> bool:
        """Whether connections are made and end: that there is a new one proves nothing."""
        return self._flaps > 1

    def on_end(
        self,
        *,
        began_secs: float,
        lived_secs: float,
        now_secs: float,
        was_useful: bool,
        asked_secs: float | None = None,
    ) -> None:
        """An attempt is over.

        Args:
            began_secs: When it began.
            lived_secs: How long it was connected; 0.0 if it never was.
            now_secs: When it ended.
            was_useful: The service has shown that it works.
            asked_secs: How long the service wants to be left alone; None if it does not say. It is
                asked a last time before it is given up.
        """
        is_stable = lived_secs >= STABLE_SECS
        if is_stable or was_useful:
            self._failing_since_secs = now_secs
        elif self._failing_since_secs is None:
            self._failing_since_secs = began_secs
        if is_stable or (was_useful and lived_secs >= self._max_backoff_secs):
            self._next_backoff_secs = self._first_backoff_secs
        if is_stable:
            self._reported.clear()
        is_flap = lived_secs > 0 and not (is_stable or was_useful)
        self._flaps = self._flaps + 1 if is_flap else 0
        self._ended_secs = now_secs
        self._pause_secs = self._next_backoff_secs
        self._next_backoff_secs = min(2 * self._next_backoff_secs, self._max_backoff_secs)
        left_secs = self._failing_since_secs + self._give_up_secs - now_secs
        self.is_hopeless = left_secs <= 0
        self._asked_secs = min(asked_secs or 0.0, left_secs)

    def left_secs(self, now_secs: float) -> float:
        """Return how long to wait from now on before the next attempt; negative if that is late."""
        asked_secs = self._asked_secs if self._is_relieved() else min(self._asked_secs, ALONE_SECS)
        return self._ended_secs + max(self._pause_secs, asked_secs) - now_secs

    def is_news(self, problem: str) -> bool:
        """Return True if nobody has been told of this problem since the last working connection."""
        is_news = problem not in self._reported
        self._reported.add(problem)
        return is_news


class Refusals(ServiceRefusals):
    """Tells a service that will serve no connection from one that is only not there."""

    _is_key_refused = False

    def note(self, was_useful: bool, lived_secs: float, is_key_refused: bool) -> None:
        """Note what a connection was like, whoever ended it.

        Args:
            was_useful: The service has shown that it works.
            lived_secs: How long it was connected; 0.0 if it never was.
            is_key_refused: The service said so, behind the handshake.
        """
        self._is_key_refused = is_key_refused
        is_kept = lived_secs >= STABLE_SECS and not is_key_refused
        self._has_served = self._has_served or was_useful or is_kept

    def are_final(self, error: Exception | None, now_secs: float) -> bool:
        """Return True if asking again cannot help, after the attempt that was noted.

        Args:
            error: It ended with.
            now_secs: The time.
        """
        if not (self._is_key_refused or is_refusal(error)):
            self.begin_anew()
            return False
        is_of_key = self._is_key_refused or _status_of(error) in (401, 403)
        return self.is_believed(now_secs, is_of_key=is_of_key)


def is_refusal(error: Exception | None) -> bool:
    """True for a bad key or a bad request, not an overload."""
    status = _status_of(error)
    return 400 <= status < 500 and not may_pass(status)


def problem_of(error: Exception) -> str:
    """Return how a connection failed, in words without any of the service's."""
    if isinstance(error, InvalidStatus):
        return f"the speech-to-text service refused the connection (HTTP {_status_of(error)})"
    return f"the connection to the speech-to-text service failed ({type(error).__name__})"


def category_of(error: Exception | None, *, is_refused: bool) -> ErrorCategory | None:
    """Return how the end of a connection is told; None if the status says it best.

    Args:
        error: It ended with.
        is_refused: The service has said that it will serve no connection, and is believed.
    """
    if isinstance(error, InvalidStatus) and (is_refused or not is_refusal(error)):
        return None
    return ErrorCategory.AUTHENTICATION if is_refused else ErrorCategory.CONNECTIVITY


def _status_of(error: Exception | None) -> int:
    return error.response.status_code if isinstance(error, InvalidStatus) else 0
