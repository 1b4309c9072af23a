from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    InputAudioRawFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.services.settings import STTSettings
from pipecat.services.stt_service import SegmentedSTTService
from pipecat.utils.errors import ErrorCategory
from typing_extensions import override

from processors.frames import TranscriptSettledFrame, TroubleFrame
from processors.provider_requests import ProviderError
from processors.speech_to_text import segment_recognition
from processors.speech_to_text.segment_recognition import SegmentRecognition
from tests.fake_pipeline import FakePipeline, open_fake_pipeline

Answer = Callable[[], Awaitable[Frame]]


class _Scripted(SegmentedSTTService):
    def __init__(self, answers: list[Answer]) -> None:
        super().__init__(settings=STTSettings(model=None, language=None), ttfs_p99_latency=1.0)
        self.answers = answers
        self.calls = 0

    @override
    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        self.calls += 1
        yield await self.answers.pop(0)()


class Scripted(SegmentRecognition, _Scripted):
    """Answers from a list."""


def words(text: str) -> Answer:
    async def say() -> Frame:
        return TranscriptionFrame(text, "", "")

    return say


def error(text: str) -> Answer:
    """Fail as Pipecat's Whisper services do."""

    async def fail() -> Frame:
        return ErrorFrame(f"Unknown error occurred: {text}")

    return fail


def raising(problem: Exception) -> Answer:
    async def fail() -> Frame:
        raise problem

    return fail


async def hang() -> Frame:
    await asyncio.Event().wait()
    raise AssertionError


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment_recognition, "PAUSE_SECS", 0.001)
    monkeypatch.setattr(segment_recognition, "AGAIN_SECS", 0.001)
    monkeypatch.setattr(segment_recognition, "PER_AUDIO_SEC", 0.01)


@asynccontextmanager
async def listening(
    *answers: Answer, gone_secs: float = 0.0
) -> AsyncGenerator[tuple[FakePipeline, Scripted]]:
    service = Scripted(list(answers), patience_secs=0.05)
    service.gone_secs = gone_secs
    async with open_fake_pipeline(service) as pipeline:
        yield pipeline, service


async def utter(pipeline: FakePipeline, count: int = 1) -> None:
    await pipeline.send_up(VADUserStartedSpeakingFrame())
    await pipeline.until_up(VADUserStartedSpeakingFrame, count)
    await pipeline.send(*[InputAudioRawFrame(b"\1" * 640, 16_000, 1)] * 50)
    await pipeline.send_up(VADUserStoppedSpeakingFrame())
    await pipeline.until_up(VADUserStoppedSpeakingFrame, count)


def finals(pipeline: FakePipeline) -> list[tuple[str, bool]]:
    return [(f.text, f.finalized) for f in pipeline.down if isinstance(f, TranscriptionFrame)]


@pytest.mark.promise("Speech-to-text", "An utterance that a server fails is tried a second time.")
@pytest.mark.parametrize(
    "first",
    [hang, error("Error code: 503 - busy"), error("oops"), raising(OSError("said: hello"))],
)
async def test_an_utterance_is_tried_twice(first: Answer) -> None:
    async with listening(first, words("Yes.")) as (pipeline, service):
        await utter(pipeline)
        await pipeline.until_down(TranscriptionFrame)
        assert finals(pipeline) == [("Yes.", True)] and service.calls == 2
        assert not [f for f in pipeline.up if isinstance(f, ErrorFrame)]


@pytest.mark.promise(
    "Speech-to-text",
    "An utterance is kept for a server that is gone for up to 20 s, and read when it is back.",
)
async def test_an_utterance_is_read_when_the_server_is_back() -> None:
    gone = [hang, error("Error code: 503 - busy"), raising(OSError()), error("Error code: 429")]
    async with listening(*gone, words("Yes."), gone_secs=20.0) as (pipeline, service):
        await utter(pipeline)
        await pipeline.until_down(TranscriptionFrame)
        await pipeline.until_down(TroubleFrame, 2)
        assert finals(pipeline) == [("Yes.", True)] and service.calls == 5
        assert [f.is_over for f in pipeline.down if isinstance(f, TroubleFrame)] == [False, True]
        assert not [f for f in pipeline.up if isinstance(f, ErrorFrame)]


class BusyError(Exception):
    status_code = 429
    response = SimpleNamespace(status_code=429, headers={"retry-after": "0.3"})


@pytest.mark.promise(
    "Speech-to-text",
    "An utterance is kept for a server that is gone for up to 20 s, and read when it is back.",
)
@pytest.mark.parametrize("is_alone", [True, False])
async def test_a_server_that_wants_long_is_given_it_if_nobody_else_hears(
    *, is_alone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segment_recognition, "LONGEST_PAUSE_SECS", 0.1)
    lost: list[ErrorFrame] = []

    async def on_failure(error: ErrorFrame, _: bool) -> None:
        lost.append(error)

    answers = (raising(BusyError()), words("Yes."))
    async with listening(*answers, gone_secs=20.0) as (pipeline, service):
        service.on_failure = None if is_alone else on_failure
        await utter(pipeline)
        if is_alone:
            await pipeline.until_down(TroubleFrame, 2)
            assert finals(pipeline) == [("Yes.", True)]
        else:
            await pipeline.until_down(TranscriptSettledFrame)
        assert (service.calls, len(lost)) == ((2, 0) if is_alone else (1, 1))


