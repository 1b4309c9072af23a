"""Whether two recognisers have heard the same: an answer to one text is then one to the other."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..scripts import SPACELESS

_TOKEN = re.compile(
    rf"\d+(?:[.,]\d+)*|[{SPACELESS}]|[^\W\d_{SPACELESS}]+(?:'[^\W\d_{SPACELESS}]+)*"
)
_APOSTROPHES = str.maketrans("’ʼ`", "'''")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_TENS_FROM = 20


@dataclass(frozen=True, kw_only=True)
class SameWords:
    """What may differ between two texts that say the same, in one language.

    Always: case and punctuation. Everything else makes another text of it, so that what is not
    known to be harmless costs a second request and never a wrong answer.
    """

    numbers: Mapping[str, int] = field(default_factory=dict[str, int])
    """Values of number words below one hundred, those below twenty and the tens."""
    fillers: frozenset[str] = frozenset()
    """Sounds of thinking that some recognisers write and others leave out."""
    spellings: Mapping[str, str] = field(default_factory=dict[str, str])
    """What one recogniser writes and how another writes it: "i'm", "i am"."""

    def matches(self, text: str, other: str) -> bool:
        """Return True if both say the same."""
        return self._read(text) == self._read(other)

    def _read(self, text: str) -> list[str]:
        words = " ".join(self.spellings.get(token, token) for token in _tokens(text)).split()
        return self._with_digits([word for word in words if word not in self.fillers])

    def _with_digits(self, words: list[str]) -> list[str]:
        """Write numbers as digits; single digits in a row as one number."""
        read: list[str] = []
        is_open_tens = is_digits = False
        for word in words:
            value = self.numbers.get(word)
            if is_open_tens and value is not None and 0 < value < 10:
                read[-1] = str(int(read[-1]) + value)
                is_open_tens = is_digits = False
                continue
            is_open_tens = value is not None and value >= _TENS_FROM
            number = word if value is None else str(value)
            is_digit = len(number) == 1 and number.isdecimal()
            if is_digit and is_digits:
                read[-1] += number
            else:
                read.append(number)
            is_digits = is_digit
        return read


def _tokens(text: str) -> list[str]:
    text = unicodedata.normalize("NFKC", text).casefold().translate(_APOSTROPHES)
    return _TOKEN.findall(_THOUSANDS.sub("", text))
