"""Plain Pipecat: the pipeline that `pipecat init` writes, on its LiveKit transport.

One process a bot. Nothing is tuned; only the providers' addresses are set. Runs in the product's
own environment.
"""

from __future__ import annotations

import argparse
import asyncio

from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.frames.frames import LLMRunFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMContextAggregatorPair,
    LLMUserAggregatorParams,
)
from pipecat.services.deepgram.flux.stt import DeepgramFluxSTTService
from pipecat.services.deepgram.stt import DeepgramSTTService
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.services.openai.stt import OpenAISTTService
from pipecat.services.openai.tts import OpenAITTSService
from pipecat.services.stt_service import STTService
from pipecat.transports.base_transport import BaseTransport
from pipecat.transports.livekit.transport import LiveKitParams, LiveKitTransport
from pipecat.workers.runner import WorkerRunner

from bench.standin.sets import Recogniser

_INSTRUCTION = "You are a helpful assistant in a voice conversation. Answer briefly."


def build_recogniser(recogniser: Recogniser, *, websocket_url: str, openai_url: str) -> STTService:
    """Return the service that the template takes for a recogniser."""
    match recogniser:
        case "flux":
            return DeepgramFluxSTTService(api_key="bench", url=f"{websocket_url}/v2/listen")
        case "whisper":
            return OpenAISTTService(api_key="bench", base_url=openai_url)
        case "prompt" | "nova":
            return DeepgramSTTService(api_key="bench", base_url=websocket_url)


def build_worker(
    transport: BaseTransport,
    *,
    websocket_url: str,
    openai_url: str,
    recogniser: Recogniser = "prompt",
) -> tuple[PipelineWorker, LLMContext]:
    """Return the template's pipeline around `transport`, and its context."""
    stt = build_recogniser(recogniser, websocket_url=websocket_url, openai_url=openai_url)
    tts = OpenAITTSService(
        api_key="bench",
        base_url=openai_url,
        settings=OpenAITTSService.Settings(voice="alloy"),
    )
    llm = OpenAILLMService(
        api_key="bench",
        base_url=openai_url,
        settings=OpenAILLMService.Settings(model="gpt-4.1", system_instruction=_INSTRUCTION),
    )
    context = LLMContext()
    user_aggregator, assistant_aggregator = LLMContextAggregatorPair(
        context, user_params=LLMUserAggregatorParams(vad_analyzer=SileroVADAnalyzer())
    )
    pipeline = Pipeline(
        [
            transport.input(),
            stt,
            user_aggregator,
            llm,
            tts,
            transport.output(),
            assistant_aggregator,
        ]
    )
    params = PipelineParams(enable_metrics=True, enable_usage_metrics=True)
    return PipelineWorker(pipeline, params=params), context


async def _run(options: argparse.Namespace) -> None:
    params = LiveKitParams(audio_in_enabled=True, audio_out_enabled=True)
    transport = LiveKitTransport(options.url, options.token, options.room, params)
    worker, context = build_worker(
        transport,
        websocket_url=options.websocket_url,
        openai_url=options.openai_url,
        recogniser=options.recogniser,
    )
    runner = WorkerRunner(handle_sigint=True)
    await runner.add_workers(worker)

    async def greet(_transport: object, _client: object) -> None:
        greeting = "Start by concisely introducing yourself."
        context.add_message({"role": "developer", "content": greeting})
        await worker.queue_frames([LLMRunFrame()])

    async def stop(_transport: object, _client: object) -> None:
        await runner.cancel()

    transport.add_event_handler("on_client_connected", greet)
    transport.add_event_handler("on_client_disconnected", stop)
    await runner.run()


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    names = ("--url", "--token", "--room", "--websocket-url", "--openai-url", "--recogniser")
    for name in names:
        parser.add_argument(name, required=True)
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    _main()
