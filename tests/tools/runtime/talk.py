"""A conversation in text: the real model and voice services, output and aggregators, our runtime.

Only the servers and the room's audio source are doubled; what was spoken is what was played.
"""

from __future__ import annotations

import array
import asyncio
import itertools
import json
import re
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

from aiohttp import web
from pipecat.frames.frames import (
    EagerEndOfTurnCancelFrame,
    Frame,
    InterruptionFrame,
    LLMContextFrame,
    LLMMessagesAppendFrame,
    TranscriptionFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMAssistantAggregator,
    LLMUserAggregatorParams,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.turns.user_turn_strategies import ExternalUserTurnStrategies
from pipecat.workers.runner import WorkerRunner
from typing_extensions import override

from processors.floor import Floor
from processors.frames import HeardTextFrame, PlayoutStartedFrame
from processors.room.output import OUTPUT_SAMPLE_RATE_HZ
from processors.text_to_speech.openai import OpenAITextToSpeech
from processors.turns.caller_side import CallerSide
from processors.turns.words_once import WordsOnce
from tests import fake_openai
from tests.fake_openai import FakeOpenAI, open_fake_openai
from tests.fake_output import build_output
from tests.model_with_tools import LanguageModel
from tests.tools.calls.test_ledger_model import assert_well_formed
from tools.calls.commands import CallEvent
from tools.runtime.runtime import ToolRuntime
from tools.tool import Tool

_LIMIT_SECS = 30.0
_call_numbers = itertools.count(1)


class Ear(FrameProcessor):
    """What the caller hears: the words played, one entry for each time of speaking."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []
        self.refusals: list[EagerEndOfTurnCancelFrame] = []
        """Of answers made ahead of the turn's end, as the turn's strategies get them."""

    @override
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, PlayoutStartedFrame):
            self.heard.append("")
        elif isinstance(frame, HeardTextFrame):
            self.heard[-1] += frame.text
        elif isinstance(frame, EagerEndOfTurnCancelFrame):
            self.refusals.append(frame)
        await self.push_frame(frame, direction)


class Talk:
    """One conversation under test."""

    def __init__(
        self,
        fake: FakeOpenAI,
        tools: Iterable[Tool],
        resources: Mapping[str, object],
        *,
        model_url: str = "",
    ) -> None:
        self.fake = fake
        self.events: list[CallEvent] = []
        self.skipped_secs = 0.0
        """How much later it is for the runtime than it is."""
        floor = Floor(clock_secs=self._now_secs)
        self.runtime = ToolRuntime(
            tools=tools,
            resources=resources,
            on_event=self.events.append,
            floor=floor,
            clock=self._now_secs,
        )
        self.context = LLMContext(tools=list(self.runtime.function_schemas()))
        self.speech_secs = 0.05
        self.speech_delay_secs = 0.0
        self._stands_at_secs: float | None = None
        self.ear = Ear()
        self.voice = OpenAITextToSpeech(api_key="key", base_url=fake.base_url)
        fake.speech = self._speech
        self.model = LanguageModel(
            api_key="key",
            base_url=model_url or fake.base_url,
            voice=self.voice,
            tools=self.runtime,
        )
        self.worker = self._build_worker(floor)

    def _build_worker(self, floor: Floor) -> PipelineWorker:
        caller = CallerSide(
            self.context,
            floor=floor,
            # Without audio the same words twice would be one utterance.
            words=WordsOnce(),
            # Turns are made by the test.
            params=LLMUserAggregatorParams(
                user_turn_strategies=ExternalUserTurnStrategies(), user_turn_stop_timeout=0.2
            ),
        )
        return PipelineWorker(
            Pipeline(
                [
                    caller,
                    self.model,
                    self.voice,
                    build_output(floor=floor),
                    self.ear,
                    LLMAssistantAggregator(self.context),
                ]
            ),
            params=PipelineParams(audio_out_sample_rate=OUTPUT_SAMPLE_RATE_HZ),
            enable_rtvi=False,
            idle_timeout_secs=None,
        )

    @property
    def spoken(self) -> list[str]:
        """What the caller has heard so far."""
        return [words.strip() for words in self.ear.heard if words.strip()]

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The context, checked for what the API of the model accepts."""
        messages = [cast("dict[str, Any]", message) for message in self.context.messages]
        assert_well_formed(messages)
        return messages

    def result_of(self, call_id: str) -> dict[str, Any]:
        for message in self.messages:
            if message.get("tool_call_id") == call_id:
                return json.loads(message["content"])
        raise AssertionError(f"no result of {call_id}")

    def model_says(self, *replies: list[dict[str, Any]]) -> None:
        """Script the next answers of the model."""
        self.fake.answers += [fake_openai.chat(*deltas) for deltas in replies]

    async def caller_says(self, text: str, *, is_speculation: bool = False) -> None:
        """Let the caller have a turn; as in a voice call it interrupts whatever is going on."""
        await self.caller_begins()
        if is_speculation:
            messages = [*self.context.messages, {"role": "user", "content": text}]
            context = LLMContext(messages=cast(Any, messages), tools=self.context.tools)
            await self.worker.queue_frame(LLMContextFrame(context=context, speculation=True))
            return
        words = TranscriptionFrame(text, "caller", "2026-01-01T00:00:00Z")
        await self.worker.queue_frame(words)
        await self.caller_ends()

    async def caller_types(self, text: str) -> None:
        """Let the caller type, as `bot/call/lines.py` has it answered."""
        message: Any = {"role": "user", "content": text}
        append = LLMMessagesAppendFrame([message], run_llm=True)
        await self.worker.queue_frames([InterruptionFrame(), append])

    async def caller_begins(self) -> None:
        await self.worker.queue_frames([InterruptionFrame(), UserStartedSpeakingFrame()])
        await asyncio.sleep(0.02)

    async def caller_ends(self) -> None:
        await self.worker.queue_frame(UserStoppedSpeakingFrame())

    def stop_clock(self) -> None:
        """From now on time passes for the runtime by `skipped_secs`, and a bit at each look."""
        self._stands_at_secs = time.monotonic()

    def _now_secs(self) -> float:
        if self._stands_at_secs is None:
            return time.monotonic() + self.skipped_secs
        # Of two events one is the later.
        self._stands_at_secs += 1e-4
        return self._stands_at_secs + self.skipped_secs

    async def _speech(self, request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(self.speech_delay_secs)
        samples = round(self.speech_secs * OUTPUT_SAMPLE_RATE_HZ / 2)
        return await fake_openai.pcm(array.array("h", [5000, -5000] * samples).tobytes())(request)

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for something to become true."""
        async with asyncio.timeout(_LIMIT_SECS):
            while not condition():  # noqa: ASYNC110 - what is waited for has no event
                await asyncio.sleep(0.01)

    async def until_spoken(self, text: str) -> None:
        try:
            await self.until(lambda: any(text in spoken for spoken in self.spoken))
        except TimeoutError:
            raise AssertionError(f"{text!r} is not in {self.spoken}") from None


@asynccontextmanager
async def open_talk(
    tools: Iterable[Tool], *, resources: Mapping[str, object] | None = None, base_url: str = ""
) -> AsyncGenerator[Talk]:
    """Run a conversation; everything is gone afterwards.

    Args:
        tools: Of the session.
        resources: Of the tools.
        base_url: Of a model other than the scripted one; its key is "key".
    """
    async with open_fake_openai() as fake:
        talk = Talk(fake, tools, resources or {}, model_url=base_url)
        runner = WorkerRunner(handle_sigint=False, handle_sigterm=False)
        await runner.add_workers(talk.worker)
        running = asyncio.create_task(runner.run())
        try:
            yield talk
        finally:
            await talk.runtime.aclose(grace_secs=0.5)
            await talk.worker.cancel()
            await running


def words(text: str) -> list[dict[str, Any]]:
    """A reply in words."""
    return fake_openai.text(*re.findall(r"\S+\s*", text))


def calls(*wanted: tuple[str, dict[str, Any] | str], text: str = "") -> list[dict[str, Any]]:
    """A reply that calls tools, perhaps after some words."""
    deltas = words(text) if text else []
    for index, (name, arguments) in enumerate(wanted):
        plain = arguments if isinstance(arguments, str) else json.dumps(arguments)
        function = {"name": name, "arguments": plain}
        call = {
            "index": index,
            "id": f"call-{next(_call_numbers)}",
            "type": "function",
            "function": function,
        }
        deltas.append({"tool_calls": [call]})
    return deltas


def id_of(reply: list[dict[str, Any]], index: int = 0) -> str:
    """The id of a call in a reply made by `calls`."""
    found = [delta["tool_calls"][0]["id"] for delta in reply if "tool_calls" in delta]
    return found[index]
