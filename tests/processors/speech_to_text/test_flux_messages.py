from __future__ import annotations

import json
from typing import Any

import pytest

from processors.speech_to_text.flux_messages import read_message
from processors.speech_to_text.results import Complaint, Result
from tests.services.stand_ins.flux import CONNECTED, NO_TURN, turn_info


def read(message: object) -> Result | Complaint | None:
    return read_message(json.dumps(message))


def heard(event: str, **changes: Any) -> Result:
    message = turn_info(event, "good morning", (1.0, 2.0), confidence=0.6) | changes
    result = read({name: value for name, value in message.items() if value is not None})
    assert isinstance(result, Result)
    return result


@pytest.mark.parametrize(
    ("event", "is_final", "is_from_finalize", "end_confidence"),
    [
        ("StartOfTurn", False, False, None),
        ("Update", False, False, None),
        ("EagerEndOfTurn", False, False, 0.6),
        ("TurnResumed", False, False, 0.0),
        ("EndOfTurn", True, None, 0.6),
        ("SomeFutureEvent", False, False, None),
    ],
)
def test_an_event_is_words_and_what_it_says_of_the_turn(
    event: str, is_final: bool, is_from_finalize: bool | None, end_confidence: float | None
) -> None:
    result = heard(event)
    assert (result.text, result.is_final) == ("good morning", is_final)
    assert result.is_from_finalize is is_from_finalize
    assert result.end_confidence == end_confidence
    assert result.span_secs == (1.0, 2.0)


def test_an_end_without_words_is_none() -> None:
    assert not heard("EndOfTurn", transcript=" ").is_final


def test_words_begin_where_the_first_one_does_and_reach_to_the_end_of_the_window() -> None:
    words = [{"word": "good", "start": 1.4, "end": 1.6}, {"word": "morning"}]
    assert heard("Update", words=words).span_secs == (1.4, 2.0)
    words[0].pop("start")
    assert heard("Update", words=words).span_secs == (1.0, 2.0)
    assert heard("Update", words=[]).span_secs == (1.0, 2.0)


@pytest.mark.parametrize("nonsense", ["x", -1, True, [], 1e300, None])
def test_a_window_that_cannot_be_is_none(nonsense: object) -> None:
    assert heard("Update", audio_window_end=nonsense).span_secs is None
    assert heard("Update", words=[], audio_window_start=nonsense).span_secs is None


@pytest.mark.parametrize("nonsense", ["x", -1, True, [], None])
def test_an_end_without_a_confidence_is_taken_for_likely(nonsense: object) -> None:
    assert heard("EndOfTurn", end_of_turn_confidence=nonsense).end_confidence == 0.5
    assert heard("EndOfTurn", end_of_turn_confidence=7).end_confidence == 1.0
    assert heard("TurnResumed", end_of_turn_confidence=nonsense).end_confidence == 0.0


@pytest.mark.parametrize("transcript", [None, 5, []])
def test_words_are_read_where_the_transcript_is_missing(transcript: object) -> None:
    assert heard("Update", transcript=transcript).text == "good morning"
    assert heard("Update", transcript=transcript, words=["x", {"word": 5}]).text == ""
    assert heard("Update", transcript=transcript, words="x").text == ""


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"type": "Error", "code": "UNPARSABLE_CLIENT_MESSAGE", "description": "x"}, None),
        ({"type": "FatalError", "code": 1011}, "1011"),
        ({"type": "Error", "code": "x" * 41}, "no code"),
        ({"type": "Error", "code": ["x"]}, "no code"),
        ({"type": "error"}, "no code"),
    ],
)
def test_an_error_is_told_by_its_code_alone(message: dict[str, object], code: str | None) -> None:
    assert read(message) == Complaint(code or str(message["code"]))


@pytest.mark.parametrize("raw", ["{", b"\xff", "[]", '"x"', "[" * 100_000])
def test_what_nobody_can_read_is_a_complaint(raw: str | bytes) -> None:
    assert read_message(raw) == Complaint("unreadable message")


@pytest.mark.parametrize(
    "message", [CONNECTED, NO_TURN, {}, {"type": "ConfigureSuccess"}, {"type": None}]
)
def test_what_tells_of_no_turn_says_nothing(message: object) -> None:
    assert read(message) is None
