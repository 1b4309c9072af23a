"""Whether speech of which no more comes is all of a text, as some servers never say that it is."""

from __future__ import annotations

from collections.abc import Sequence

from ..frames import SpokenWord

_SAME_SHARE = 0.15
"""By which two readings of a sentence may differ; a voice that is a model reads none twice alike.
"""
_LEAST_CHAR_SECS = 0.03
"""Half of what people take for a letter, who say 15 a second: less audio is not all of a text."""


class UnsaidEnds:
    """Learns of one server whether it says that a text is over; owned by the attempts at speech.

    Args:
        gives_all: See `Speaking`; if not, an end that is not said may be missing.
    """

    def __init__(self, *, gives_all: bool) -> None:
        self._gives_all = gives_all
        self.is_sure = True
        """Whether the end of the last text was said, or all its words were told of."""
        self._are_usual = False
        self._made_secs: dict[str, float] = {}
        """Of the texts whose end was not said, as they were made last; some are made side by side.
        """

    def note_said(self) -> None:
        """The server has said that a text is over."""
        self.is_sure, self._are_usual = True, False
        self._made_secs.clear()

    def is_one(self, text: str, *, words: Sequence[SpokenWord], made_secs: float) -> bool:
        """Return True if speech after which nothing comes is taken for whole.

        It is if the vendor has told of its last word, and there is audio for that. Else there must
        be enough for the text, which has ended there before; or that has just been so of another.

        Args:
            text: That was to be said.
            words: Of it, as far as the vendor has told of them.
            made_secs: How much audio came, counted as the words are.
        """
        self.is_sure = _has_last_word(text, words, made_secs)
        if self.is_sure:
            return True
        if not self._gives_all or made_secs < _LEAST_CHAR_SECS * len(_letters(text)):
            return False
        if self._are_usual:
            return True
        before_secs, self._made_secs[text] = self._made_secs.get(text, 0.0), made_secs
        self._are_usual = abs(before_secs - made_secs) <= _SAME_SHARE * before_secs
        return self._are_usual


def _has_last_word(text: str, words: Sequence[SpokenWord], made_secs: float) -> bool:
    told = sorted((word for word in words if _letters(word.text)), key=lambda word: word.at_secs)
    if len(told) < 2 or not _letters(text).endswith(_letters(told[-1].text)):
        return False
    first, last = told[0], told[-1]
    before = sum(len(_letters(word.text)) for word in told[:-1])
    if before + len(_letters(last.text)) < len(_letters(text)):
        return False
    # As long as the words before it, by their letters.
    last_secs = (last.at_secs - first.at_secs) / before * len(_letters(last.text))
    return made_secs >= last.at_secs + last_secs


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())
