"""The calls that wait for the caller's yes, asked one at a time."""

from __future__ import annotations

from tools.calls.call import Call

# A caller who thinks aloud gets this much time; an endless question blocks the conversation.
ANSWER_WITHIN_SECS = 30.0
# Asked again after an unclear answer, then given up: more would be nagging.
_MAX_ASKS = 3
_MAX_UNCLEAR = 2
# Time to end a sentence before the question is put once more.
_PAUSE_SECS = 0.6


class Questions:
    """A queue; only its head is being asked."""

    def __init__(self) -> None:
        self._queue: list[Call] = []
        self._asked_secs: float | None = None
        """When the head was last asked; None if it is to be asked (again)."""
        self._last_asked_secs = float("-inf")
        self._asks = 0
        self._unclear = 0
        self.is_held = False
        """Nobody is there to be asked, or to answer."""

    @property
    def head(self) -> Call | None:
        """The call the caller is being asked about, if any."""
        return self._queue[0] if self._queue else None

    @property
    def waiting(self) -> tuple[Call, ...]:
        return tuple(self._queue)

    def add(self, call: Call) -> None:
        self._queue.append(call)

    def remove(self, call: Call) -> None:
        """Take a call out, answered or not; the next one is to be asked."""
        if call is self.head:
            self._asked_secs, self._asks, self._unclear = None, 0, 0
            self._last_asked_secs = float("-inf")
        self._queue.remove(call)

    def asked(self, now_secs: float) -> None:
        self._asked_secs = self._last_asked_secs = now_secs
        self._asks += 1

    @property
    def last_asked_secs(self) -> float:
        return self._last_asked_secs

    def is_due(self, quiet_secs: float) -> bool:
        """Tell whether the head is to be asked (again) now."""
        is_quiet = quiet_secs >= _PAUSE_SECS and not self.is_held
        return self.head is not None and self._asked_secs is None and is_quiet

    def ask_again(self, *, was_unclear: bool) -> bool:
        """Plan to ask the head once more; False if it was asked often enough."""
        self._unclear += was_unclear
        self._asked_secs = None
        return self._asks < _MAX_ASKS and self._unclear < _MAX_UNCLEAR

    def go_on(self, now_secs: float, *, is_again: bool) -> None:
        """Ask, and let answer, again; what was asked may be put once more, which is no nagging."""
        self.is_held = False
        if self._asked_secs is not None:
            self._last_asked_secs = now_secs
            self._asked_secs = None if is_again else now_secs

    def is_expired(self, now_secs: float) -> bool:
        """Tell whether the head has waited too long since it was last asked."""
        is_asked = self._last_asked_secs > float("-inf") and not self.is_held
        return is_asked and now_secs - self._last_asked_secs >= ANSWER_WITHIN_SECS
