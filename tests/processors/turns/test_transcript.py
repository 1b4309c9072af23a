from __future__ import annotations

from bot.languages.en import LANGUAGE as ENGLISH
from processors.turns.transcript import TurnTranscript


def test_finals_are_joined_and_followed_by_the_interim() -> None:
    words = TurnTranscript(caller_words=ENGLISH.caller_words)
    words.on_final("I want", is_last=False)
    words.on_interim("a table")
    assert words.text == "I want"
    assert words.candidate == "I want a table"


def test_a_last_final_completes_the_words() -> None:
    words = TurnTranscript(caller_words=ENGLISH.caller_words)
    words.on_final("hello", is_last=True)
    assert words.is_complete


def test_a_final_alone_does_not() -> None:
    words = TurnTranscript(caller_words=ENGLISH.caller_words)
    words.on_final("hello", is_last=False)
    assert not words.is_complete


def test_settled_after_or_before_a_final_does() -> None:
    after, before = (
        TurnTranscript(caller_words=ENGLISH.caller_words),
        TurnTranscript(caller_words=ENGLISH.caller_words),
    )
    after.on_final("hello", is_last=False)
    after.on_settled()
    before.on_settled()
    before.on_final("hello", is_last=False)
    assert after.is_complete and before.is_complete


def test_settled_without_words_does_not() -> None:
    words = TurnTranscript(caller_words=ENGLISH.caller_words)
    words.on_settled()
    assert words.is_settled and not words.is_complete


def test_an_interim_means_that_more_follows() -> None:
    words = TurnTranscript(caller_words=ENGLISH.caller_words)
    words.on_final("hello", is_last=True)
    words.on_interim("and")
    assert not words.is_complete


def test_voice_makes_complete_words_incomplete() -> None:
    words = TurnTranscript(caller_words=ENGLISH.caller_words)
    words.on_final("hello", is_last=True)
    words.on_voice()
    assert not words.is_complete
    assert words.text == "hello"


def test_a_new_turn_begins_without_words() -> None:
    words = TurnTranscript(caller_words=ENGLISH.caller_words)
    words.on_final("hello", is_last=True)
    words.reset()
    assert words.candidate == ""
