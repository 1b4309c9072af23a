from __future__ import annotations

from dataclasses import dataclass

import pytest
from pipecat.frames.frames import InterimTranscriptionFrame, TranscriptionFrame

from bot.languages.en import LANGUAGE as ENGLISH
from processors.turns.stretch import Stretch
from processors.turns.words_once import LATE_SECS, WordsOnce


@dataclass(frozen=True)
class Take:
    """The interim words are taken."""


@dataclass(frozen=True)
class Voice:
    """The caller begins to make sound."""


@dataclass(frozen=True)
class Wait:
    """Audio goes by."""

    secs: float


@dataclass(frozen=True)
class Says:
    """The recogniser says something of a stretch of audio."""

    text: str
    begin_secs: float
    end_secs: float
    is_final: bool = True
    lag_secs: float = 0.3


def final(text: str, begin_secs: float, end_secs: float, *, lag_secs: float = 0.3) -> Says:
    return Says(text, begin_secs, end_secs, lag_secs=lag_secs)


def interim(text: str, begin_secs: float, end_secs: float) -> Says:
    return Says(text, begin_secs, end_secs, is_final=False)


Step = Take | Voice | Wait | Says


def admitted(*steps: Step, has_spans: bool = True) -> list[str]:
    """Return what is let through of each thing said."""
    words, texts = WordsOnce(numerals=ENGLISH.numerals), list[str]()
    for step in steps:
        if isinstance(step, Take):
            assert words.take(texts[-1])
        elif isinstance(step, Voice):
            words.on_voice()
        elif isinstance(step, Wait):
            words.on_audio(step.secs)
        else:
            kind = TranscriptionFrame if step.is_final else InterimTranscriptionFrame
            frame = kind(step.text, "", "")
            if has_spans:
                Stretch(step.begin_secs, step.end_secs, step.lag_secs).note_on(frame)
            is_new = words.admit(frame)
            assert is_new == bool(frame.text)
            texts.append(frame.text)
    return texts


PARIS = interim("whats the weather in paris", 0, 2)


@pytest.mark.parametrize("has_spans", [True, False])
@pytest.mark.parametrize(
    ("steps", "texts"),
    [
        # Taken, then final after all.
        ([PARIS, Take(), final("What's the weather in Paris?", 0, 2.2)], [PARIS.text, ""]),
        ([PARIS, Take(), final("What's the weather", 0, 1.2)], [PARIS.text, ""]),
        (
            [PARIS, Take(), Voice(), final("What's the weather in Paris?", 0, 2.2)],
            [PARIS.text, ""],
        ),
        (
            [PARIS, Take(), final("What's the weather in Paris tomorrow?", 0, 2.6)],
            [PARIS.text, "tomorrow?"],
        ),
        (
            [PARIS, Take(), interim("whats the weather in paris to", 0, 2.2), Take()]
            + [final("What's the weather in Paris tomorrow?", 0, 2.6)],
            [PARIS.text, "to", "tomorrow?"],
        ),
        # Two pieces taken, the final of the first longer than it.
        (
            [interim("how far", 0, 1), Take(), interim("and what does it cost", 1, 3), Take()]
            + [final("How far is", 0, 1.2)],
            ["how far", "and what does it cost", "is"],
        ),
        (
            [interim("how far", 0, 1), Take(), interim("what does it", 1, 3), Take()]
            + [final("What does it cost", 1, 3.3), final("How far is", 0, 1.2)],
            ["how far", "what does it", "cost", "is"],
        ),
        # A first interim, behind the final.
        ([final("Where is it?", 0, 1), interim("where", 0, 0.2)], ["Where is it?", ""]),
        # Corrected.
        (
            [interim("in pairs please", 0, 1), Take(), final("In Paris, please", 0, 1)],
            ["in pairs please", ""],
        ),
        (
            [interim("call twenty five", 0, 1), Take(), final("Call 25.", 0, 1)],
            ["call twenty five", ""],
        ),
        (
            [interim("its five five five", 0, 1), Take(), final("It's 555-1234.", 0, 2)],
            ["its five five five", "1234."],
        ),
        # Sent again, in whole or in part.
        ([final("No, thanks.", 0, 1), final("No, thanks.", 0, 1)], ["No, thanks.", ""]),
        ([final("No.", 0, 1), final("No.", 0, 1)], ["No.", ""]),
        (
            [final("What time", 0, 1), final("is it?", 1, 2), final("What time is it?", 0, 2)],
            ["What time", "is it?", ""],
        ),
        ([final("What time is it?", 0, 2), interim("What time", 0, 1)], ["What time is it?", ""]),
        # Overlapping.
        (
            [final("And will be answered by the next", 0, 2)]
            + [final("answered by the next available agent.", 1, 3)],
            ["And will be answered by the next", "available agent."],
        ),
        ([final("I want", 0, 1), final("I want a table", 0, 2)], ["I want", "a table"]),
        # Said again.
        ([final("No.", 0, 1), Voice(), final("No.", 1, 2)], ["No."] * 2),
        (
            [final("What time?", 0, 1), Wait(LATE_SECS + 1), Voice(), final("What time?", 5, 6)],
            ["What time?"] * 2,
        ),
        (
            [final("Can you hear me?", 0, 1), Wait(1), Voice(), Wait(0.5)]
            + [interim("can", 2, 2.4), Wait(0.5), interim("can you hear me", 2, 3)]
            + [final("Can you hear me?", 2, 3.2)],
            ["Can you hear me?", "can", "can you hear me", "Can you hear me?"],
        ),
        (
            [final("Five five five one two.", 0, 3), Wait(1), Voice(), Wait(2)]
            + [final("Five five five one two.", 4, 7)],
            ["Five five five one two."] * 2,
        ),
        # A sound between a final and the same one, sent again.
        (
            [final("No, thanks.", 0, 1), Wait(0.5), Voice(), Wait(0.5), final("No, thanks.", 0, 1)],
            ["No, thanks.", ""],
        ),
        # The caller has been silent since, and the server is slow.
        (
            [PARIS, Take(), Wait(5), final("What's the weather in Paris?", 0, 2.2, lag_secs=5)],
            [PARIS.text, ""],
        ),
    ],
)
def test_each_word_is_let_through_once(
    steps: list[Step], texts: list[str], has_spans: bool
) -> None:
    assert admitted(*steps, has_spans=has_spans) == texts


