"""OpenAI language model that never ends a turn in silence."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from openai import AsyncOpenAI
from pipecat.frames.frames import (
    EagerEndOfTurnCancelFrame,
    Frame,
    FunctionCallFromLLM,
    InterruptionFrame,
    LLMContextFrame,
    TTSSpeakFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameDirection, FrameProcessorSetup
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.utils.errors import ErrorCategory
from pipecat.utils.http import AsyncHTTPClient
from pipecat.utils.types import assert_given
from typing_extensions import override

from processors.frames import SpeculationRefusedFrame
from processors.language_model.excuses import Excuses, repeat_while_waiting
from processors.language_model.openai_requests import build_http_client, failure_of, warm
from processors.language_model.reply_ahead import ReplyAhead
from processors.language_model.reply_stream import ReplyStream
from processors.language_model.request_shape import RequestShape
from processors.text_to_speech.speech_ahead import PreparedSpeech

SLOW_SECS = 2.0
"""Without a token for this long, the caller is told that an answer is being worked on."""

SLOW_AGAIN_SECS = 10.0
"""Then for as long as this each time; more often would be nagging."""

FIRST_TOKEN_SECS = 4.0
"""Of one attempt. Published times to first token of large models: p50 .5-.8, p99 2-3 s."""

STALL_SECS = 3.0
"""Between two tokens; more where more is given to the first."""

TOOL_SECS = 20.0
"""A tool that has not answered by then is cancelled, and the model says so."""


class OpenAILanguageModel(OpenAILLMService):
    """Pipecat's OpenAI service with deadlines, tolerance and a spoken apology.

    A completion is asked for again if it brings no token within `patience_secs`, fails for a reason
    that may pass, is empty, or calls a tool with malformed arguments; and in another form if the
    server refuses this one. When that fails too, or a reply breaks off, an `ErrorFrame` goes
    upstream and an excuse is spoken. A failed answer that was made ahead of the turn's end is
    withdrawn: nobody has heard of it. Nothing of it is logged.
    """

    def __init__(  # noqa: PLR0913 - what a service is made with
        self,
        *,
        api_key: str,
        base_url: str | None = None,
        model: str = "",
        http_client: AsyncHTTPClient | None = None,
        settings: OpenAILLMService.Settings | None = None,
        excuses: Excuses | None = None,
        patience_secs: float | None = None,
        voice: PreparedSpeech | None = None,
    ) -> None:
        settings = (settings or self.Settings()).copy()
        settings.model = model or settings.model
        self._own_http_client = None if http_client else build_http_client()
        self._http_client = http_client or self._own_http_client
        super().__init__(
            api_key=api_key,
            base_url=base_url or None,
            settings=settings,
            function_call_timeout_secs=TOOL_SECS,
        )
        self._excuses, self._patience_secs = excuses or Excuses(), patience_secs
        self._shape = RequestShape(model=self._settings.model or "")
        self._reply: ReplyStream | None = None
        self._answering: asyncio.Task[Any] | None = None
        self._excuse = self._answered = ""
        self._warm_task: asyncio.Task[None] | None = None
        self._slow_task: asyncio.Task[None] | None = None
        self._ahead = ReplyAhead()
        if voice:
            self._ahead.speak_with(voice)
        self._has_called = False

    def prepare_speech_with(self, voice: PreparedSpeech) -> None:
        """Let speech be made while the turn is still open, and of sentences not yet spoken."""
        self._ahead.speak_with(voice)

    @override
    def create_client(
        self, api_key: Any = None, base_url: Any = None, *_: Any, **__: Any
    ) -> AsyncOpenAI:
        """Build the SDK client on the given HTTP client, without the SDK's own retries."""
        return AsyncOpenAI(
            api_key=api_key, base_url=base_url, http_client=self._http_client, max_retries=0
        )

    @override
    async def setup(self, setup: FrameProcessorSetup) -> None:
        """Open a connection before it is needed."""
        await super().setup(setup)
        self._warm_task = self.create_task(warm(self._client), "warm")

    @override
    async def cleanup(self) -> None:
        """Close the HTTP client, if it is our own."""
        await super().cleanup()
        task, self._warm_task = self._warm_task, None
        if task:
            await self.cancel_task(task)
        if self._own_http_client:
            await self._own_http_client.aclose()

    @override
    async def get_chat_completions(self, context: LLMContext) -> Any:
        """Start a completion of the context; the answer is a stream of chunks."""
        adapter = self.get_llm_adapter()
        invocation = await adapter.get_llm_invocation_params(
            context,
            system_instruction=assert_given(self._settings.system_instruction),
            convert_developer_to_user=not self.supports_developer_role,
        )
        first_token_secs = self._patience_secs or FIRST_TOKEN_SECS
        stall_secs = STALL_SECS * max(1.0, first_token_secs / FIRST_TOKEN_SECS)
        self._reply = ReplyStream(
            self._client.chat.completions.with_streaming_response.create,
            retract=self._retract,
            params=self.build_chat_completion_params(invocation),
            shape=self._shape,
            first_token_secs=first_token_secs,
            stall_secs=stall_secs,
        )
        return self._reply

    @override
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Answer a context; speak an excuse if that failed."""
        if not isinstance(frame, LLMContextFrame):
            await super().process_frame(frame, direction)
            if isinstance(frame, InterruptionFrame | EagerEndOfTurnCancelFrame):
                await self._ahead.drop()
            return
        self._excuse = ""
        self._reply = None
        self._answered = _last_text(frame.context)
        self._has_called = False
        self._ahead.begin()
        if self._excuses.slow:
            notice = repeat_while_waiting(
                self._say_that_it_takes_long, first_secs=SLOW_SECS, again_secs=SLOW_AGAIN_SECS
            )
            self._slow_task = self.create_task(notice, "slow")
        self._answering = asyncio.current_task()
        try:
            await super().process_frame(frame, direction)
        finally:
            self._answering = None
            self._answered = ""
            await self._stop_slow_task()
        if self._excuse:
            await self.push_frame(TTSSpeakFrame(self._excuse))

    @override
    async def push_error(
        self,
        error_msg: str,
        exception: Exception | None = None,
        fatal: bool = False,
        category: ErrorCategory | None = None,
        force_treat_as_permanent: bool = False,
    ) -> None:
        """Report a failure; one of a reply is described without the words of anybody."""
        if exception is not None and asyncio.current_task() is self._answering:
            if self._speculation_gate.is_speculating:
                # Nobody has heard of it. It is asked again when the turn has ended.
                await self._retract()
                return
            problem, category = failure_of(exception)
            error_msg = f"language model: {problem}"
            self._excuse = self._excuses.sentence_for(exception, self._reply)
        await super().push_error(error_msg, exception, fatal, category, force_treat_as_permanent)

    @override
    async def broadcast_frame(self, frame_cls: type[Frame], **kwargs: Any) -> None:
        """Broadcast a frame; one that drops the speculation being answered says which."""
        if frame_cls is EagerEndOfTurnCancelFrame and self._answered:
            await super().broadcast_frame(SpeculationRefusedFrame, text=self._answered)
        else:
            await super().broadcast_frame(frame_cls, **kwargs)

    async def _retract(self) -> None:
        """Take back an answer to a turn that may go on, as Pipecat does with one that calls."""
        if self._speculation_gate.is_speculating:
            await self.broadcast_frame(EagerEndOfTurnCancelFrame)
            await self._ahead.drop()

    @override
    async def run_function_calls(self, function_calls: Sequence[FunctionCallFromLLM]) -> None:
        """Run the tools the model asked for."""
        self._has_called = True
        await self._stop_slow_task()
        if self._speculation_gate.is_speculating:
            # Pipecat withdraws the reply now and has it made again after the turn.
            await self._ahead.drop()
        await super().run_function_calls(function_calls)

    @override
    async def _process_context(self, context: LLMContext) -> None:
        await super()._process_context(context)
        # Before the frame that ends the reply, at which the voice asks for its last piece.
        await self._ahead.finish()
        if self._ahead.is_silent and not self._has_called:
            # Words, and yet nothing for the ear: a listing, an address.
            if self._speculation_gate.is_speculating:
                await self._retract()
            else:
                self._excuse = self._excuses.unspeakable

    @override
    async def _push_llm_text(self, text: str) -> None:
        await self._stop_slow_task()
        await self._ahead.add(text)
        await super()._push_llm_text(text)

    async def _say_that_it_takes_long(self) -> bool:
        # An answer to a turn that has not ended is nothing the caller waits for.
        is_waited_for = not self._speculation_gate.is_speculating
        if is_waited_for:
            await self.push_frame(TTSSpeakFrame(self._excuses.slow, append_to_context=False))
        return is_waited_for

    async def _stop_slow_task(self) -> None:
        task, self._slow_task = self._slow_task, None
        if task:
            await self.cancel_task(task)


def _last_text(context: LLMContext) -> str:
    messages = context.get_messages()
    content = messages[-1].get("content") if messages and isinstance(messages[-1], dict) else None
    return content if isinstance(content, str) else ""
