"""The pipeline of a real session; its room is a microphone and an audio source of the test's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast

from pipecat.frames.frames import Frame, InputAudioRawFrame, StartFrame, TTSSpeakFrame
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.workers.runner import WorkerRunner
from pydantic import SecretStr
from typing_extensions import override

from bench.sound import silence, tone
from bot.call.pipeline import SessionPipeline, build_pipeline
from bot.settings import Settings
from processors.agent_protocol.audience import Audience
from processors.floor import Floor
from processors.room.microphone_signs import MicrophoneSigns
from processors.room.output import RoomOutput
from processors.room.playout import Playout
from processors.turns.voice_activity import WINDOW_SAMPLES, WINDOW_SECS
from tests import fake_openai
from tests.fake_deepgram import FakeDeepgram, open_fake_deepgram
from tests.fake_openai import FakeOpenAI, open_fake_openai
from tests.fake_output import build_output
from tests.waiting import until
from tools.runtime.runtime import ToolRuntime

REPLY_SECS = 20.0
"""Of the bot's voice, whatever it says: no test outlasts it."""


class _Microphone(FrameProcessor):
    def __init__(self) -> None:
        super().__init__(enable_direct_mode=True)
        self.has_begun = asyncio.Event()

    @override
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        await self.push_frame(frame, direction)
        if isinstance(frame, StartFrame):
            self.has_begun.set()


class _Room:
    """What a room's transport is to the pipeline."""

    def __init__(self, floor: Floor) -> None:
        self.sound = _Microphone()
        self.microphone = MicrophoneSigns()
        self.microphone.came(is_muted=False)
        self._output = build_output(floor=floor)

    def input(self) -> FrameProcessor:
        return self.sound

    def output(self) -> RoomOutput:
        return self._output

    @property
    def playout(self) -> Playout:
        return self._output.playout

    @property
    def heard_text(self) -> str:
        return self._output.heard_text


class WiredCall:
    """A call whose recogniser, model and voice say what the test wants."""

    def __init__(self, recogniser: FakeDeepgram, openai: FakeOpenAI, settings: Settings) -> None:
        self.recogniser = recogniser
        self.openai = openai
        self.floor = Floor()
        self.room = _Room(self.floor)
        self.spoken_secs = 0.0
        """Of audio that the microphone has given."""
        self.pipeline: SessionPipeline = build_pipeline(
            settings=settings,
            session_id="s1",
            transport=cast(Any, self.room),
            floor=self.floor,
            audience=Audience(floor=Floor(), listeners=[]),
            tools=ToolRuntime(tools=[], resources={}),
        )

    @property
    def asked(self) -> list[list[tuple[str, str]]]:
        """Who said what, without the system prompt, in each request to the model."""
        requests = [request["messages"] for request in self.openai.requests]
        return [
            [(m["role"], m["content"]) for m in each if m["role"] != "system"] for each in requests
        ]

    @property
    def is_held(self) -> bool:
        """The bot's voice stands still."""
        return self.room.playout.is_paused

    @property
    def is_audible(self) -> bool:
        """Something of the bot's words is unplayed."""
        return self.room.playout.is_audible

    async def bot_says(self, text: str) -> None:
        """The bot speaks, and is heard doing so."""
        await self.pipeline.worker.queue_frame(TTSSpeakFrame(text))
        await self.until(lambda: self.floor.is_bot_speaking)

    async def hear(self, pcm: bytes) -> None:
        """The microphone gives sound at 16 kHz, faster than it is made."""
        size = 2 * WINDOW_SAMPLES
        for start in range(0, len(pcm), size):
            window = pcm[start : start + size].ljust(size, b"\0")
            frame = InputAudioRawFrame(window, 16_000, 1)
            await self.room.sound.push_frame(frame)
            self.spoken_secs += WINDOW_SECS
            # As in a call, others get their turn between two frames.
            await asyncio.sleep(0.001)

    async def hush(self, secs: float) -> None:
        """Nobody speaks."""
        await self.hear(silence(secs))

    async def final(
        self, text: str, *, from_finalize: bool = False, end_secs: float | None = None
    ) -> None:
        """The recogniser says final words, about all it was given or the sound up to a time.

        Of 0.0 it does not say which sound they are about.
        """
        await self._say(text, is_final=True, from_finalize=from_finalize, end_secs=end_secs)

    async def interim(self, text: str, *, end_secs: float | None = None) -> None:
        """The recogniser shows words that may change."""
        await self._say(text, is_final=False, end_secs=end_secs)

    async def until(self, condition: Any) -> None:
        async def is_met() -> bool:
            return bool(condition())

        await until(is_met)

    async def _say(
        self,
        text: str,
        *,
        is_final: bool,
        from_finalize: bool = False,
        end_secs: float | None = None,
    ) -> None:
        await self.recogniser.until(audio_bytes=round(self.spoken_secs * 32_000))
        if end_secs is None:
            end_secs = self.spoken_secs
        span_secs = (max(0.0, end_secs - 1.0), end_secs)
        await self.recogniser.say(
            text, is_final=is_final, from_finalize=from_finalize, span_secs=span_secs
        )
        # What is said next is answered when this was taken.
        await asyncio.sleep(0.05)


@asynccontextmanager
async def open_wired_call(settings: Settings, **changes: object) -> AsyncGenerator[WiredCall]:
    """Run a call until the block ends; `changes` are settings."""
    async with open_fake_deepgram() as recogniser, open_fake_openai() as openai:
        voice = tone(220.0, REPLY_SECS)
        openai.speech = fake_openai.pcm(voice)
        openai.answers = [fake_openai.chat(*fake_openai.text("I see."))] * 50
        update = {
            "deepgram_base_url": recogniser.base_url,
            "deepgram_api_key": SecretStr("k"),
            "openai_base_url": openai.base_url,
            "openai_api_key": SecretStr("k"),
            **changes,
        }
        call = WiredCall(recogniser, openai, settings.model_copy(update=update))
        runner = WorkerRunner(handle_sigint=False, handle_sigterm=False)
        worker = call.pipeline.worker
        await runner.add_workers(worker)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(runner.run())
            try:
                await call.room.sound.has_begun.wait()
                yield call
            finally:
                await worker.cancel()