async def test_an_utterance_that_fails_twice_is_told_of_without_the_servers_words() -> None:
    async with listening(error("x"), error("Error code: 500 - said: hello")) as (pipeline, service):
        await utter(pipeline)
        found = await pipeline.until_up(ErrorFrame)
        await pipeline.until_down(TranscriptSettledFrame)
        assert "hello" not in found[0].error and "500" in found[0].error
        assert found[0].category is ErrorCategory.SERVER and service.is_usable


async def test_an_utterance_a_server_will_not_have_is_no_reason_to_give_it_up() -> None:
    bad = error("Error code: 400 - Audio file is too short")
    async with listening(bad, bad, words("Yes.")) as (pipeline, service):
        await utter(pipeline)
        await pipeline.until_up(ErrorFrame)
        assert service.is_usable
        await utter(pipeline, 2)
        await pipeline.until_down(TranscriptionFrame)


async def test_a_refused_key_is_asked_with_once() -> None:
    async with listening(error("Error code: 401 - no")) as (pipeline, service):
        await utter(pipeline)
        found = await pipeline.until_up(ErrorFrame)
        assert found[0].category is ErrorCategory.AUTHENTICATION
        assert service.calls == 1 and not service.is_usable


@pytest.mark.promise(
    "Speech-to-text",
    "A recogniser of utterances that has heard in a call, and refuses the key for a moment or is "
    "answered for by a proxy, is asked again.",
)
@pytest.mark.parametrize(
    "refusal",
    [
        *(error(f"Error code: {status} - no") for status in (401, 403, 404)),
        raising(ProviderError(body=None, code="", status_code=401)),
    ],
)
async def test_a_recogniser_that_has_heard_is_not_believed_at_once_to_refuse(
    refusal: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("processors.refusals.REFUSED_SECS", 60.0)
    answers = (words("Yes."), refusal, refusal, refusal, words("No."))
    async with listening(*answers, gone_secs=20.0) as (pipeline, service):
        await utter(pipeline)
        await pipeline.until_down(TranscriptionFrame)
        await utter(pipeline, 2)
        await pipeline.until_down(TranscriptionFrame, 2)
        assert finals(pipeline) == [("Yes.", True), ("No.", True)] and service.is_usable
        assert not [f for f in pipeline.up if isinstance(f, ErrorFrame)]


async def test_three_utterances_without_an_answer_make_the_service_unusable() -> None:
    async with listening(*[error("x")] * 6) as (pipeline, service):
        for count in range(1, 4):
            assert service.is_usable
            await utter(pipeline, count)
            await pipeline.until_down(TranscriptSettledFrame, count)
        assert not service.is_usable
        # The first, and that it was the last.
        assert len([f for f in pipeline.up if isinstance(f, ErrorFrame)]) == 2


@pytest.mark.promise("Speech-to-text", "Lost utterances between good ones do not end a call.")
async def test_failures_that_are_not_in_a_row_do_not_make_the_service_unusable() -> None:
    answers: list[Answer] = []
    for name in ("Rome", "Paris", "Berlin", "London"):
        answers += [error("oops"), error("oops"), words(f"In {name}.")]
    async with listening(*answers) as (pipeline, service):
        for count in range(1, 9):
            await utter(pipeline, count)
            if count % 2:
                await pipeline.until_down(TranscriptSettledFrame, (count + 1) // 2)
            else:
                await pipeline.until_down(TranscriptionFrame, count // 2)
        assert service.is_usable


@pytest.mark.promise("Speech-to-text", "Words that a model makes up for noise are not taken.")
async def test_words_that_nobody_can_have_said_are_none() -> None:
    async with listening(words("Thanks for watching!")) as (pipeline, _):
        await utter(pipeline)
        await pipeline.until_down(TranscriptSettledFrame)
        assert not finals(pipeline)


@pytest.mark.promise("Speech-to-text", "Words that a model makes up for noise are not taken.")
async def test_a_noise_is_no_longer_for_the_speech_before_it() -> None:
    # More than fits into the second of an utterance, and less than fits into two.
    made_up = "one two three four five six seven eight nine ten eleven twelve"
    async with listening(words("Yes."), words(made_up)) as (pipeline, _):
        await utter(pipeline)
        await pipeline.until_down(TranscriptionFrame)
        await utter(pipeline, 2)
        await pipeline.until_down(TranscriptSettledFrame)
        assert finals(pipeline) == [("Yes.", True)]


async def test_only_the_words_of_the_last_utterance_are_called_the_last() -> None:
    held = asyncio.Event()

    async def late() -> Frame:
        await held.wait()
        return TranscriptionFrame("One.", "", "")

    async with open_fake_pipeline(Scripted([late, words("Two.")])) as pipeline:
        await utter(pipeline)
        await utter(pipeline, 2)
        held.set()
        await pipeline.until_down(TranscriptionFrame, 2)
        assert finals(pipeline) == [("One.", False), ("Two.", True)]


async def test_the_end_of_a_session_does_not_wait_for_a_server_that_hangs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(segment_recognition, "END_SECS", 0.05)
    service = Scripted([hang, hang], patience_secs=30.0)
    async with asyncio.timeout(30), open_fake_pipeline(service) as pipeline:
        await utter(pipeline)
        await utter(pipeline, 2)
    assert not [f for f in pipeline.up if isinstance(f, ErrorFrame)]


async def test_the_last_words_before_the_end_come() -> None:
    async def soon() -> Frame:
        await asyncio.sleep(0.02)
        return TranscriptionFrame("Goodbye.", "", "")

    async with open_fake_pipeline(Scripted([soon])) as pipeline:
        await utter(pipeline)
    assert finals(pipeline) == [("Goodbye.", True)]
