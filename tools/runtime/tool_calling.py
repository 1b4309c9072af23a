"""Connects a language model service with the tool runtime.

Mixed into a Pipecat service it tells the runtime what it needs to know: which calls one generation
made, and when the caller's turn began, was interrupted or answers a question. What the runtime
says goes out at the service's place. It needs no more of the service than the frames that come and
go.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

from pipecat.frames.frames import (
    EagerEndOfTurnCancelFrame,
    Frame,
    FunctionCallFromLLM,
    FunctionCallsStartedFrame,
    InterruptionFrame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TTSSpeakFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor, FrameProcessorSetup
from pipecat.services.llm_service import LLMService
from typing_extensions import override

from tools.runtime.context import Message, begins_turn, caller_message, put_results_last, text_of
from tools.runtime.runtime import ToolRuntime


class _CallsFunctions(Protocol):
    def register_function(self, function_name: str | None, handler: Any) -> None: ...


class ToolTurns(FrameProcessor):
    """A mixin that tells of turns and of answers to questions, and speaks for the runtime.

    For one service, or for one that is made of several; functions can be registered with it.

    Args:
        tools: Carries out the model's calls.
        options: Of the service.
    """

    def __init__(self, *, tools: ToolRuntime, **options: Any) -> None:
        self._tool_runtime = tools
        self._heard_message: Message | None = None
        self._speaking: asyncio.Task[None] | None = None
        super().__init__(**options)
        # A tool that does not exist is a call too: it is counted, and the model is corrected.
        service: _CallsFunctions = self  # pyright: ignore[reportAssignmentType]
        service.register_function(None, tools.handler())

    @override
    async def setup(self, setup: FrameProcessorSetup) -> None:
        """Begin to speak for the runtime."""
        await super().setup(setup)
        outlet = self._tool_runtime.announcer.outlet
        self._speaking = self.create_task(outlet.flow(self.push_frame), "tool_words")

    @override
    async def cleanup(self) -> None:
        """Speak no more."""
        await super().cleanup()
        speaking, self._speaking = self._speaking, None
        if speaking is not None:
            await self.cancel_task(speaking)

    @override
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Let the runtime know, and keep from the model what only answers a question."""
        if isinstance(frame, LLMContextFrame) and await self._is_answer_to_question(frame):
            # The rest of the chain would ask the model.
            await FrameProcessor.process_frame(self, frame, direction)
            return
        if isinstance(frame, LLMContextFrame):
            self._tool_runtime.advertise_in(frame.context)
            if begins_turn(frame.context):
                self._tool_runtime.begin_turn()
            else:
                put_results_last(frame.context)
        await super().process_frame(frame, direction)
        if isinstance(frame, InterruptionFrame):
            await self._tool_runtime.interrupt()

    @override
    async def push_frame(
        self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM
    ) -> None:
        """Note what the model is about to have spoken."""
        announcer = self._tool_runtime.announcer
        if isinstance(frame, LLMFullResponseStartFrame):
            announcer.model_began()
        elif isinstance(frame, LLMFullResponseEndFrame):
            announcer.model_ended()
        elif isinstance(frame, (LLMTextFrame, TTSSpeakFrame)) and _is_audible(frame.text):
            announcer.words_given()
        await super().push_frame(frame, direction)

    async def _is_answer_to_question(self, frame: LLMContextFrame) -> bool:
        message = caller_message(frame.context)
        if not self._tool_runtime.is_asking or message is None or message is self._heard_message:
            return False
        if frame.speculation:
            # The turn may go on, so this may be no answer yet; it comes again when it has ended.
            await self.broadcast_frame(EagerEndOfTurnCancelFrame)
            return True
        self._heard_message = message
        return await self._tool_runtime.hear(text_of(message))


def _is_audible(text: str) -> bool:
    """Return False for the white space that some models write before a call."""
    return any(map(str.isalnum, text))


class ToolCalls(LLMService[Any]):
    """A mixin that proposes the calls of one generation together; for each service of several.

    Args:
        calls_of: Carries out the calls.
        options: Of the service.
    """

    def __init__(self, *, calls_of: ToolRuntime, **options: Any) -> None:
        self._proposed_to = calls_of
        super().__init__(**options)

    @override
    async def broadcast_frame(self, frame_cls: type[Frame], **kwargs: Any) -> None:
        """Propose calls before Pipecat handles each; those of another service only pass."""
        # Pipecat broadcasts none for a speculation, whose calls are not made.
        if frame_cls is FunctionCallsStartedFrame:
            calls: Sequence[FunctionCallFromLLM] = kwargs["function_calls"]
            self._proposed_to.propose(
                [(call.tool_call_id, call.function_name, call.arguments) for call in calls]
            )
        await super().broadcast_frame(frame_cls, **kwargs)

    @override
    def _has_async_tools(self) -> bool:
        """Keep Pipecat's words about tools whose results come later out of the system prompt.

        It adds them for every tool that an interruption does not cancel. Here results stand where
        the model expects them, so the words would be wrong; there is no public switch.
        """
        return False


class ToolCalling(ToolTurns, ToolCalls):
    """A mixin, to be named before the service: `class Model(ToolCalling, OpenAILLMService)`."""

    def __init__(self, *, tools: ToolRuntime, **options: Any) -> None:
        super().__init__(tools=tools, calls_of=tools, **options)
