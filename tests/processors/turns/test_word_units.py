from __future__ import annotations

import pytest

from bot.languages.en import LANGUAGE as ENGLISH
from processors.turns.word_units import units_of

NUMERALS = ENGLISH.numerals


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("whats up", "What's up?"),
        ("twenty five", "25"),
        ("seven thirty", "7:3"),
        ("five five five one", "555-1"),
        ("co operate", "Co-operate,"),
        ("STRASSE", "straße"),
        ("今日は", "今日は。"),
    ],
)
def test_what_is_written_otherwise_has_the_same_words(text: str, other: str) -> None:
    assert [unit.word for unit in units_of(text, NUMERALS)] == [
        unit.word for unit in units_of(other, NUMERALS)
    ]


def test_a_unit_knows_its_place() -> None:
    assert [unit.start for unit in units_of("No, it's 15!", {})] == [0, 4, 9, 10]


def test_punctuation_is_no_word() -> None:
    assert units_of(" ... ?! ", {}) == []
