from __future__ import annotations

import pytest

from bot.local.brain.numbers import numbers_in, spoken


@pytest.mark.parametrize("number", [0, 7, 13, 20, 21, 99, 100, 101, 342, 999])
def test_a_number_in_words_is_read_back(number: int) -> None:
    assert numbers_in(spoken(number).replace("-", " ")) == [number]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("count from five to ten", [5, 10]),
        ("from 5 to 10", [5, 10]),
        ("twenty five and thirty", [25, 30]),
        ("two three", [2, 3]),
        ("no number", []),
    ],
)
def test_numbers_are_found_in_a_sentence(text: str, numbers: list[int]) -> None:
    assert numbers_in(text) == numbers
