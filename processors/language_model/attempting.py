"""Around any of Pipecat's language model services: one reply, in time, in at most two attempts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    FunctionCallFromLLM,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    LLMThoughtStartFrame,
    LLMThoughtTextFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from typing_extensions import override

from ..characters import whole
from ..refusals import ServiceRefusals
from .attempts import Attempts, NoWordsError
from .counting import Counting
from .patience import Patience
from .reply import Reply

FIRST_TOKEN_SECS = 4.0
"""Of one attempt. Published times to first token of large models: p50 .5-.8, p99 2-3 s."""

STALL_SECS = 3.0
"""Between two tokens; more where more is given to the first."""

TOOL_SECS = 20.0
"""A tool that has not answered by then is cancelled, and the model says so."""


class Attempting(Counting):
    """Has the service behind it in the order of classes answer, and watches what it pushes.

    Words, thoughts and calls are signs of life. What the service reports as an error fails the
    attempt and goes no further; the frames that open and close a reply are pushed once, whatever
    the number of attempts.

    Args:
        patience_secs: For the first word of each attempt.
        function_call_timeout_secs: For each tool.
        options: Of the Pipecat service.
    """

    keeps_deadlines: ClassVar[bool] = False
    """Whether the service itself ends an attempt at `reply.patience.deadline_secs`."""

    def __init__(
        self,
        *,
        patience_secs: float | None = None,
        function_call_timeout_secs: float = TOOL_SECS,
        **options: Any,
    ) -> None:
        self.reply: Reply | None = None
        """The reply being made."""
        self._patience_secs = patience_secs
        self._refusals = ServiceRefusals()
        super().__init__(function_call_timeout_secs=function_call_timeout_secs, **options)

    # What a vendor's file may tell, or change.

    def note_life(self) -> None:
        """A piece of a call came, or another sign of life; raises as `note_thought` does."""
        if self.reply is not None:
            self.reply.patience.note_call(_now_secs())
            self.reply.wait_until(self.reply.patience.deadline_secs)

    def note_thought(self) -> None:
        """The model thinks.

        Raises:
            TooMuchThoughtError: It has done so for too long.
        """
        if self.reply is not None:
            self.reply.patience.note_thought(_now_secs())
            self.reply.wait_until(self.reply.patience.deadline_secs)

    def note_end(self) -> None:
        """The model has said that its reply is whole; only what is said about it may follow."""
        if self.reply is not None:
            self.reply.has_ended = True
            self.reply.patience.note_end(_now_secs())
            self.reply.wait_until(self.reply.patience.deadline_secs)

    def adapt_request(self, error: Exception, *, is_last: bool) -> bool:
        """Change the request so that it may be accepted; returns whether that was possible.

        Args:
            error: Why the attempt failed.
            is_last: The second attempt failed too.
        """
        return False

    def known_error(self, error: Exception) -> Exception:
        """Return an SDK's error as one that `processors.provider_requests` can read."""
        return error

    # What the layer above tells, and is told.

    @property
    def is_relieved(self) -> bool:
        """Whether somebody else may answer in place of this service."""
        return False

    async def on_words(self, text: str) -> None:
        """Words are about to be passed on."""

    async def on_calls(self) -> None:
        """The model has called tools."""

    async def on_whole(self) -> None:
        """The reply is all there; the frame that closes it is about to be passed on."""

    async def answer(self, frame: LLMContextFrame, direction: FrameDirection) -> Exception | None:
        """Have the service answer, again if need be; returns why it could not.

        The frame that closes a reply which failed is kept in `reply.end`.
        """
        reply = self.reply = Reply(frame.context, patience=self._patience())
        adapt, until_secs = self.adapt_request, reply.patience.deadline_secs
        attempts = Attempts(adapt=adapt, give_up_secs=until_secs, is_relieved=self.is_relieved)
        while True:
            error = await self._attempt(frame, direction, reply)
            if error is None or reply.has_text or reply.has_called:
                return error
            pause_secs = attempts.pause_secs(error, now_secs=_now_secs())
            if pause_secs is None:
                return error
            reply.needs_words |= isinstance(error, NoWordsError) and reply.is_after_tool
            reply.is_repeated = True
            await asyncio.sleep(pause_secs)
            reply.patience = self._patience()

    # What Pipecat calls.

    @override
    async def push_frame(
        self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM
    ) -> None:
        """Push a frame, and look at what it says of the reply."""
        reply = self.reply if direction is FrameDirection.DOWNSTREAM else None
        if reply is None or await self._is_passed_on(frame, reply):
            await super().push_frame(frame, direction)

    @override
    async def push_error_frame(
        self, error: ErrorFrame, force_treat_as_permanent: bool = False
    ) -> None:
        """Report an error; that of an attempt fails it, and is judged first."""
        reply = self.reply
        if reply is None or reply.timer is None or asyncio.current_task() is not reply.task:
            await super().push_error_frame(error, force_treat_as_permanent)
        else:
            failure = error.exception or NoWordsError("a failure without a reason")
            reply.failure = reply.failure or failure

    @override
    async def run_function_calls(self, function_calls: Sequence[FunctionCallFromLLM]) -> None:
        """Run the tools the model asked for."""
        if self.reply is not None and function_calls:
            self.reply.has_called = True
            self.reply.wait_until(None)
            await self.on_calls()
        # Whoever is told of a call would fail on half a character.
        calls = [replace(call, arguments=whole(dict(call.arguments))) for call in function_calls]
        await super().run_function_calls(calls)

    @override
    async def start_ttfb_metrics(self, *, start_time: float | None = None) -> None:
        """Measure from the first attempt on: that is what the caller waits for."""
        if self.reply is None or not self.reply.is_repeated:
            await super().start_ttfb_metrics(start_time=start_time)

    def _patience(self) -> Patience:
        first_token_secs = self._patience_secs or FIRST_TOKEN_SECS
        return Patience(
            now_secs=_now_secs(),
            first_token_secs=first_token_secs,
            stall_secs=STALL_SECS * max(1.0, first_token_secs / FIRST_TOKEN_SECS),
        )

    async def _attempt(
        self, frame: LLMContextFrame, direction: FrameDirection, reply: Reply
    ) -> Exception | None:
        reply.failure = reply.end = None
        self.begin_request()
        deadline_secs = None if self.keeps_deadlines else reply.patience.deadline_secs
        try:
            async with asyncio.timeout_at(deadline_secs) as reply.timer:
                await super().process_frame(frame, direction)
        except TimeoutError as error:
            if not reply.has_ended:
                reply.failure = reply.failure or error
        except Exception as error:  # noqa: BLE001 - whatever the service lets through
            reply.failure = reply.failure or error
            reply.end = reply.end or (LLMFullResponseEndFrame() if reply.has_begun else None)
        finally:
            reply.timer = None
            await self.end_request(frame.context, failure=reply.failure)
        if reply.has_text or reply.has_called:
            self._refusals.note_served()
        return reply.failure and self._refusals.judged(self.known_error(reply.failure))

    async def _is_passed_on(self, frame: Frame, reply: Reply) -> bool:
        """Look at a frame of the reply; returns whether it is pushed now."""
        if isinstance(frame, LLMTextFrame):
            self.note_words(frame.text)
            # Spaces alone, as before a call, are no words; some models write them without end.
            if any(map(str.isalnum, frame.text)):
                reply.note_words(_now_secs())
            await self.on_words(frame.text)
        elif isinstance(frame, LLMThoughtStartFrame | LLMThoughtTextFrame):
            self.note_thought()
        elif isinstance(frame, LLMFullResponseStartFrame):
            is_first, reply.has_begun = not reply.has_begun, True
            return is_first
        elif isinstance(frame, LLMFullResponseEndFrame):
            return await self._is_whole(frame, reply)
        return True

    async def _is_whole(self, frame: LLMFullResponseEndFrame, reply: Reply) -> bool:
        """Judge the attempt that ends here; returns whether the reply ends with it."""
        if reply.is_out_of_time:
            if not reply.has_ended:
                reply.failure = reply.failure or TimeoutError()
        elif reply.task is not None and reply.task.cancelling():
            # The caller interrupts.
            return True
        if reply.failure is None and not (reply.has_text or reply.has_called):
            reply.failure = NoWordsError("an empty completion")
        if reply.failure is not None:
            reply.end = frame
            return False
        reply.wait_until(None)
        await self.on_whole()
        return True


def _now_secs() -> float:
    return asyncio.get_running_loop().time()
