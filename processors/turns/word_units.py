"""The words of a text for comparing: what case, punctuation and numerals leave of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Scripts without spaces are compared letter by letter, numbers digit by digit.
_LETTERS = r"\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff"
_UNIT = re.compile(rf"\d|[{_LETTERS}]|[^\W\d{_LETTERS}]+(?:['’ʼ][^\W\d{_LETTERS}]+)*")
_APOSTROPHES = str.maketrans("", "", "'’ʼ")

_SMALL = re.findall(
    r"\w+",
    """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
    fifteen sixteen seventeen eighteen nineteen""",
)
_TENS = re.findall(r"\w+", "twenty thirty forty fifty sixty seventy eighty ninety")
_DIGITS = {word: str(number) for number, word in enumerate(_SMALL)} | {
    word: str(number) for number, word in enumerate(_TENS, start=2)
}
"""As "twenty five" is written "25", "twenty" counts as its first digit. English."""


@dataclass(frozen=True)
class Unit:
    """A word, a digit, or a letter of a script without spaces."""

    word: str
    start: int
    """Place in the text of what it was read from."""


def units_of(text: str) -> list[Unit]:
    """Split a text."""
    units: list[Unit] = []
    for match in _UNIT.finditer(text):
        word = match.group().casefold().translate(_APOSTROPHES)
        units += [Unit(part, match.start()) for part in _DIGITS.get(word, "") or [word]]
    return units


def next_word(units: list[Unit], begin: int) -> int:
    """Return where the first word begins that is new as a whole."""
    while 0 < begin < len(units):
        before, unit = units[begin - 1], units[begin]
        # "Twenty" was heard, as its first digit, and "20" is written.
        is_tail = unit.word == "0" and unit.start == before.start + 1 and before.word.isdecimal()
        if unit.start != before.start and not is_tail:
            break
        begin += 1
    return begin
