from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from http import HTTPStatus

import pytest
from pipecat.frames.frames import (
    ErrorFrame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.utils.errors import ErrorCategory

from processors import speech_to_text
from processors.frames import TranscriptSettledFrame
from processors.speech_to_text import DeepgramSpeechToText
from tests.fake_deepgram import FakeDeepgram, open_fake_deepgram
from tests.fake_pipeline import FakePipeline, open_fake_pipeline

FRAME_BYTES = 640  # 20 ms at 16 kHz
STARTED = VADUserStartedSpeakingFrame
STOPPED = VADUserStoppedSpeakingFrame


@pytest.fixture(autouse=True)
def short_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech_to_text, "FIRST_BACKOFF_SECS", 0.01)
    monkeypatch.setattr(speech_to_text, "MAX_BACKOFF_SECS", 0.02)


@asynccontextmanager
async def listening(
    fake: FakeDeepgram, *, give_up_secs: float = 8.0
) -> AsyncGenerator[tuple[FakePipeline, DeepgramSpeechToText]]:
    service = DeepgramSpeechToText(
        api_key="secret", base_url=fake.base_url, give_up_secs=give_up_secs
    )
    async with open_fake_pipeline(service) as pipeline:
        yield pipeline, service


def audio(number: int) -> InputAudioRawFrame:
    """Return 20 ms whose every byte is `number`."""
    return InputAudioRawFrame(bytes([number]) * FRAME_BYTES, 16_000, 1)


async def test_speech_goes_to_the_service_uncompressed_and_words_come_back() -> None:
    async with open_fake_deepgram() as fake, listening(fake) as (pipeline, _):
        await pipeline.send(audio(1), audio(2))
        await fake.until(audio_bytes=2 * FRAME_BYTES)
        await fake.say("good", is_final=False)
        await fake.say("good morning")
        interims = await pipeline.until_down(InterimTranscriptionFrame)
        finals = await pipeline.until_down(TranscriptionFrame)
        assert [frame.text for frame in interims] == ["good"]
        assert [frame.text for frame in finals] == ["good morning"]
        assert not finals[0].finalized
        assert fake.extensions == [""]
        assert fake.authorizations == ["Token secret"]
        assert "model=nova-3-general" in fake.queries[0] and "sample_rate=16000" in fake.queries[0]


async def test_words_say_how_far_they_lag_behind_the_audio() -> None:
    async with open_fake_deepgram() as fake, listening(fake) as (pipeline, _):
        await pipeline.send(*[audio(1)] * 5)
        await fake.until(audio_bytes=5 * FRAME_BYTES)
        await fake.say("good", is_final=False, span_secs=(0.0, 0.04))
        await fake.say("good morning", span_secs=(0.0, 0.08))
        interims = await pipeline.until_down(InterimTranscriptionFrame)
        finals = await pipeline.until_down(TranscriptionFrame)
        assert interims[0].metadata["lag_secs"] == pytest.approx(0.06)
        assert finals[0].metadata["lag_secs"] == pytest.approx(0.02)


async def test_the_answer_to_finalize_is_marked_as_the_last_word() -> None:
    async with open_fake_deepgram() as fake, listening(fake) as (pipeline, _):
        await pipeline.send_up(STARTED())
        await pipeline.send(audio(1))
        await pipeline.send_up(STOPPED())
        await fake.until(message="Finalize")
        await fake.say("hello", from_finalize=True, span_secs=(0.0, 0.02))
        finals = await pipeline.until_down(TranscriptionFrame)
        assert finals[0].finalized


async def test_an_empty_answer_to_finalize_says_that_no_words_follow() -> None:
    async with open_fake_deepgram() as fake, listening(fake) as (pipeline, _):
        await pipeline.send_up(STARTED())
        await fake.say("hello", span_secs=(0.0, 0.02))
        await pipeline.send_up(STOPPED())
        await fake.until(message="Finalize")
        await fake.say("", from_finalize=True, span_secs=(0.02, 0.04))
        await pipeline.until_down(TranscriptSettledFrame)
        kinds = [type(frame) for frame in pipeline.down]
        assert kinds.index(TranscriptionFrame) < kinds.index(TranscriptSettledFrame)


