from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from bench.standin.live_ear import Told
from bench.standin.nova import Nova, NovaOptions
from bench.standin.spoken_words import SpokenWord, words_of

ONSET_SECS = 0.7312
SPOKEN = (("Stop.", 0.34), ("Could you tell me how this works?", 1.42), ("one " * 24, 6.3))
CHUNKS_SECS = (0.01, 0.02, 0.05, 0.4)
WITH_INTERIMS = NovaOptions(has_interims=True)


def words_in(told: Told) -> list[dict[str, Any]]:
    return told.message["channel"]["alternatives"][0]["words"]


def text_in(told: Told) -> str:
    return told.message["channel"]["alternatives"][0]["transcript"]


def heard(
    ear: Nova,
    words: tuple[SpokenWord, ...],
    chunk_secs: float,
    *,
    finalize_secs: float = 1e9,
    until_secs: float = 12.0,
) -> list[tuple[float, Told]]:
    """Return every message, and how much audio the recogniser had when it told it."""
    found: list[tuple[float, Told]] = []
    is_expected = is_finalized = False
    for number in range(1, round(until_secs / chunk_secs) + 1):
        at_secs = number * chunk_secs
        if not is_expected and at_secs > words[0].start_secs:
            ear.expect(words)
            is_expected = True
        found += [(at_secs, told) for told in ear.hear(at_secs)]
        if not is_finalized and at_secs >= finalize_secs:
            found += [(at_secs, told) for told in ear.obey({"type": "Finalize"})]
            is_finalized = True
    return found


@pytest.mark.parametrize(("text", "secs"), SPOKEN)
def test_no_word_is_told_before_its_audio_has_ended(text: str, secs: float) -> None:
    words = words_of(text, start_secs=ONSET_SECS, secs=secs)
    moments = [ONSET_SECS + 0.1 * tenth for tenth in range(round(secs * 10) + 4)]
    for chunk_secs, finalize_secs in product(CHUNKS_SECS, moments):
        found = heard(Nova(WITH_INTERIMS), words, chunk_secs, finalize_secs=finalize_secs)
        for at_secs, told in found:
            assert all(word["end"] <= at_secs + 0.001 for word in words_in(told))
            window_secs = told.message["start"] + told.message["duration"]
            assert all(word["end"] <= window_secs + 0.002 for word in words_in(told))
        finals = [text_in(told) for _, told in found if told.message["is_final"]]
        assert " ".join(" ".join(finals).split()) == text.strip()
        true = {(word.text, round(word.start_secs, 3), round(word.end_secs, 3)) for word in words}
        for _, told in found:
            for word in words_in(told):
                assert (word["punctuated_word"], word["start"], word["end"]) in true


@pytest.mark.parametrize("chunk_secs", CHUNKS_SECS)
def test_an_interim_comes_once_a_second_of_audio_with_all_words_so_far(chunk_secs: float) -> None:
    words = words_of("one " * 24, start_secs=ONSET_SECS, secs=6.3)
    found = heard(Nova(WITH_INTERIMS), words, chunk_secs)
    interims = [told for _, told in found if not told.message["is_final"]]
    assert [told.message["duration"] for told in interims] == [1.1, 2.1, 3.1, 4.1, 5.1, 6.1]
    assert {told.message["start"] for told in interims} == {round(ONSET_SECS, 3)}
    for told in interims:
        ended = [w for w in words if w.end_secs - ONSET_SECS <= told.message["duration"]]
        assert text_in(told) == " ".join(word.text for word in ended)


def test_a_short_utterance_has_no_word_before_its_final() -> None:
    words = words_of("Stop.", start_secs=ONSET_SECS, secs=0.34)
    [(at_secs, final)] = heard(Nova(WITH_INTERIMS), words, 0.01)
    assert final.message["speech_final"] and not final.message["from_finalize"]
    assert at_secs == pytest.approx(ONSET_SECS + 0.34 + 0.01, abs=0.011)


def test_interims_are_for_those_who_ask() -> None:
    words = words_of("one " * 24, start_secs=ONSET_SECS, secs=6.3)
    assert all(told.message["is_final"] for _, told in heard(Nova(NovaOptions()), words, 0.02))


def test_the_final_waits_for_the_silence_that_was_asked_for() -> None:
    words = words_of("Stop now.", start_secs=ONSET_SECS, secs=0.5)
    ear = Nova(NovaOptions.of({"endpointing": "300", "interim_results": "true"}))
    finals = [(at, told) for at, told in heard(ear, words, 0.01) if told.message["is_final"]]
    [(at_secs, final)] = finals
    assert at_secs == pytest.approx(ONSET_SECS + 0.5 + 0.3, abs=0.011)
    assert final.settled_secs == words[-1].end_secs


def test_ten_milliseconds_of_silence_are_enough_unless_more_are_asked_for() -> None:
    assert NovaOptions.of({}).endpointing_secs == 0.01
    assert NovaOptions.of({"endpointing": "true"}).endpointing_secs == 0.01
    assert NovaOptions.of({"endpointing": "25"}).endpointing_secs == 0.025


def test_without_endpointing_only_finalize_brings_a_final() -> None:
    words = words_of("Stop now.", start_secs=ONSET_SECS, secs=0.5)
    ear = Nova(NovaOptions.of({"endpointing": "false"}))
    assert not heard(ear, words, 0.01, until_secs=8.0)
    [told] = ear.obey({"type": "Finalize"})
    assert text_in(told) == "Stop now." and told.message["from_finalize"]


def test_finalize_in_the_middle_leaves_the_rest_for_later() -> None:
    words = words_of("one two three four", start_secs=1.0, secs=2.0)
    ear = Nova(WITH_INTERIMS)
    found = heard(ear, words, 0.01, finalize_secs=1.75)
    asked, rest = [told for _, told in found if told.message["is_final"]]
    assert asked.message["from_finalize"] and text_in(asked) == "one"
    assert not rest.message["from_finalize"] and text_in(rest) == "two three four"
    assert rest.message["start"] == 1.75


def test_finalize_with_nothing_to_tell_is_answered_empty() -> None:
    ear = Nova(WITH_INTERIMS)
    assert not ear.hear(3.0)
    [told] = ear.obey({"type": "Finalize"})
    assert told.message["from_finalize"] and text_in(told) == ""
    assert not told.settled_secs


def test_events_of_voice_come_only_where_they_were_asked_for() -> None:
    words = words_of("Stop now.", start_secs=1.0, secs=0.5)
    query = {"vad_events": "true", "utterance_end_ms": "1000", "interim_results": "true"}
    found = heard(Nova(NovaOptions.of(query)), words, 0.01)
    kinds = [told.message["type"] for _, told in found]
    assert kinds == ["SpeechStarted", "Results", "UtteranceEnd"]
    assert found[2][0] == pytest.approx(2.5, abs=0.011)
    plain = heard(Nova(WITH_INTERIMS), words, 0.01)
    assert {told.message["type"] for _, told in plain} == {"Results"}


def test_two_lines_are_two_utterances() -> None:
    first = words_of("one two", start_secs=0.5, secs=0.6)
    second = words_of("three", start_secs=2.0, secs=0.4)
    ear = Nova(WITH_INTERIMS)
    ear.expect(first)
    told = ear.hear(1.9)
    ear.expect(second)
    told += ear.hear(3.0)
    assert [(text_in(t), t.message["start"]) for t in told] == [("one two", 0.5), ("three", 2.0)]
