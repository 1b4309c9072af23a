from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from bot.local.live_messages import Finality, HeardSpan, ListenQuery, LiveMessages
from processors.moonshine import Transcript

_BASE = {"encoding": "linear16", "sample_rate": "16000"}
_SPAN = HeardSpan(start_secs=1.0, end_secs=3.0, voiced_until_secs=2.0)


def _query(**options: str) -> ListenQuery:
    return ListenQuery.model_validate({**_BASE, **options})


def _alternative(query: ListenQuery, text: str) -> dict[str, Any]:
    messages = LiveMessages(request_id="1", query=query)
    message = messages.results(Transcript(text, 0.9), _SPAN, finality=Finality())
    return message["channel"]["alternatives"][0]


def test_words_are_spread_over_the_voiced_part() -> None:
    words = _alternative(_query(punctuate="true"), "Yes, indeed.")["words"]
    assert [word["word"] for word in words] == ["yes", "indeed"]
    assert [word["punctuated_word"] for word in words] == ["Yes,", "indeed."]
    assert (words[0]["start"], words[-1]["end"]) == (1.0, 2.0)
    assert words[0]["end"] == words[1]["start"]


def test_without_punctuation_text_is_plain() -> None:
    assert _alternative(_query(), "Don't stop, Mr. Smith!")["transcript"] == "don't stop mr smith"


@pytest.mark.parametrize(
    ("option", "endpointing_ms"),
    [({}, 300), ({"endpointing": "true"}, 300), ({"endpointing": "100"}, 100)],
)
def test_endpointing_is_read_as_deepgram_writes_it(
    option: dict[str, str], endpointing_ms: int
) -> None:
    assert _query(**option).endpointing == endpointing_ms


def test_endpointing_can_be_switched_off() -> None:
    assert _query(endpointing="false").endpointing is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"encoding": "opus"},
        {"sample_rate": "abc"},
        {"language": "de"},
        {"channels": "2", "multichannel": "true"},
    ],
)
def test_what_cannot_be_served_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        _query(**wrong)


def test_what_deepgram_knows_and_this_does_not_is_ignored() -> None:
    assert _query(keyterm="parley", diarize="true", language="en-GB").sample_rate == 16_000
