"""Two language models as one: what the first cannot answer, the second does."""

from __future__ import annotations

import asyncio
from typing import Any

from pipecat.frames.frames import (
    Frame,
    InterruptionFrame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.processors.frame_processor import FrameDirection
from typing_extensions import override

from ..fallback import Fallback
from ..provider_requests import Complaint, failure_of
from ..refusals import DoubtedRefusalError
from .answering import Answering


class LanguageModelWithFallback(Pipeline):
    """The first model, with the second behind it; what comes out is one reply.

    A turn that the first fails before it has said anything goes on to the second, silently, and so
    do the turns after it until the first is worth another try. A reply of the first that breaks off
    is told as such; nothing is said twice. What neither can answer is the second's to excuse.

    Args:
        first: Asked as long as it is well.
        second: Stands in.
        fallback: Remembers whether the first is well.
    """

    def __init__(
        self, *, first: Answering, second: Answering, fallback: Fallback | None = None
    ) -> None:
        super().__init__([first, second])
        self._services = (first, second)
        self._fallback = fallback or Fallback()
        self._is_first_lost = self._is_second_lost = self._is_first_loading = False
        self._is_reply_open = False
        first.fall_back_on(self)
        second.stand_in_for(self)

    def register_function(self, function_name: str | None, handler: Any, **options: Any) -> None:
        """Register a function with both; arguments as Pipecat's."""
        for service in self._services:
            service.register_function(function_name, handler, **options)

    def unregister_function(self, function_name: str | None) -> None:
        """Remove a function from both."""
        for service in self._services:
            service.unregister_function(function_name)

    def append_system_instruction(self, instruction: str) -> None:
        """Tell both something more; as Pipecat's."""
        for service in self._services:
            service.append_system_instruction(instruction)

    # What the first asks and tells.

    @property
    def is_needed(self) -> bool:
        """Whether the next turn goes to the second."""
        if self._is_second_lost and not self._is_first_lost:
            # Better one that may have rested long enough than one that never will.
            return False
        return self._fallback.is_needed(asyncio.get_running_loop().time())

    async def stand_back(self) -> None:
        """The first answers a turn, and with it what the second may owe."""
        await self._services[1].drop_owed()

    def note_failure(self, error: Exception, *, is_begun: bool = False) -> None:
        """The first failed a turn, perhaps in the middle of its answer."""
        now_secs, complaint = asyncio.get_running_loop().time(), Complaint.of(error)
        self._is_first_loading = complaint is not None and complaint.is_loading
        self._is_first_lost = self._is_first_lost or _is_permanent(error)
        self._fallback.note_failure(now_secs, is_permanent=self._is_first_lost)
        if is_begun:
            self._services[1].note_answered()

    def note_success(self) -> None:
        """The first answered a turn."""
        self._fallback.note_success()
        self._services[1].note_answered()

    @property
    def is_lost(self) -> bool:
        """Whether the second will never answer again."""
        return self._is_second_lost

    # What the second asks and tells.

    @property
    def is_first_lost(self) -> bool:
        """Whether the first will never answer again."""
        return self._is_first_lost

    def note_second_failure(self, error: Exception) -> None:
        """The second failed a turn."""
        self._is_second_lost = self._is_second_lost or _is_permanent(error)
        if self._is_first_loading or isinstance(error, DoubtedRefusalError):
            # It says so at once, or may be well by the time this turn is asked for again.
            self._fallback.end_rest()

    @override
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Let a context in at the first, wherever it comes from."""
        if isinstance(frame, LLMContextFrame):
            direction = FrameDirection.DOWNSTREAM
        await super().process_frame(frame, direction)

    @override
    async def push_frame(
        self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM
    ) -> None:
        """Push a frame; a reply that both have begun begins once."""
        if direction is FrameDirection.DOWNSTREAM:
            if isinstance(frame, LLMFullResponseStartFrame):
                if self._is_reply_open:
                    return
                self._is_reply_open = True
            elif isinstance(frame, LLMFullResponseEndFrame):
                if not self._is_reply_open:
                    return
                self._is_reply_open = False
            elif isinstance(frame, InterruptionFrame) and self._is_reply_open:
                # The first began it, and the context was lost on its way to the second.
                await self.push_frame(LLMFullResponseEndFrame())
        await super().push_frame(frame, direction)


def _is_permanent(error: Exception) -> bool:
    _, category = failure_of(error)
    return category.is_permanent
