from __future__ import annotations

import asyncio
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

from processors.frames import TranscriptSettledFrame
from processors.speech_to_text import live_connection, live_socket
from processors.speech_to_text.deepgram import DeepgramSpeechToText
from tests.fake_deepgram import FakeDeepgram, open_fake_deepgram
from tests.fake_pipeline import FakePipeline, open_fake_pipeline

FRAME_BYTES = 640  # 20 ms at 16 kHz
STARTED = VADUserStartedSpeakingFrame
STOPPED = VADUserStoppedSpeakingFrame


@pytest.fixture(autouse=True)
def short_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_connection, "FIRST_BACKOFF_SECS", 0.01)
    monkeypatch.setattr(live_connection, "MAX_BACKOFF_SECS", 0.02)


@asynccontextmanager
async def listening(
    fake: FakeDeepgram, *, patience_secs: float = 8.0, language: str = ""
) -> AsyncGenerator[tuple[FakePipeline, DeepgramSpeechToText]]:
    service = DeepgramSpeechToText(
        api_key="secret", base_url=fake.base_url, language=language, patience_secs=patience_secs
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


async def test_an_empty_answer_of_no_length_to_the_second_of_two_requests_is_the_latest() -> None:
    async with open_fake_deepgram() as fake, listening(fake) as (pipeline, _):
        await pipeline.send_up(STARTED(), STOPPED())
        await fake.until(message="Finalize")
        fake.messages.clear()
        await pipeline.send_up(STARTED())
        await pipeline.send(*[audio(1)] * 50)
        await fake.until(audio_bytes=50 * FRAME_BYTES)
        await pipeline.send_up(STOPPED())
        await fake.until(message="Finalize")
        await fake.say("hello", span_secs=(0.0, 0.9))
        await fake.say("", from_finalize=True, span_secs=(1.0, 1.0))
        await pipeline.until_down(TranscriptSettledFrame)


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


async def test_a_service_that_never_says_anything_is_given_up() -> None:
    async with (
        open_fake_deepgram() as fake,
        listening(fake, patience_secs=0.001) as (pipeline, stt),
    ):
        await pipeline.send_up(STARTED())
        await pipeline.until_up(STARTED)
        await pipeline.send(*[audio(1)] * 210)
        await pipeline.until_up(ErrorFrame)
        assert not stt.is_usable


async def test_a_service_that_says_nothing_to_one_sound_is_kept() -> None:
    async with (
        open_fake_deepgram() as fake,
        listening(fake, patience_secs=0.001) as (pipeline, stt),
    ):
        await fake.say("hello")
        await pipeline.until_down(TranscriptionFrame)
        await pipeline.send_up(STARTED())
        await pipeline.until_up(STARTED)
        await pipeline.send(*[audio(1)] * 210)
        await fake.until(connections=2)
        assert stt.is_usable


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
        async with listening(fake, patience_secs=0.05) as (_, service):
            assert not service.is_usable


@pytest.mark.parametrize("nonsense", ["[]", "{", '{"type":"Results","is_final":true}', '"x"'])
async def test_nonsense_from_the_service_does_no_harm(nonsense: str) -> None:
    async with open_fake_deepgram() as fake, listening(fake) as (pipeline, service):
        assert fake.connection
        await fake.connection.send(nonsense)
        await pipeline.send(audio(1))
        await fake.until(audio_bytes=FRAME_BYTES)
        assert service.is_usable


@pytest.mark.parametrize(
    ("language", "sent"), [("", "en"), ("de", "de"), ("multi", "multi"), ("pt-BR", "pt-BR")]
)
async def test_the_language_reaches_the_service(language: str, sent: str) -> None:
    async with open_fake_deepgram() as fake, listening(fake, language=language):
        assert f"language={sent}&" in f"{fake.queries[0]}&"


async def test_a_result_sent_twice_and_results_that_overlap_bring_each_word_once() -> None:
    async with open_fake_deepgram() as fake, listening(fake) as (pipeline, _):
        await pipeline.send(*[audio(1)] * 100)
        await fake.until(audio_bytes=100 * FRAME_BYTES)
        for _ in range(2):
            await fake.say("will be answered by the next", span_secs=(0.0, 1.0))
        await fake.say("answered by the next", is_final=False, span_secs=(0.5, 1.0))
        await fake.say("answered by the next available agent", span_secs=(0.5, 1.8))
        await fake.say("available agent", span_secs=(1.8, 2.0))
        finals = await pipeline.until_down(TranscriptionFrame, 3)
        assert [frame.text for frame in finals] == [
            "will be answered by the next",
            "available agent",
            "available agent",
        ]
        assert not [f for f in pipeline.down if isinstance(f, InterimTranscriptionFrame)]


async def test_words_taken_before_a_reconnect_do_not_come_again_after_it() -> None:
    async with open_fake_deepgram() as fake, listening(fake) as (pipeline, service):
        await pipeline.send_up(STARTED())
        await pipeline.send(*[audio(1)] * 50)
        await fake.until(audio_bytes=50 * FRAME_BYTES)
        await fake.say("good morning", is_final=False, span_secs=(0.0, 0.9))
        await pipeline.until_down(InterimTranscriptionFrame)
        await pipeline.send_up(STOPPED())
        await fake.until(message="Finalize")
        assert service.words.take("good morning")
        fake.messages.clear()
        fake.drop()
        await fake.until(connections=2, audio_bytes=50 * FRAME_BYTES, message="Finalize")
        await fake.say("Good morning.", from_finalize=True, span_secs=(0.0, 1.0))
        await pipeline.until_down(TranscriptSettledFrame)
        assert not [f for f in pipeline.down if isinstance(f, TranscriptionFrame)]


async def test_what_other_servers_complain_of_or_garble_is_told_once_and_costs_nothing_else() -> (
    None
):
    async with open_fake_deepgram() as fake, listening(fake) as (pipeline, service):
        for raw in ("{", b"\xff", "[]", *['{"type":"Error","code":"DATA-0000"}'] * 5):
            await fake.send(raw)
        await fake.send(b'{"channel":{"alternatives":[{"transcript":"hello"}]},"is_final":true}')
        finals = await pipeline.until_down(TranscriptionFrame)
        assert finals[0].text == "hello"
        assert len(fake.queries) == 1 and service.is_usable
        assert len([f for f in pipeline.up if isinstance(f, ErrorFrame)]) == 2


@pytest.mark.parametrize("code", [1000, 1008, 1011])
async def test_a_service_that_accepts_and_closes_at_once_is_given_up(code: int) -> None:
    async with open_fake_deepgram() as fake:
        fake.close_code = code
        async with listening(fake, patience_secs=0.3) as (pipeline, service):
            await pipeline.until_up(ErrorFrame, 2)
            assert not service.is_usable
            assert len(fake.queries) < 30
            # The cause, and that there is no hope.
            assert len([f for f in pipeline.up if isinstance(f, ErrorFrame)]) == 2


async def test_a_service_that_says_one_thing_a_connection_is_kept() -> None:
    async with open_fake_deepgram() as fake:
        fake.close_code, fake.last_words = 1011, "hello"
        async with listening(fake, patience_secs=0.05) as (pipeline, service):
            await fake.until(connections=12)
            assert service.is_usable
            assert len([f for f in pipeline.up if isinstance(f, ErrorFrame)]) == 1


async def test_a_handshake_that_hangs_does_not_hold_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_socket, "OPEN_SECS", 0.05)
    monkeypatch.setattr(live_connection, "START_SECS", 0.05)

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(hang, "127.0.0.1", 0) as server:
        address = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        service = DeepgramSpeechToText(api_key="secret", base_url=address, patience_secs=0.4)
        async with open_fake_pipeline(service) as pipeline:
            assert service.is_usable
            await pipeline.until_up(ErrorFrame, 2)
            assert not service.is_usable


@pytest.mark.parametrize("span_secs", [(0.0, 99.0), (0.0, 0.5)])
async def test_a_server_that_counts_audio_otherwise_is_heard_all_the_same(
    span_secs: tuple[float, float],
) -> None:
    async with open_fake_deepgram() as fake, listening(fake) as (pipeline, _):
        for text in ("Yes.", "No.", "Yes."):
            await pipeline.send(*[audio(1)] * 700)
            await fake.say(text, span_secs=span_secs)
            await pipeline.until_down(TranscriptionFrame)
        finals = await pipeline.until_down(TranscriptionFrame, 3)
        assert [frame.text for frame in finals] == ["Yes.", "No.", "Yes."]
        assert "lag_secs" not in finals[-1].metadata
