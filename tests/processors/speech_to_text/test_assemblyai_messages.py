from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
from pipecat.frames.frames import TranscriptionFrame

from processors.speech_to_text.assemblyai import AssemblyAISpeechToText
from processors.speech_to_text.assemblyai_messages import (
    AssemblyAISocket,
    UnformattedTurns,
    read_message,
)
from processors.speech_to_text.live_socket import open_live_socket
from processors.speech_to_text.results import Complaint, Result
from tests.fake_pipeline import open_fake_pipeline
from tests.services.stand_ins.assemblyai import open_fake_assemblyai

WORDS: list[dict[str, Any]] = [
    {"text": "good", "start": 100, "end": 300, "word_is_final": True},
    {"text": "mor", "start": 300, "end": 500, "word_is_final": False},
]


def turn(**fields: object) -> str:
    return json.dumps({"type": "Turn", "transcript": "good", "words": WORDS, **fields})


def test_an_interim_holds_the_words_that_may_still_change() -> None:
    assert read_message(turn()) == Result("good mor", False, False, (0.1, 0.5))


def test_the_end_of_a_turn_counts_once_it_is_formatted() -> None:
    raw = turn(end_of_turn=True, turn_is_formatted=False, transcript="good morning")
    final = turn(end_of_turn=True, turn_is_formatted=True, transcript="Good morning.")
    assert read_message(raw) == Result("good morning", False, False, (0.1, 0.5))
    assert read_message(final) == Result("Good morning.", True, None, (0.1, 0.5))
    # By a server that has no formats.
    only = turn(end_of_turn=True, transcript="good morning")
    assert read_message(only) == Result("good morning", True, None, (0.1, 0.5))


FIRST: dict[str, Any] = {"end_of_turn": True, "turn_is_formatted": False, "turn_order": 0}
LATER: list[dict[str, Any]] = [{"text": "night", "start": 900, "end": 1300}]


@pytest.mark.parametrize(
    ("following", "is_missed"),
    [
        ({"turn_order": 1, "words": LATER}, True),
        ({"turn_order": 1, "words": []}, True),
        ({**FIRST, "turn_order": 1, "words": LATER}, True),
        # By the audio, where the order is not told.
        ({"words": LATER, "turn_order": 0}, True),
        ({**FIRST, "turn_is_formatted": True}, False),
        (FIRST, False),
        ({"turn_order": 0}, False),
        ({"type": "Termination"}, False),
    ],
)
def test_a_turn_that_is_never_formatted_is_over_when_another_begins(
    following: dict[str, Any], *, is_missed: bool
) -> None:
    turns = UnformattedTurns()
    assert turns.missed(turn(turn_order=0)) is None
    assert turns.missed(turn(**FIRST, transcript="good morning")) is None
    found = Result("good morning", True, None, (0.1, 0.5)) if is_missed else None
    assert turns.missed(turn(**following)) == found


def test_another_connection_says_nothing_of_the_turns_of_the_last() -> None:
    turns = UnformattedTurns()
    assert turns.missed(turn(**FIRST)) is None
    turns.begin_anew()
    assert turns.missed(turn(turn_order=5, words=LATER)) is None


@pytest.mark.promise(
    "Speech-to-text", "No turn of AssemblyAI's is lost with a server that formats none."
)
async def test_the_first_of_two_turns_that_are_never_formatted_is_heard() -> None:
    async with open_fake_assemblyai() as fake:
        service = AssemblyAISpeechToText(api_key="k", base_url=fake.base_url)
        async with open_fake_pipeline(service) as pipeline:
            await fake.send(fake.turn("good morning", (0.1, 0.9), is_end=True))
            await fake.send(turn(turn_order=1, words=LATER, transcript=""))
            (heard,) = await pipeline.until_down(TranscriptionFrame)
            assert heard.text == "good morning"


@pytest.mark.parametrize(
    "words",
    [None, [], "x", [5], [{"text": "a"}], [{"text": "a", "start": -1, "end": 5}], [{"start": "1"}]],
)
def test_words_without_times_cover_nothing_in_particular(words: object) -> None:
    found = read_message(turn(words=words))
    assert isinstance(found, Result) and found.span_secs is None and found.text == "good"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("{", "unreadable message"),
        ("[]", "unreadable message"),
        (b"\xff", "unreadable message"),
        ('{"type":"Error","error_code":3007,"error":"said: hello"}', "3007"),
        ('{"error":"said: hello"}', "no code"),
    ],
)
def test_a_complaint_has_a_code_and_no_words(raw: str | bytes, code: str) -> None:
    assert read_message(raw) == Complaint(code)


@pytest.mark.parametrize(
    ("code", "words", "is_refusal"),
    [
        (1008, "Unauthorized Connection: Invalid API key", True),
        (1008, "Unauthorized Connection: account disabled", True),
        (1008, "Unauthorized Connection: Too many concurrent sessions", False),
        (3009, "Unauthorized Connection: Too many concurrent sessions", False),
        (3008, "Session Expired", False),
    ],
)
def test_a_refused_key_is_told_from_what_passes(code: int, words: str, is_refusal: bool) -> None:
    message = read_message(json.dumps({"type": "Error", "error_code": code, "error": words}))
    assert message == Complaint(str(code), is_refusal)


@pytest.mark.parametrize("kind", ["Begin", "SpeechStarted", "Termination", "Whatever", 5])
def test_other_messages_say_nothing(kind: object) -> None:
    assert read_message(json.dumps({"type": kind})) is None


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 48_000])
@pytest.mark.parametrize("sizes", [[640] * 10, [32_000 + 640], [64_000], [320_001 - 1], [2]])
async def test_audio_goes_out_in_pieces_that_are_allowed_and_whole(
    sizes: list[int], rate_hz: int
) -> None:
    kind = partial(AssemblyAISocket, sample_rate_hz=rate_hz)
    async with (
        open_fake_assemblyai() as fake,
        open_live_socket(kind, address=fake.base_url, query={"a": "b"}, headers={}) as socket,
    ):
        fake.sample_rate_hz = rate_hz
        for size in sizes:
            await socket.send_media(b"\1" * size)
        await socket.send_finalize()
        await fake.until(message="ForceEndpoint")
        assert fake.violations == 0
        assert fake.audio[0].rstrip(b"\0") == b"\1" * sum(sizes)
