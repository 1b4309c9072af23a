from __future__ import annotations

import pytest

from bench.words import normalized, word_error_rate


def test_case_and_punctuation_do_not_count() -> None:
    assert word_error_rate("Hello, there!", "hello there") == 0.0


def test_numbers_in_words_and_digits_are_equal() -> None:
    assert normalized("Twenty-one people at five") == normalized("21 people at 5")


def test_contractions_are_written_out() -> None:
    assert normalized("I can't; it's late") == ["i", "can", "not", "it", "is", "late"]


def test_one_wrong_word_of_four_is_a_quarter() -> None:
    assert word_error_rate("what time is it", "what dime is it") == 0.25


def test_missing_and_extra_words_count() -> None:
    assert word_error_rate("a b c d", "b c d e") == 0.5


def test_a_reference_without_words_is_refused() -> None:
    with pytest.raises(ValueError, match="no words"):
        word_error_rate("...", "hello")
