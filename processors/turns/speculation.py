"""The answer that is being prepared for a turn that has not ended yet."""

from __future__ import annotations

from .same_words import SameWords

MAX_PER_TURN = 4
"""More mean that the caller hesitates; each costs a request."""

STALE_WORDS_SECS = 0.25
"""Silence after which words are worth asking about though later ones may be on their way."""


class Speculation:
    """Remembers which words the language model was asked about ahead of time.

    Args:
        same: Tells whether an answer to one text is one to another.
    """

    def __init__(self, same: SameWords | None = None) -> None:
        self._is_same = (same or SameWords()).matches
        self._text: str | None = None
        self._refused: str | None = None
        self._count = 0

    @property
    def text(self) -> str | None:
        """The words being answered; None if there is no speculation."""
        return self._text

    def may_begin(self, text: str) -> bool:
        """Return True if these words are worth a request now."""
        if not text or self._count >= MAX_PER_TURN or self.answers(text):
            return False
        return self._refused is None or not self._is_same(self._refused, text)

    def begin(self, text: str) -> None:
        """A request about these words is on its way."""
        self._text = text
        self._count += 1

    def answers(self, text: str) -> bool:
        """Return True if the answer being prepared is one to these words."""
        return self._text is not None and self._is_same(self._text, text)

    def end(self) -> bool:
        """Forget the speculation; returns True if there was one."""
        was_active = self._text is not None
        self._text = None
        return was_active

    def refuse(self, text: str | None = None) -> bool:
        """The language model dropped an answer, as it wants a tool: not again for the same words.

        Args:
            text: The words it was to answer; None if that is unknown: then the present ones.

        Returns:
            True if the present speculation is over.
        """
        is_present = self._text is not None and (text is None or self.answers(text))
        self._refused = self._text if is_present else text or self._refused
        if is_present:
            self._text = None
        return is_present

    def reset(self) -> None:
        """Begin a new turn."""
        self._text = self._refused = None
        self._count = 0
