from __future__ import annotations

import pytest

from bot.languages.en import LANGUAGE as ENGLISH
from processors.turns.caller_words import is_echo

WORDS = ENGLISH.caller_words


@pytest.mark.parametrize(
    "text", ["Mm-hm.", "uh-huh", "Yeah.", "okay, okay", "Right.", "I see.", "Got it!"]
)
def test_a_listeners_noises(text: str) -> None:
    assert WORDS.is_backchannel(text)


@pytest.mark.parametrize(
    "text", ["", "no", "stop", "wait", "yeah but", "okay stop", "yes", "what", "mm mm mm mm mm"]
)
def test_what_is_no_listeners_noise(text: str) -> None:
    assert not WORDS.is_backchannel(text)


def test_yes_keeps_a_speaker_going_unless_something_is_asked() -> None:
    assert WORDS.is_assent("Yes, yes.", "It is sunny today.")
    assert not WORDS.is_assent("Yes.", "It is sunny. Shall I go on? Take your time.")
    assert not WORDS.is_assent("Yes.", "")
    assert not WORDS.is_assent("Yes please", "It is sunny today.")


@pytest.mark.parametrize(
    "text", ["I want to book the", "and then, um", "Remind me to", "because", "I think...", "so,"]
)
def test_text_that_must_go_on(text: str) -> None:
    assert WORDS.is_hanging(text)


@pytest.mark.parametrize(
    "text", ["", "What is that for?", "Yes it is.", "I know that.", "Book a table.", "Yes I can."]
)
def test_text_that_may_be_done(text: str) -> None:
    assert not WORDS.is_hanging(text)


@pytest.mark.parametrize(
    "text",
    [
        "my number is five five five",
        "it's 0 4 1 2",
        "J O H N",
        "call 555",
        "zero four one nine two",
    ],
)
def test_numbers_and_spelling_on_their_way(text: str) -> None:
    assert WORDS.is_dictation(text)


@pytest.mark.parametrize(
    "text",
    ["two plus two", "at five", "in 1984.", "0412 345 678", "twenty five", "vitamin c", "hello"],
)
def test_what_is_no_dictation(text: str) -> None:
    assert not WORDS.is_dictation(text)


def test_echo_is_two_words_in_the_bots_order() -> None:
    assert is_echo("weather in", "The weather, in Rome")
    assert not is_echo("in weather", "The weather in Rome")
    assert not is_echo("weather", "The weather in Rome")
    assert not is_echo("the weath", "The weather in Rome")