@pytest.mark.parametrize(
    ("steps", "texts"),
    [
        # Quick repetition is no second copy where the audio says so.
        ([final("What time?", 0, 1), final("What time?", 1, 2)], ["What time?"] * 2),
        # However late.
        (
            [PARIS, Take(), Wait(9), final("What's the weather in Paris?", 0, 2.2, lag_secs=9)],
            [PARIS.text, ""],
        ),
        # The same audio, understood otherwise.
        ([interim("four", 0, 1), Take(), final("For.", 0, 1.2)], ["four", ""]),
        # One word in both of two that overlap.
        (
            [final("how far is the", 0, 2), final("the next station", 1.6, 3)],
            ["how far is the", "next station"],
        ),
        # A padded result that shares a moment and a common word.
        (
            [final("I want to go to the cinema with my friends", 0, 4)]
            + [final("and the theatre tomorrow evening please", 3.6, 7)],
            ["I want to go to the cinema with my friends"]
            + ["and the theatre tomorrow evening please"],
        ),
        # A server that counts each utterance from 0, soon and later.
        (
            [final("What is the time?", 0, 1.2, lag_secs=0.1), Wait(0.2), Voice(), Wait(1.3)]
            + [interim("in", 0, 0.4), final("In Tokyo, please.", 0, 1)],
            ["What is the time?", "in", "In Tokyo, please."],
        ),
        (
            [
                final("What is the time?", 0, 1.2),
                Wait(9),
                final("What is your name?", 0, 1, lag_secs=9),
            ],
            ["What is the time?", "What is your name?"],
        ),
    ],
)
def test_the_audio_decides_where_it_is_known(steps: list[Step], texts: list[str]) -> None:
    assert admitted(*steps) == texts


def test_words_that_a_final_has_overtaken_cannot_be_taken() -> None:
    words = WordsOnce(numerals=ENGLISH.numerals)
    words.admit(InterimTranscriptionFrame("good morning", "", ""))
    words.admit(TranscriptionFrame("Good morning.", "", ""))
    assert not words.take("good morning")


def test_a_text_without_words_is_nothing() -> None:
    assert not WordsOnce(numerals=ENGLISH.numerals).admit(TranscriptionFrame(" ... ", "", ""))


@pytest.mark.promise(
    "Memory", "Half a character, as bad JSON holds it, stops no later answer of the model."
)
def test_words_are_let_through_without_halves_of_characters() -> None:
    assert admitted(final("Hi \ud83d there \ud83d\udc4b.", 0.0, 1.0)) == ["Hi  there 👋."]
