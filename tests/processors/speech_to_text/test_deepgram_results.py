from __future__ import annotations

import json
from typing import Any

import pytest

from processors.speech_to_text.deepgram_results import read_message, transcript_of
from processors.speech_to_text.results import Complaint, Result

WORDS = {"alternatives": [{"transcript": " hello "}]}

LISTED: list[object] = [{"word": "hello", "punctuated_word": "Hello"}, None, {"word": "there"}, {}]


@pytest.mark.parametrize(
    ("message", "result"),
    [
        (
            {"type": "Results", "channel": WORDS, "start": 1, "duration": 0.5, "is_final": True}
            | {"from_finalize": False},
            Result("hello", is_final=True, is_from_finalize=False, span_secs=(1.0, 1.5)),
        ),
        (
            {"type": "Results", "channel": WORDS, "is_final": True, "from_finalize": True},
            Result("hello", is_final=True, is_from_finalize=True, span_secs=None),
        ),
        # Other servers.
        ({"channel": WORDS}, Result("hello", False, False, None)),
        ({"channel": WORDS, "speech_final": True}, Result("hello", True, None, None)),
        ({"type": "Results", "channel": {"alternatives": []}}, Result("", False, False, None)),
        ({"type": "Results", "is_final": True}, Result("", True, None, None)),
        ({"type": "Results", "channel": WORDS, "is_final": 1}, Result("hello", True, None, None)),
    ],
)
def test_a_result_is_read_whatever_it_lacks(message: object, result: Result) -> None:
    assert read_message(json.dumps(message)) == result
    assert read_message(json.dumps(message).encode()) == result


@pytest.mark.parametrize(
    ("start", "duration"),
    [(None, 1), (0, -1), (-1, 2), ("0", "1"), (True, 1), (float("nan"), 1), (0, float("inf"))],
)
def test_a_span_that_cannot_be_is_none(start: object, duration: object) -> None:
    message = {"type": "Results", "channel": WORDS, "start": start, "duration": duration}
    found = read_message(json.dumps(message))
    assert isinstance(found, Result) and found.span_secs is None


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("{", "unreadable message"),
        ("[]", "unreadable message"),
        (b"\xff\x00", "unreadable message"),
        ('{"type":"Error","variant":"V","description":"said: hello"}', "V"),
        ('{"type":"Error","code":"NET-0001"}', "NET-0001"),
        ('{"error":"anything"}', "no code"),
    ],
)
def test_a_complaint_has_a_code_and_no_words(raw: str | bytes, code: str) -> None:
    assert read_message(raw) == Complaint(code)


@pytest.mark.parametrize("kind", ["SpeechStarted", "UtteranceEnd", "Metadata", "Whatever", 5])
def test_other_messages_say_nothing(kind: object) -> None:
    assert read_message(json.dumps({"type": kind, "channel": [0, 1]})) is None


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"channel": {"alternatives": [{"transcript": "hello"}]}}, "hello"),
        ({"channel": {"alternatives": []}}, ""),
        ({"channel": []}, ""),
        ({"channel": {"alternatives": [{"transcript": 5}]}}, ""),
        ({"channel": {"alternatives": ["hello"]}}, ""),
        ({"channel": {"alternatives": [{"words": LISTED}]}}, "Hello there"),
        ({"channel": {"alternatives": [{"transcript": None, "words": LISTED}]}}, "Hello there"),
        ({"channel": {"alternatives": [{"transcript": "", "words": LISTED}]}}, ""),
        ({"channel": {"alternatives": [{"words": "hello"}]}}, ""),
        ({}, ""),
    ],
)
def test_a_result_has_a_text_or_none(message: dict[str, Any], text: str) -> None:
    assert transcript_of(message) == text
