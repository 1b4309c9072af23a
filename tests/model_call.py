"""A call with an unkind model server: our model and voice, Pipecat's aggregators, and an ear.

What is asserted is what the ear heard, text after the voice, and what the context holds.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, cast

from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    EagerEndOfTurnCancelFrame,
    ErrorFrame,
    Frame,
    LLMContextFrame,
    LLMMessagesAppendFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    TTSTextFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker, ProcessorUnusablePolicy
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMContextAggregatorPair,
    LLMUserAggregatorParams,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.turns.user_turn_strategies import ExternalUserTurnStrategies
from pipecat.workers.runner import WorkerRunner
from typing_extensions import override

from processors.language_model.excuses import Excuses
from processors.text_to_speech.openai import OpenAITextToSpeech
from tests.model_with_tools import LanguageModel
from tests.tools.calls.test_ledger_model import assert_well_formed
from tests.unkind_server import UnkindServer, open_unkind_server
from tools.runtime.runtime import ToolRuntime
from tools.tool import Tool

EXCUSES = Excuses(
    apology="Sorry, I lost that.",
    slow="One moment.",
    cut="That was cut short.",
    after_tool="I have it and cannot say it.",
    filtered="I cannot talk about that.",
    unspeakable="I can only show that.",
    unusable="I cannot think any more.",
)
GREETING = "Hello, how can I help?"
SYSTEM_PROMPT = "Be kind."

_LIMIT_SECS = 30.0


class Ear(FrameProcessor):
    """Stands behind the voice, where the play-out is, and notes what was spoken."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []
        self.withdrawn = 0
        """Answers to turns that might have gone on."""

    @override
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, TTSStartedFrame):
            await self.broadcast_frame(BotStartedSpeakingFrame)
        elif isinstance(frame, TTSStoppedFrame):
            await self.broadcast_frame(BotStoppedSpeakingFrame)
        elif isinstance(frame, TTSTextFrame):
            self.heard.append(frame.text)
        elif isinstance(frame, EagerEndOfTurnCancelFrame):
            self.withdrawn += 1
        await self.push_frame(frame, direction)


BuildModel = Callable[..., Any]
"""Builds the model, given its server and what a model is made with."""


def build_openai(server: UnkindServer, **options: Any) -> LanguageModel:
    """Build the model of a call as the application does."""
    changes: dict[str, Any] = {"model": "m", "system_instruction": SYSTEM_PROMPT}
    changes |= options.pop("settings", {})
    settings = OpenAILLMService.Settings(**changes)
    return LanguageModel(api_key="key", base_url=server.base_url, settings=settings, **options)


class ModelCall:
    """One call under test."""

    def __init__(self, server: UnkindServer, tools: Iterable[Tool], options: dict[str, Any]):
        self.server = server
        self.runtime = ToolRuntime(tools=tools, resources={})
        self.context = LLMContext(
            messages=[{"role": "assistant", "content": GREETING}],
            tools=list(self.runtime.function_schemas()),
        )
        voice = OpenAITextToSpeech(api_key="key", base_url=server.base_url)
        build: BuildModel = options.pop("build", build_openai)
        options = {"excuses": EXCUSES, **options}
        self.model = build(server, voice=voice, tools=self.runtime, **options)
        self.ear = Ear()
        self.errors: list[ErrorFrame] = []
        pair = LLMContextAggregatorPair(
            self.context,
            user_params=LLMUserAggregatorParams(
                user_turn_strategies=ExternalUserTurnStrategies(), user_turn_stop_timeout=0.2
            ),
        )
        self.worker = PipelineWorker(
            Pipeline([pair.user(), self.model, voice, self.ear, pair.assistant()]),
            enable_rtvi=False,
            idle_timeout_secs=None,
            processor_unusable_policy=ProcessorUnusablePolicy.CONTINUE,
        )

        @self.worker.event_handler("on_pipeline_error")
        async def on_pipeline_error(_: object, frame: ErrorFrame) -> None:
            self.errors.append(frame)

        del on_pipeline_error

    @property
    def heard(self) -> str:
        """All the caller heard."""
        return " ".join(" ".join(self.ear.heard).split())

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The context, checked for what the API of the model accepts."""
        messages = [
            cast("dict[str, Any]", message)
            for message in self.context.messages
            # Thoughts are kept for their vendor only.
            if isinstance(message, dict)
        ]
        assert_well_formed(messages)
        return messages

    @property
    def said(self) -> str:
        """What the context holds of the bot's words, without the greeting."""
        words = [
            str(message["content"])
            for message in self.messages[1:]
            if message["role"] == "assistant" and message.get("content")
        ]
        return " ".join(" ".join(words).split())

    @property
    def results(self) -> list[str]:
        """The results of calls in the context."""
        return [str(m["content"]) for m in self.messages if m["role"] == "tool"]

    async def caller_says(self, words: str = "Hi") -> None:
        """Let the caller have a turn."""
        message: Any = {"role": "user", "content": words}
        await self.worker.queue_frame(LLMMessagesAppendFrame([message], run_llm=True))

    async def caller_pauses(self, words: str = "Hi") -> None:
        """Let the model be asked about words of a turn that may go on."""
        await self.worker.queue_frame(UserStartedSpeakingFrame())
        messages: Any = [*self.context.messages, {"role": "user", "content": words}]
        context = LLMContext(messages=messages, tools=self.context.tools)
        await self.worker.queue_frame(LLMContextFrame(context=context, speculation=True))

    async def caller_ends(self) -> None:
        """The turn was over after all."""
        await self.worker.queue_frame(UserStoppedSpeakingFrame())

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for something to become true."""
        async with asyncio.timeout(_LIMIT_SECS):
            while not condition():  # noqa: ASYNC110 - what is waited for has no event
                await asyncio.sleep(0.005)

    async def until_heard(self, words: str) -> None:
        """Wait until the caller has heard these words."""
        try:
            await self.until(lambda: words in self.heard)
        except TimeoutError:
            raise AssertionError(f"{words!r} is not in {self.heard!r}") from None

    async def until_said(self, words: str) -> None:
        """Wait until the caller has heard these words and the context holds them."""
        await self.until_heard(words)
        await self.until(lambda: words in self.said)

    async def finish(self) -> None:
        """Let everything that is under way come to its end."""
        await self.worker.stop_when_done()
        await self.until(self.worker.has_finished)


@asynccontextmanager
async def open_model_call(
    *answers: Any, tools: Iterable[Tool] = (), **options: Any
) -> AsyncGenerator[ModelCall]:
    """Hold a call in which the model's server gives these answers; nothing is left afterwards."""
    async with open_unkind_server() as server:
        server.answers = list(answers)
        call = ModelCall(server, tools, options)
        runner = WorkerRunner(handle_sigint=False, handle_sigterm=False)
        await runner.add_workers(call.worker)
        running = asyncio.create_task(runner.run())
        try:
            yield call
        finally:
            await call.runtime.aclose(grace_secs=0.1)
            if not call.worker.has_finished():
                await call.worker.cancel()
            await running
