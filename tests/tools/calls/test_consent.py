from __future__ import annotations

import pytest

from tools.calls.consent import Consent
from tools.english import ENGLISH

consent = ENGLISH.answers.consent

_BOOK = "Shall I book haircut on Tuesday, October 6 at 10:00 AM?"
_CANCEL = "Shall I cancel the appointment on Tuesday? That cannot be undone."


@pytest.mark.parametrize(
    "text",
    [
        "Yes.",
        "yeah",
        "Yep, sure.",
        "Yes, please book it.",
        "Okay.",
        "Go ahead.",
        "Yes, please go ahead.",
        "Do it.",
        "Of course!",
        "Yes, the haircut on Tuesday.",
        "Oh yes, that's right.",
        "Absolutely, thank you.",
    ],
)
def test_a_clear_yes_is_a_yes(text: str) -> None:
    assert consent(text, question=_BOOK) is Consent.YES


@pytest.mark.parametrize(
    "text",
    ["No.", "Nope", "No, thank you.", "Don't.", "Don't do it.", "Please don’t book it.", "Never."],
)
def test_a_clear_no_is_a_no(text: str) -> None:
    assert consent(text, question=_BOOK) is Consent.NO


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hm.",
        "Mm-hmm.",
        "Uh-huh.",
        "Right.",
        "Yes, but on Friday.",
        "Yes, on Wednesday.",
        "Yes, no, wait.",
        "Yes, if it is free.",
        "Maybe.",
        "Not yet.",
        "Was that yes or no?",
        "Yesterday.",
        "The weather, please.",
        "Actually, yes, make it two.",
        "Yes " + "and then " * 50 + "something else",
    ],
)
def test_anything_else_is_unclear(text: str) -> None:
    assert consent(text, question=_BOOK) is Consent.UNCLEAR


def test_words_of_the_question_are_no_refusal_of_it() -> None:
    assert consent("Yes, cancel it.", question=_CANCEL) is Consent.YES
    assert consent("Cancel.", question=_CANCEL) is Consent.UNCLEAR
    assert consent("Cancel that!", question=_BOOK) is Consent.NO
    assert consent("No, don't cancel it.", question=_CANCEL) is Consent.NO


def test_a_question_that_holds_a_no_cannot_turn_a_no_into_a_yes() -> None:
    question = "Shall I book no don't not never stop on Tuesday?"
    assert consent("No, don't book it.", question=question) is not Consent.YES
    assert consent("No.", question=question) is Consent.NO
