"""Our captions and presence on a bot of your own: here a parrot, which needs no language model.

Whoever looks at the room with one of LiveKit's clients sees both sides' words as they are said and
what the bot is doing; `examples/quickstart.py` says which variables of the environment it needs.

    python -m examples.captions_and_presence hello
"""

from __future__ import annotations

import asyncio
import os
import sys

from livekit import rtc
from livekit.api import AccessToken, VideoGrants
from pipecat.frames import frames
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.runner.livekit import livekit_credentials
from pipecat.services.deepgram.stt import DeepgramSTTService
from pipecat.services.openai.tts import OpenAITTSService
from pipecat.workers.runner import WorkerRunner
from typing_extensions import override

from processors.agent_protocol.audience import Audience
from processors.agent_protocol.captions import Captions
from processors.agent_protocol.observer import ConversationObserver
from processors.agent_protocol.presence import Presence
from processors.floor import Floor
from processors.room.transport import RoomTransport


class Parrot(FrameProcessor):
    """Your bot: says what it has heard."""

    @override
    async def process_frame(self, frame: frames.Frame, direction: FrameDirection) -> None:
        """Answer the caller's turn."""
        await super().process_frame(frame, direction)
        if not isinstance(frame, frames.LLMContextFrame):
            await self.push_frame(frame, direction)
            return
        turn = frame.context.get_messages()[-1]
        heard = turn.get("content") if isinstance(turn, dict) else ""
        await self.push_frame(frames.LLMFullResponseStartFrame())
        await self.push_frame(frames.LLMTextFrame(f"You said: {heard}"))
        await self.push_frame(frames.LLMFullResponseEndFrame())


async def main() -> None:
    """Join the room and repeat what is said there, until the caller leaves."""
    url, key, secret = livekit_credentials()
    # What the bot is doing is written into its own attributes.
    grants = VideoGrants(room_join=True, room=sys.argv[1], agent=True, can_update_own_metadata=True)
    token = AccessToken(key, secret).with_identity("parrot").with_kind("agent").with_grants(grants)
    room = rtc.Room()
    transport = RoomTransport(
        room=room,
        connect=lambda: room.connect(url, token.to_jwt()),
        caller_identity=None,
        floor=Floor(),
    )
    floor = Floor()
    captions = Captions(room=room, floor=floor, caller_identity=lambda: transport.caller_identity)
    audience = Audience(floor=floor, listeners=[Presence(room=room, floor=floor), captions])
    user, assistant = LLMContextAggregatorPair(LLMContext())
    stt = DeepgramSTTService(
        api_key=os.environ["DEEPGRAM_API_KEY"], base_url=os.getenv("DEEPGRAM_BASE_URL", "")
    )
    tts = OpenAITTSService(api_key=os.environ["OPENAI_API_KEY"])
    worker = PipelineWorker(
        Pipeline([transport.input(), stt, user, Parrot(), tts, transport.output(), assistant]),
        params=PipelineParams(audio_in_sample_rate=16_000, audio_out_sample_rate=24_000),
        observers=[ConversationObserver(audience=audience)],
        enable_rtvi=False,
    )

    async def show_ready(*_: object) -> None:
        audience.tell(lambda to: to.began())

    async def leave(*_: object) -> None:
        await worker.cancel()

    worker.add_event_handler("on_pipeline_started", show_ready)
    transport.add_event_handler("on_client_disconnected", leave)
    runner = WorkerRunner()
    await runner.add_workers(worker)
    await runner.run()
    await audience.close(reason="caller_left")
    await room.disconnect()


if __name__ == "__main__":
    asyncio.run(main())
