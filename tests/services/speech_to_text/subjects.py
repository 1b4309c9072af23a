"""Every recogniser of the conformance suite, each with its stand-in server."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from http import HTTPStatus

from openai import DefaultAsyncHttpxClient
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.services.assemblyai.stt import AssemblyAISTTService
from pipecat.services.groq.stt import GroqSTTService

from processors.speech_to_text.assemblyai import AssemblyAISpeechToText
from processors.speech_to_text.deepgram import DeepgramSpeechToText
from processors.speech_to_text.deepgram_flux import FluxSpeechToText
from processors.speech_to_text.live_recognition import LiveRecognition
from processors.speech_to_text.openai import OpenAISpeechToText
from processors.speech_to_text.segment_recognition import SegmentRecognition
from processors.speech_to_text.with_fallback import SpeechToTextWithFallback
from tests.fake_deepgram import open_fake_deepgram
from tests.fake_pipeline import open_fake_pipeline
from tests.services.speech_to_text.ears import (
    AssemblyAIEar,
    Ear,
    FluxEar,
    LiveEar,
    PairEar,
    SegmentEar,
    StockLiveEar,
)
from tests.services.stand_ins.assemblyai import open_fake_assemblyai
from tests.services.stand_ins.flux import open_fake_flux
from tests.services.stand_ins.whisper_server import open_fake_whisper_server


class StockSegments(SegmentRecognition, GroqSTTService):
    """One of Pipecat's own services inside the bare layer."""


class StockLive(LiveRecognition, AssemblyAISTTService):
    """Another one, with a websocket of Pipecat's own."""


_PATIENCE_SECS = 2.0
"""Longer than a busy machine takes to answer; only servers that hang make a test wait for it."""


async def _deepgram(stack: AsyncExitStack, language: str) -> tuple[Ear, FrameProcessor]:
    fake = await stack.enter_async_context(open_fake_deepgram())
    service = DeepgramSpeechToText(api_key="secret", base_url=fake.base_url, language=language)
    return LiveEar(fake), service


async def _assemblyai(stack: AsyncExitStack, language: str) -> tuple[Ear, FrameProcessor]:
    fake = await stack.enter_async_context(open_fake_assemblyai())
    service = AssemblyAISpeechToText(api_key="secret", base_url=fake.base_url, language=language)
    return AssemblyAIEar(fake), service


async def _flux(stack: AsyncExitStack, language: str) -> tuple[Ear, FrameProcessor]:
    fake = await stack.enter_async_context(open_fake_flux())
    service = FluxSpeechToText(
        api_key="secret", base_url=fake.base_url, model="flux-general-multi", language=language
    )
    return FluxEar(fake), service


async def _openai(stack: AsyncExitStack, language: str) -> tuple[Ear, FrameProcessor]:
    fake = await stack.enter_async_context(open_fake_whisper_server())
    service = OpenAISpeechToText(
        api_key="secret", base_url=fake.base_url, language=language, patience_secs=_PATIENCE_SECS
    )
    return SegmentEar(fake), service


async def _stock_segments(stack: AsyncExitStack, language: str) -> tuple[Ear, FrameProcessor]:
    fake = await stack.enter_async_context(open_fake_whisper_server())
    client = await stack.enter_async_context(DefaultAsyncHttpxClient())
    service = StockSegments(
        api_key="secret",
        base_url=fake.base_url,
        settings=GroqSTTService.Settings(language=language or "en"),
        # Pipecat's service never closes its own.
        http_client=client,
        patience_secs=_PATIENCE_SECS,
    )
    return SegmentEar(fake), service


async def _stock_live(stack: AsyncExitStack, language: str) -> tuple[Ear, FrameProcessor]:
    fake = await stack.enter_async_context(open_fake_assemblyai())
    # Pipecat's service sends what is left at the end, and then waits 5 s for a farewell.
    fake.is_strict = False
    settings = AssemblyAISTTService.Settings(language_code=language or None)
    service = StockLive(
        api_key="secret", api_endpoint_base_url=f"{fake.base_url}/v3/ws", settings=settings
    )
    return StockLiveEar(fake), service


async def _fallback(stack: AsyncExitStack, language: str) -> tuple[Ear, FrameProcessor]:
    """The first is well; that it fails is another test's matter."""
    fake = await stack.enter_async_context(open_fake_deepgram())
    spare = await stack.enter_async_context(open_fake_whisper_server())
    spare.refusals = [500] * 100
    return PairEar(fake), SpeechToTextWithFallback(
        DeepgramSpeechToText(api_key="secret", base_url=fake.base_url, language=language),
        OpenAISpeechToText(api_key="secret", base_url=spare.base_url, patience_secs=_PATIENCE_SECS),
    )


EARS = {
    "deepgram": _deepgram,
    "assemblyai": _assemblyai,
    "flux": _flux,
    "openai": _openai,
    "stock_segments": _stock_segments,
    "stock_live": _stock_live,
    "fallback": _fallback,
}


@asynccontextmanager
async def open_ear(name: str, *, language: str = "", refused: int = 0) -> AsyncGenerator[Ear]:
    """Run a recogniser.

    Args:
        name: In `EARS`.
        language: A BCP-47 tag.
        refused: HTTP status of every answer, from the start.
    """
    async with AsyncExitStack() as stack:
        ear, ear.service = await EARS[name](stack, language)
        if refused:
            ear.refuse(HTTPStatus(refused), 100)
        ear.pipeline = await stack.enter_async_context(open_fake_pipeline(ear.service))
        yield ear