async def test_a_late_answer_to_an_earlier_finalize_does_not_end_the_present_speech() -> None:
    async with open_fake_deepgram() as fake, listening(fake) as (pipeline, _):
        await pipeline.send_up(STARTED(), STOPPED())
        await fake.until(message="Finalize")
        fake.messages.clear()
        await pipeline.send_up(STARTED())
        await pipeline.send(*[audio(1)] * 50)
        await fake.until(audio_bytes=50 * FRAME_BYTES)
        await pipeline.send_up(STOPPED())
        await fake.until(message="Finalize")
        await fake.say("first", from_finalize=True, span_secs=(0.0, 0.1))
        await fake.say("second", from_finalize=True, span_secs=(0.1, 1.0))
        finals = await pipeline.until_down(TranscriptionFrame, 2)
        assert [(frame.text, frame.finalized) for frame in finals] == [
            ("first", False),
            ("second", True),
        ]


async def test_a_dropped_connection_loses_no_unsettled_audio_and_repeats_no_settled_one() -> None:
    async with open_fake_deepgram() as fake, listening(fake) as (pipeline, _):
        await pipeline.send_up(STARTED())
        await pipeline.send(audio(1), audio(2), audio(3))
        await fake.until(audio_bytes=3 * FRAME_BYTES)
        await fake.say("one", span_secs=(0.0, 0.02))
        await pipeline.until_down(TranscriptionFrame)
        fake.drop()
        await fake.until(connections=2, audio_bytes=2 * FRAME_BYTES)
        await pipeline.send(audio(4))
        await fake.until(audio_bytes=3 * FRAME_BYTES)
        assert fake.audio[1] == audio(2).audio + audio(3).audio + audio(4).audio
        errors = await pipeline.until_up(ErrorFrame)
        assert [error.category for error in errors] == [ErrorCategory.CONNECTIVITY]


async def test_a_finalize_asked_for_without_a_connection_is_sent_after_the_replay() -> None:
    async with open_fake_deepgram() as fake, listening(fake) as (pipeline, service):
        await pipeline.send_up(STARTED())
        fake.refusals = [HTTPStatus.SERVICE_UNAVAILABLE] * 2
        fake.drop()
        await pipeline.until_up(ErrorFrame, 2)
        await pipeline.send(audio(1))
        await pipeline.send_up(STOPPED())
        await fake.until(connections=2, message="Finalize", audio_bytes=FRAME_BYTES)
        await fake.say("hello", from_finalize=True, span_secs=(0.0, 0.02))
        finals = await pipeline.until_down(TranscriptionFrame)
        assert finals[0].finalized
        assert service.is_usable


async def test_speech_without_any_result_brings_a_new_connection() -> None:
    async with open_fake_deepgram() as fake, listening(fake) as (pipeline, _):
        await pipeline.send_up(STARTED())
        await pipeline.until_up(STARTED)
        await pipeline.send(*[audio(1)] * 210)
        await fake.until(connections=2, audio_bytes=200 * FRAME_BYTES)


async def test_an_overloaded_service_is_tried_again() -> None:
    async with open_fake_deepgram() as fake:
        fake.refusals = [HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS]
        async with listening(fake) as (_, service):
            await fake.until(connections=1)
            assert service.is_usable


async def test_a_refused_key_is_permanent_at_once() -> None:
    async with open_fake_deepgram() as fake:
        fake.refusals = [HTTPStatus.UNAUTHORIZED]
        async with listening(fake) as (pipeline, service):
            errors = await pipeline.until_up(ErrorFrame)
            assert errors[0].category is ErrorCategory.AUTHENTICATION
            assert "secret" not in errors[0].error
            assert not service.is_usable
            assert len(fake.queries) == 1


async def test_a_service_that_stays_away_is_given_up() -> None:
    async with open_fake_deepgram() as fake:
        fake.refusals = [HTTPStatus.BAD_GATEWAY] * 100
        async with listening(fake, give_up_secs=0.05) as (_, service):
            assert not service.is_usable


@pytest.mark.parametrize("nonsense", ["[]", "{", '{"type":"Results","is_final":true}', '"x"'])
async def test_nonsense_from_the_service_does_no_harm(nonsense: str) -> None:
    async with open_fake_deepgram() as fake, listening(fake) as (pipeline, service):
        assert fake.connection
        await fake.connection.send(nonsense)
        await pipeline.send(audio(1))
        await fake.until(audio_bytes=FRAME_BYTES)
        assert service.is_usable
