"""How long one attempt at a reply is waited for."""

from __future__ import annotations

from ..provider_requests import EmptyAnswerError

REASONING_SECS = 60.0
"""Of thinking, or of writing calls, between two words: nobody on a telephone waits longer."""

LONGEST_STALL_SECS = 10.0
"""Between words, whoever the server is: the caller hears nothing then."""

TAIL_SECS = 0.5
"""After the end of a reply, for its usage: the last sentence is not spoken before."""


class TooMuchThoughtError(EmptyAnswerError):
    """The model thought for too long; it would again."""

    is_final = True


class Patience:
    """The deadline of one attempt, moved on by each sign of life.

    Args:
        now_secs: The time; monotonic, as in all of its methods.
        first_token_secs: For the first sign of life, and after each thought.
        stall_secs: After each word.
    """

    def __init__(self, *, now_secs: float, first_token_secs: float, stall_secs: float) -> None:
        self._heard_secs = now_secs
        self._first_token_secs = first_token_secs
        self._stall_secs = min(stall_secs, LONGEST_STALL_SECS)
        self.deadline_secs = now_secs + first_token_secs

    def note_words(self, now_secs: float) -> None:
        """Words came."""
        self._heard_secs = now_secs
        self.deadline_secs = now_secs + self._stall_secs

    def note_call(self, now_secs: float) -> None:
        """A piece of a call came; some models never end one.

        Raises:
            TooMuchThoughtError: They have come for too long.
        """
        self._note_silence(now_secs)
        self.deadline_secs = now_secs + self._stall_secs

    def note_thought(self, now_secs: float) -> None:
        """The model is alive but has nothing for the caller.

        Raises:
            TooMuchThoughtError: It has been so for too long.
        """
        self._note_silence(now_secs)
        self.deadline_secs = now_secs + max(self._first_token_secs, self._stall_secs)

    def note_end(self, now_secs: float) -> None:
        """The reply is over; only what is said about it may follow."""
        self.deadline_secs = now_secs + min(TAIL_SECS, self._stall_secs)

    def _note_silence(self, now_secs: float) -> None:
        if now_secs - self._heard_secs > REASONING_SECS:
            raise TooMuchThoughtError("too much thought before the next word")
