"""OpenAI language model that never ends a turn in silence."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

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

from processors.openai_requests import REQUEST_ERRORS, build_http_client, failure_of, warm
from processors.reply_stream import ReplyStream
from processors.spoken_pieces import SpokenPieces

SLOW_SECS = 2.0
"""Without a token for this long, the caller is told that an answer is being worked on."""

FIRST_TOKEN_SECS = 4.0
"""Of one attempt. Published times to first token of large models: p50 .5-.8, p99 2-3 s."""

STALL_SECS = 3.0
"""Between two tokens."""

TOOL_SECS = 20.0
"""A tool that has not answered by then is cancelled, and the model says so."""


class PreparedSpeech(Protocol):
    """Where speech is made ahead of its time: the text-to-speech service."""

    async def prepare(self, text: str, *, is_first: bool) -> None:
        """Make the speech of a piece of the reply."""
        ...

    async def drop_prepared(self) -> None:
        """The reply will not be spoken."""
        ...


@dataclass(frozen=True)
class Excuses:
    """What the bot says when the model does not; an empty sentence is not said."""

    apology: str = ""
    """Spoken in place of an answer that failed, or after one that broke off."""
    slow: str = ""
    """Spoken when no answer has begun after `SLOW_SECS`."""


class OpenAILanguageModel(OpenAILLMService):
    """Pipecat's OpenAI service with deadlines and a spoken apology.

    A completion is asked for a second time if it brings no token in time, fails for a reason that
    may pass, is empty, or calls a tool with malformed arguments. When that fails too, or a reply
    breaks off, an `ErrorFrame` goes upstream and the apology is spoken. While it thinks for long,
    the other excuse is. Nothing of the conversation is logged.
    """

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str | None = None,
        http_client: AsyncHTTPClient | None = None,
        settings: OpenAILLMService.Settings | None = None,
        excuses: Excuses | None = None,
    ) -> None:
        self._own_http_client = None if http_client else build_http_client()
        self._http_client = http_client or self._own_http_client
        super().__init__(
            api_key=api_key,
            base_url=base_url,
            settings=settings,
            function_call_timeout_secs=TOOL_SECS,
        )
        self._excuses = excuses or Excuses()
        self._has_failed = False
        self._warm_task: asyncio.Task[None] | None = None
        self._slow_task: asyncio.Task[None] | None = None
        self._voice: PreparedSpeech | None = None
        self._pieces = SpokenPieces()
        self._is_first_piece = True

    def prepare_speech_with(self, voice: PreparedSpeech) -> None:
        """Let speech be made while the turn is still open, and of sentences not yet spoken."""
        self._voice = voice

    def create_client(
        self, api_key: Any = None, base_url: Any = None, *_: Any, **__: Any
    ) -> AsyncOpenAI:
        """Build the SDK client on the given HTTP client, without the SDK's own retries."""
        return AsyncOpenAI(
            api_key=api_key, base_url=base_url, http_client=self._http_client, max_retries=0
        )

    async def setup(self, setup: FrameProcessorSetup) -> None:
        """Open a connection before it is needed."""
        await super().setup(setup)
        self._warm_task = self.create_task(warm(self._client), "warm")

    async def cleanup(self) -> None:
        """Close the HTTP client, if it is our own."""
        await super().cleanup()
        task, self._warm_task = self._warm_task, None
        if task:
            await self.cancel_task(task)
        if self._own_http_client:
            await self._own_http_client.aclose()

    async def get_chat_completions(self, context: LLMContext) -> Any:
        """Start a completion of the context; the answer is a stream of chunks."""
        adapter = self.get_llm_adapter()
        invocation = await adapter.get_llm_invocation_params(
            context,
            system_instruction=assert_given(self._settings.system_instruction),
            convert_developer_to_user=not self.supports_developer_role,
        )
        params = self.build_chat_completion_params(invocation)
        return ReplyStream(
            lambda: self._client.chat.completions.create(**params),
            first_token_secs=FIRST_TOKEN_SECS,
            stall_secs=STALL_SECS,
        )

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Answer a context; speak the apology if that failed."""
        if not isinstance(frame, LLMContextFrame):
            await super().process_frame(frame, direction)
            if self._voice and isinstance(frame, InterruptionFrame | EagerEndOfTurnCancelFrame):
                await self._voice.drop_prepared()
            return
        self._has_failed = False
        self._pieces = SpokenPieces()
        self._is_first_piece = True
        if self._excuses.slow:
            self._slow_task = self.create_task(self._say_when_slow(), "slow")
        try:
            await super().process_frame(frame, direction)
        finally:
            await self._stop_slow_task()
        if self._has_failed and self._excuses.apology:
            await self.push_frame(TTSSpeakFrame(self._excuses.apology))

    async def push_error(
        self,
        error_msg: str,
        exception: Exception | None = None,
        fatal: bool = False,
        category: ErrorCategory | None = None,
        force_treat_as_permanent: bool = False,
    ) -> None:
        """Report a failure; one of a request is described without the provider's own words."""
        if isinstance(exception, REQUEST_ERRORS):
            self._has_failed = True
            problem, category = failure_of(exception)
            error_msg = f"language model: {problem}"
        await super().push_error(error_msg, exception, fatal, category, force_treat_as_permanent)

    async def run_function_calls(self, function_calls: Sequence[FunctionCallFromLLM]) -> None:
        """Run the tools the model asked for."""
        await self._stop_slow_task()
        if self._voice and self._speculation_gate.is_speculating:
            # Pipecat withdraws the whole reply now and has it made again after the turn.
            await self._voice.drop_prepared()
        await super().run_function_calls(function_calls)

    async def _process_context(self, context: LLMContext) -> None:
        await super()._process_context(context)
        # Before the frame that ends the reply, at which the voice asks for its last piece.
        rest = await self._pieces.flush()
        if rest:
            await self._prepare(rest.text)

    async def _push_llm_text(self, text: str) -> None:
        if self._slow_task:
            await self._stop_slow_task()
        if self._voice:
            async for piece in self._pieces.aggregate(text):
                await self._prepare(piece.text)
        await super()._push_llm_text(text)

    async def _prepare(self, piece: str) -> None:
        """Have the speech of a piece made; cut as the text-to-speech service will cut the text."""
        if self._voice:
            await self._voice.prepare(piece, is_first=self._is_first_piece)
        self._is_first_piece = False

    async def _say_when_slow(self) -> None:
        await asyncio.sleep(SLOW_SECS)
        # An answer to a turn that has not ended is nothing the caller waits for.
        if not self._speculation_gate.is_speculating:
            await self.push_frame(TTSSpeakFrame(self._excuses.slow, append_to_context=False))

    async def _stop_slow_task(self) -> None:
        task, self._slow_task = self._slow_task, None
        if task:
            await self.cancel_task(task)
