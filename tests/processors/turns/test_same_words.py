from __future__ import annotations

import pytest

from bot.languages.en import LANGUAGE as ENGLISH
from processors.turns.same_words import SameWords

SAME = ENGLISH.caller_words.same


@pytest.mark.parametrize(
    ("draft", "final"),
    [
        ("what time is it", "What time is it?"),
        ("Book it for five.", "book it for 5"),
        ("twenty five people", "25 people"),
        ("Twenty-five people", "25 people"),
        ("twenty minutes", "20 minutes"),
        ("My code is five five oh", "My code is 55 oh"),
        ("one two three", "123"),
        ("at seven thirty", "at 7:30"),
        ("a thousand is 1,000", "a thousand is 1000"),
        ("Um, I'm here", "I am here"),
        ("I\u2019m here", "I am here"),
        ("dont go", "Don't go"),
        ("I can't", "I cannot"),
        ("we're gonna go", "we are going to go"),
        ("OK, alright", "Okay, all right"),
        ("uh", "um"),
    ],
)
def test_what_recognisers_write_differently_is_the_same(draft: str, final: str) -> None:
    assert SAME.matches(draft, final)
    assert SAME.matches(final, draft)


@pytest.mark.promise("Turns", "An answer to other words than were said is thrown away.")
@pytest.mark.parametrize(
    ("draft", "final"),
    [
        ("book it for twenty people", "book it for two people"),
        ("for twenty five", "for 20 or 5"),
        ("for fifteen", "for fifty"),
        ("one point five", "15"),
        ("1.5", "15"),
        ("1,000", "1000000"),
        ("I can go", "I can't go"),
        ("I can go", "I cannot go"),
        ("cancel it", "don't cancel it"),
        ("we were there", "we are there"),
        ("I will", "ill"),
        ("she'll go", "shell go"),
        ("he'd gone", "he would gone"),
        ("two tickets", "to tickets"),
        ("for Ann", "four Ann"),
        ("in Rome", "in Rome tomorrow"),
        ("no", "no no"),
        ("Mama.", "Mm-hm."),
        ("", "yes"),
    ],
)
def test_what_may_mean_something_else_is_not(draft: str, final: str) -> None:
    assert not SAME.matches(draft, final)
    assert not SAME.matches(final, draft)


def test_a_language_without_rules_knows_case_and_punctuation_alone() -> None:
    plain = SameWords()
    assert plain.matches("Wie sp\u00e4t ist es?", "wie sp\u00e4t ist es")
    assert plain.matches("\u4eca\u65e5\u306f", "\u4eca\u65e5 \u306f\u3002")
    assert not plain.matches("f\u00fcnf", "5")
