"""When the words of one sentence are spoken, as the voice tells, matched to how they are written.

A voice tells of words as it says them: "three" for "3", half a word, one twice or none. Scripts
without spaces are cut at each sign; what belongs to a sign (a mark, a small letter, the
punctuation behind it) is not cut off.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ..scripts import is_spaceless

_OPENING = "「『（【〈《〔“‘(\\[{¿¡"
_SIGN = (
    "\u0e01-\u0e30\u0e32\u0e33\u0e40-\u0e46\u0e81-\u0eae\u3005\u3007\u3041-\u3096\u30a1-\u30fa"
    "\u3400-\u9fff\U00020000-\U0003ffff"
)
"""One sign of Thai, Lao, Japanese or Chinese."""
_ATTACHED = (
    # Marks written over, under or into a sign, and joiners.
    "\u0300-\u036f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u3099-\u309c"
    "\ufe00-\ufe0f\u200d\U000e0100-\U000e01ef"
    # Small kana, and the sign that makes one long.
    "ぁぃぅぇぉゃゅょゎっァィゥェォャュョヮッー々"
    "、。，．：；！？…‥・」』）】〉》〕”’,.:;!?)\\]}"
)
UNIT = re.compile(rf"\s*[{_OPENING}]*(?:[{_SIGN}][{_ATTACHED}]*|(?:(?![{_SIGN}])\S)+)")
"""A word, or a sign of a script without spaces, with what belongs to it and the space before."""

_CHARS_PER_SEC = 15.0
"""Speaking rate of a calm voice."""
_SIGNS_PER_SEC = 7.5
"""The same in a script without spaces, of signs that are a syllable or two."""


def usual_secs(text: str, *, secs_per_char: float | None) -> float:
    """Return how long a text takes to say, at the voice's own rate if that is known."""
    if secs_per_char is not None:
        return len(text) * secs_per_char
    signs = sum(is_spaceless(letter) for letter in text)
    return (len(text) - signs) / _CHARS_PER_SEC + signs / _SIGNS_PER_SEC


class _Unit(NamedTuple):
    end: int
    """Place in the text."""
    said: str
    """To compare by."""


class WordTimes:
    """The times of one sentence's words.

    Args:
        text: The sentence.
    """

    def __init__(self, text: str) -> None:
        self._units = [_Unit(match.end(), _said(match.group())) for match in UNIT.finditer(text)]
        self._secs: list[float | None] = [None] * len(self._units)
        self._next = 0
        self._rest_of_word = ""

    @property
    def is_complete(self) -> bool:
        """Whether the last word has been told of."""
        return self._next >= len(self._units)

    def note(self, word: str, at_secs: float) -> None:
        """The voice tells when it says a word, or a piece of one; in any order.

        Args:
            word: As the voice writes it.
            at_secs: From the start of the sentence's audio.
        """
        said = _said(word)
        if not said:
            return
        if self._rest_of_word.startswith(said):
            self._rest_of_word = self._rest_of_word[len(said) :]
            return
        self._rest_of_word = ""
        found = self._find(said)
        if found is not None:
            begin, end = found
            self._secs[begin:end] = [at_secs] * (end - begin)
            self._next = max(self._next, end)
        elif self._next < len(self._units):
            # The first piece of a word, or one that is written otherwise.
            unit = self._units[self._next]
            self._secs[self._next] = at_secs
            self._next += 1
            if unit.said.startswith(said):
                self._rest_of_word = unit.said[len(said) :]

    def chars_begun(self, secs: float) -> int:
        """Return how much of the text has begun to be said; words without a time wait for the next.

        Args:
            secs: How much of the sentence's audio was played.
        """
        chars = 0
        for unit, at_secs in zip(self._units, self._secs, strict=True):
            if at_secs is None:
                continue
            if at_secs >= secs:
                break
            chars = unit.end
        return chars

    def _find(self, said: str) -> tuple[int, int] | None:
        """Return the units that a word is written in: the next ones, else any without a time."""
        places = [*range(self._next, len(self._units)), *range(self._next)]
        for begin in places:
            if self._secs[begin] is not None:
                continue
            end = self._end_of(said, begin)
            if end is not None:
                return begin, end
        return None

    def _end_of(self, said: str, begin: int) -> int | None:
        """Return behind which unit a word ends that is written from this one on."""
        for end in range(begin, len(self._units)):
            part = self._units[end].said
            if not said.startswith(part):
                return None
            said = said[len(part) :]
            if not said:
                return end + 1
        return None


def _said(word: str) -> str:
    return "".join(char for char in word.casefold() if char.isalnum())
