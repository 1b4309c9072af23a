"""Two recognisers in the place of one, with their stand-in servers, and a caller."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pipecat.frames.frames import (
    ErrorFrame,
    InputAudioRawFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.services.stt_service import STTService

from processors.fallback import Fallback
from processors.speech_to_text.assemblyai import AssemblyAISpeechToText
from processors.speech_to_text.deepgram import DeepgramSpeechToText
from processors.speech_to_text.openai import OpenAISpeechToText
from processors.speech_to_text.with_fallback import SpeechToTextWithFallback
from tests.fake_deepgram import FakeDeepgram, open_fake_deepgram
from tests.fake_pipeline import FakePipeline, open_fake_pipeline
from tests.services.stand_ins.assemblyai import FakeAssemblyAI, open_fake_assemblyai
from tests.services.stand_ins.whisper_server import FakeWhisperServer, open_fake_whisper_server

FRAME_BYTES = 640
"""20 ms at 16 kHz."""
Voice = VADUserStartedSpeakingFrame | VADUserStoppedSpeakingFrame
STARTED, STOPPED = VADUserStartedSpeakingFrame, VADUserStoppedSpeakingFrame


@dataclass
class Pair:
    """Two recognisers, and a caller."""

    pipeline: FakePipeline
    service: SpeechToTextWithFallback
    times: dict[type, int]

    def finals(self) -> list[str]:
        return [frame.text for frame in self.pipeline.down if isinstance(frame, TranscriptionFrame)]

    def errors(self) -> list[ErrorFrame]:
        return [frame for frame in self.pipeline.up if isinstance(frame, ErrorFrame)]

    async def voice(
        self, kind: type[VADUserStartedSpeakingFrame | VADUserStoppedSpeakingFrame]
    ) -> None:
        self.times[kind] = self.times.get(kind, 0) + 1
        await self.pipeline.send_up(kind())
        await self.pipeline.until_up(kind, self.times[kind])

    async def speak(self, *numbers: int) -> None:
        """Make 20 ms of sound for each number."""
        await self.pipeline.send(*[audio(number) for number in numbers])


def audio(number: int) -> InputAudioRawFrame:
    return InputAudioRawFrame(bytes([number]) * FRAME_BYTES, 16_000, 1)


@asynccontextmanager
async def pair_of(
    first: STTService, second: STTService, *, rest_secs: float = 30.0
) -> AsyncGenerator[Pair]:
    service = SpeechToTextWithFallback(first, second, fallback=Fallback(rest_secs=rest_secs))
    async with open_fake_pipeline(service) as pipeline:
        yield Pair(pipeline, service, {})


@asynccontextmanager
async def live_pair(
    rest_secs: float = 30.0,
) -> AsyncGenerator[tuple[Pair, FakeDeepgram, FakeAssemblyAI]]:
    async with open_fake_deepgram() as one, open_fake_assemblyai() as two:
        first = DeepgramSpeechToText(api_key="k", base_url=one.base_url)
        second = AssemblyAISpeechToText(api_key="k", base_url=two.base_url)
        async with pair_of(first, second, rest_secs=rest_secs) as pair:
            yield pair, one, two


@asynccontextmanager
async def segment_spare() -> AsyncGenerator[tuple[Pair, FakeDeepgram, FakeWhisperServer]]:
    async with open_fake_deepgram() as one, open_fake_whisper_server() as two:
        first = DeepgramSpeechToText(api_key="k", base_url=one.base_url)
        second = OpenAISpeechToText(api_key="k", base_url=two.base_url)
        async with pair_of(first, second) as pair:
            yield pair, one, two


def sound(*numbers: int) -> bytes:
    return b"".join(audio(number).audio for number in numbers)
