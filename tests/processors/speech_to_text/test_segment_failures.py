from __future__ import annotations

import pytest
from pipecat.frames.frames import ErrorFrame

from processors.speech_to_text.segment_failures import (
    is_hopeless,
    is_passing,
    pause_before_next,
    status_of,
)

_WHISPER = "Unknown error occurred: Error code: "
"""Pipecat keeps nothing but the text of OpenAI's exceptions."""


@pytest.mark.parametrize(
    ("text", "pause_secs"),
    [
        ("429 - {'error': {'message': 'no', 'retry_after': 3.5}}", 3.5),
        ("429 - {'error': {'message': 'Please try again in 2s.'}}", 2.0),
        ("429 - {'error': {'message': 'Please try again in 9s.'}}", None),
        ("503 - busy", 0.2),
        ("401 - no", None),
    ],
)
def test_how_long_a_server_wants_to_rest_is_read_in_its_words(
    text: str, pause_secs: float | None
) -> None:
    error = ErrorFrame(_WHISPER + text)
    assert pause_before_next(error, 0.2, longest_secs=5.0) == pause_secs


@pytest.mark.parametrize(
    ("text", "status", "passes", "hopeless"),
    [
        (_WHISPER + "429 - no", 429, True, False),
        (_WHISPER + "400 - no", 400, False, False),
        (_WHISPER + "404 - no", 404, False, True),
        ("no answer in time", None, True, False),
    ],
)
def test_what_a_failure_means_is_in_its_text(
    text: str, status: int | None, *, passes: bool, hopeless: bool
) -> None:
    error = ErrorFrame(text)
    assert (status_of(error), is_passing(error), is_hopeless(error)) == (status, passes, hopeless)
