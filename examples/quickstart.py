"""Pipecat's quickstart with our turn taking and play-out; all else is Pipecat's own.

The bot waits for you in a LiveKit room. With keys for Deepgram and OpenAI in the environment:

    export LIVEKIT_URL=... LIVEKIT_API_KEY=... LIVEKIT_API_SECRET=...
    export DEEPGRAM_API_KEY=... OPENAI_API_KEY=...
    python -m examples.quickstart --room hello

Without, beside `python -m bot.local --port 8090`, any words do for keys, with
`DEEPGRAM_BASE_URL=ws://127.0.0.1:8090 OPENAI_BASE_URL=http://127.0.0.1:8090/v1`.
Outside this repository `processors` is called `parley_processors`.
"""

from __future__ import annotations

import asyncio
import os

from livekit import rtc
from pipecat.frames.frames import LLMRunFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMAssistantAggregator,
    LLMUserAggregatorParams,
)
from pipecat.runner.livekit import configure
from pipecat.services.deepgram.stt import DeepgramSTTService
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.services.openai.tts import OpenAITTSService
from pipecat.turns.user_turn_strategies import UserTurnStrategies
from pipecat.workers.runner import WorkerRunner

from processors.floor import Floor
from processors.room.transport import RoomTransport
from processors.turns.analyzer import TurnAnalyzer
from processors.turns.caller_side import CallerSide
from processors.turns.end import TurnEnd
from processors.turns.start import TurnStart
from processors.turns.voice_activity import VoiceActivity


async def run_bot(transport: RoomTransport, floor: Floor) -> None:
    """Talk with whoever comes first, until they leave."""
    context = LLMContext([{"role": "system", "content": "You are a friendly voice assistant."}])
    voice_activity = VoiceActivity()
    start = TurnStart(
        voice_activity=voice_activity,
        floor=floor,
        is_audible=lambda: transport.playout.is_audible,
        heard_text=lambda: transport.heard_text,
    )
    end = TurnEnd(voice_activity=voice_activity, floor=floor, analyzer=TurnAnalyzer())
    turns = UserTurnStrategies(start=[start], stop=[end])
    params = LLMUserAggregatorParams(vad_analyzer=voice_activity, user_turn_strategies=turns)
    stt = DeepgramSTTService(
        api_key=os.environ["DEEPGRAM_API_KEY"], base_url=os.getenv("DEEPGRAM_BASE_URL", "")
    )
    pipeline = Pipeline(
        [
            transport.input(),
            stt,
            CallerSide(context, floor=floor, params=params),
            OpenAILLMService(api_key=os.environ["OPENAI_API_KEY"]),
            OpenAITTSService(api_key=os.environ["OPENAI_API_KEY"]),
            transport.output(),
            LLMAssistantAggregator(context),
        ]
    )
    rates = PipelineParams(audio_in_sample_rate=16_000, audio_out_sample_rate=24_000)
    worker = PipelineWorker(pipeline, params=rates, enable_rtvi=False)

    async def greet(*_: object) -> None:
        await worker.queue_frame(LLMRunFrame())

    async def leave(*_: object) -> None:
        await worker.cancel()

    transport.add_event_handler("on_client_connected", greet)
    transport.add_event_handler("on_client_disconnected", leave)
    runner = WorkerRunner()
    await runner.add_workers(worker)
    await runner.run()


async def main() -> None:
    """Join the room and hold the conversation."""
    url, token, _ = await configure()
    room, floor = rtc.Room(), Floor()
    transport = RoomTransport(
        room=room, connect=lambda: room.connect(url, token), caller_identity=None, floor=floor
    )
    await run_bot(transport, floor)
    await room.disconnect()


if __name__ == "__main__":
    asyncio.run(main())
