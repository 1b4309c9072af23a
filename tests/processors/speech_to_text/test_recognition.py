from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest
from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.services.settings import STTSettings
from pipecat.services.stt_service import STTService
from typing_extensions import override

from processors.frames import TranscriptSettledFrame
from processors.speech_to_text import recognition
from processors.speech_to_text.live_recognition import LiveRecognition
from processors.speech_to_text.recognition import Recognition
from tests.fake_pipeline import FakePipeline, open_fake_pipeline


class _Stock(STTService):
    """A service whose connection is a list."""

    def __init__(self) -> None:
        super().__init__(settings=STTSettings(model=None, language=None), ttfs_p99_latency=1.0)
        self.heard = b""

    @override
    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        self.heard += audio
        yield None

    # The services of Pipecat's own call their public events so.

    async def disconnect(self) -> None:
        self.heard = b""
        await self._call_event_handler("on_disconnected")

    async def connect(self) -> None:
        await self._call_event_handler("on_connected")


class Stock(Recognition, _Stock):
    pass


class Live(LiveRecognition, _Stock):
    pass


def final(text: str) -> TranscriptionFrame:
    return TranscriptionFrame(text, "", "")


def texts(pipeline: FakePipeline) -> list[str]:
    return [frame.text for frame in pipeline.down if isinstance(frame, TranscriptionFrame)]


def audio(number: int) -> InputAudioRawFrame:
    return InputAudioRawFrame(bytes([number]) * 640, 16_000, 1)


async def test_words_come_once_and_an_interim_behind_its_final_not_at_all() -> None:
    service = Stock()
    async with open_fake_pipeline(service) as pipeline:
        await service.push_frame(final("good morning to you"))
        await service.push_frame(final("good morning to you"))
        await service.push_frame(InterimTranscriptionFrame("good morning", "", ""))
        await pipeline.settle()
        assert texts(pipeline) == ["good morning to you"]
        assert not [f for f in pipeline.down if isinstance(f, InterimTranscriptionFrame)]


async def test_words_of_others_pass_untouched() -> None:
    service = Stock()
    async with open_fake_pipeline(service) as pipeline:
        await service.push_frame(final("good morning to you"))
        await pipeline.send(final("good morning to you"))
        await pipeline.until_down(TranscriptionFrame, 2)


async def test_a_confirmed_end_marks_its_own_words_and_no_later_ones() -> None:
    service = Stock()
    async with open_fake_pipeline(service) as pipeline:
        service.request_finalize()
        service.confirm_finalize()
        await service.push_frame(final("good morning to you"))
        await service.push_frame(final("and a tea"))
        service.request_finalize()
        service.confirm_finalize()
        # Nothing new: an end all the same, and the next words are not marked for it.
        await service.push_frame(final("and a tea"))
        await service.push_frame(final("no, a coffee"))
        found = await pipeline.until_down(TranscriptionFrame, 3)
        assert [frame.finalized for frame in found] == [True, False, False]
        await pipeline.until_down(TranscriptSettledFrame)


async def test_a_failure_is_told_once_and_again_when_it_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service = Stock()
    async with open_fake_pipeline(service) as pipeline:
        for _ in range(5):
            await service.push_error("closed")
        await service.push_error("refused")
        monkeypatch.setattr(recognition, "QUIET_SECS", 0.0)
        await service.push_error("closed")
        await pipeline.settle()
        told = [frame.error for frame in pipeline.up if isinstance(frame, ErrorFrame)]
        assert told == ["closed", "refused", "closed"]


async def test_the_end_is_told_though_it_is_no_news() -> None:
    service = Stock()
    async with open_fake_pipeline(service) as pipeline:
        await service.push_error("closed")
        await service.push_error("closed", force_treat_as_permanent=True)
        await pipeline.until_up(ErrorFrame, 2)
        assert not service.is_usable


async def test_a_new_connection_of_the_services_own_is_given_what_the_old_one_left() -> None:
    service = Live()
    async with open_fake_pipeline(service) as pipeline:
        await pipeline.send_up(VADUserStartedSpeakingFrame())
        await pipeline.until_up(VADUserStartedSpeakingFrame)
        await pipeline.send(audio(1), audio(2))
        await pipeline.settle()
        await service.disconnect()
        await pipeline.settle()
        await pipeline.send(audio(3))
        await pipeline.settle()
        assert service.heard == b""
        await service.connect()
        await pipeline.settle()
        await pipeline.send(audio(4))
        await pipeline.settle()
        assert service.heard == b"".join(audio(number).audio for number in (1, 2, 3, 4))


async def test_settled_words_are_not_given_again() -> None:
    service = Live()
    async with open_fake_pipeline(service) as pipeline:
        await pipeline.send_up(VADUserStartedSpeakingFrame())
        await pipeline.until_up(VADUserStartedSpeakingFrame)
        await pipeline.send(audio(1), audio(2))
        await pipeline.send_up(VADUserStoppedSpeakingFrame())
        await pipeline.until_up(VADUserStoppedSpeakingFrame)
        await service.push_frame(final("good morning"))
        await pipeline.send(audio(3))
        await pipeline.settle()
        await service.disconnect()
        await pipeline.settle()
        await service.connect()
        await pipeline.settle()
        assert service.heard == audio(3).audio


async def test_a_service_that_says_nothing_to_speech_is_told_of_once() -> None:
    service = Live()
    async with open_fake_pipeline(service) as pipeline:
        await pipeline.send_up(VADUserStartedSpeakingFrame())
        await pipeline.until_up(VADUserStartedSpeakingFrame)
        await pipeline.send(*[audio(1)] * 900)
        await pipeline.settle()
        assert len([f for f in pipeline.up if isinstance(f, ErrorFrame)]) == 1
        assert service.is_usable


async def test_interim_words_are_a_sign_of_life_of_a_service_that_is_told_of() -> None:
    service = Live()
    async with open_fake_pipeline(service) as pipeline:
        await pipeline.send_up(VADUserStartedSpeakingFrame())
        await pipeline.until_up(VADUserStartedSpeakingFrame)
        for second in range(7):
            await pipeline.send(*[audio(1)] * 50)
            await pipeline.settle()
            await service.push_frame(InterimTranscriptionFrame(f"word {second}", "", ""))
        await pipeline.settle()
        assert not [frame for frame in pipeline.up if isinstance(frame, ErrorFrame)]


async def test_a_service_that_owes_the_last_words_is_told_of_sooner() -> None:
    service = Live()
    async with open_fake_pipeline(service) as pipeline:
        await pipeline.send_up(VADUserStartedSpeakingFrame())
        await pipeline.until_up(VADUserStartedSpeakingFrame)
        await pipeline.send(*[audio(1)] * 50)
        await pipeline.send_up(VADUserStoppedSpeakingFrame())
        await pipeline.until_up(VADUserStoppedSpeakingFrame)
        await pipeline.send(*[audio(0)] * 110)
        await pipeline.until_up(ErrorFrame)


async def test_a_confirmation_that_comes_when_the_caller_speaks_again_marks_nothing() -> None:
    service = Stock()
    async with open_fake_pipeline(service) as pipeline:
        service.request_finalize()
        await pipeline.send_up(VADUserStartedSpeakingFrame())
        await pipeline.until_up(VADUserStartedSpeakingFrame)
        service.confirm_finalize()
        await service.push_frame(final("good morning"))
        finals = await pipeline.until_down(TranscriptionFrame)
        assert not finals[0].finalized
