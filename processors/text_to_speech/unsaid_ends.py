"""Whether speech of which no more comes is all of a text, as some servers never say that it is."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..frames import SpokenWord

_SAME_SHARE = 0.15
"""By which two readings of a sentence may differ; a voice that is a model reads none twice alike.
"""
_LEAST_CHAR_SECS = 0.03
"""Half of what people take for a letter, who say 15 a second: less audio is not all of a text."""
_LEAST_SYLLABLE_SECS = 0.06
"""Half of what a syllable takes in the fastest language measured, Japanese with 7.84 a second
(Pellegrino et al. 2011)."""
_SYLLABLE = re.compile(r"[1-9\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
"""Digits, kana, Han and Korean: one at least is said for each. Noughts are not: a million has six.
"""


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
        be enough for the text, which has ended there before; or that has just been so of another,
        and the vendor has not told of the beginning of the words alone.

        Args:
            text: That was to be said.
            words: Of it, as far as the vendor has told of them.
            made_secs: How much audio came, counted as the words are.
        """
        self.is_sure = _has_last_word(text, words, made_secs)
        if self.is_sure:
            return True
        if not self._gives_all or made_secs < _least_secs(text):
            return False
        is_begun = _is_begun(text, words)
        if self._are_usual and not is_begun:
            return True
        before_secs, self._made_secs[text] = self._made_secs.get(text, 0.0), made_secs
        is_same = abs(before_secs - made_secs) <= _SAME_SHARE * before_secs
        self._are_usual = self._are_usual or (is_same and not is_begun)
        return is_same


def _least_secs(text: str) -> float:
    syllables = len(_SYLLABLE.findall(text))
    others = len(_letters(text)) - syllables
    return _LEAST_SYLLABLE_SECS * syllables + _LEAST_CHAR_SECS * others


def _told(words: Sequence[SpokenWord]) -> list[SpokenWord]:
    """Return them as they are spoken; marks between them are none."""
    return sorted((word for word in words if _letters(word.text)), key=lambda word: word.at_secs)


def _is_begun(text: str, words: Sequence[SpokenWord]) -> bool:
    """Return True if the words are those at a text's beginning, and it has more."""
    told, letters = _letters("".join(word.text for word in _told(words))), _letters(text)
    return told != "" and told != letters and letters.startswith(told)


def _has_last_word(text: str, words: Sequence[SpokenWord], made_secs: float) -> bool:
    told = _told(words)
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
