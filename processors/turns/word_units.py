"""The words of a text for comparing: what case, punctuation and numerals leave of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..scripts import SPACELESS

# Scripts without spaces are compared letter by letter, numbers digit by digit.
_UNIT = re.compile(rf"\d|[{SPACELESS}]|[^\W\d{SPACELESS}]+(?:['’ʼ][^\W\d{SPACELESS}]+)*")
_APOSTROPHES = str.maketrans("", "", "'’ʼ")

Numerals = Mapping[str, str]
"""The digits a number word is written with. As "twenty five" is written "25", "twenty" counts as
its first digit."""


@dataclass(frozen=True)
class Unit:
    """A word, a digit, or a letter of a script without spaces."""

    word: str
    start: int
    """Place in the text of what it was read from."""


def units_of(text: str, numerals: Numerals) -> list[Unit]:
    """Split a text; number words become the digits they are written with."""
    units: list[Unit] = []
    for match in _UNIT.finditer(text):
        word = match.group().casefold().translate(_APOSTROPHES)
        units += [Unit(part, match.start()) for part in numerals.get(word, "") or [word]]
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
