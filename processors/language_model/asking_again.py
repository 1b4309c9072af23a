"""A turn whose answer failed is asked for again: its words are there, nobody has to say them."""

from __future__ import annotations

import asyncio
from typing import Any

from pipecat.frames.frames import (
    Frame,
    InterruptionFrame,
    LLMMessagesAppendFrame,
    TTSSpeakFrame,
    UserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.utils.errors import ErrorCategory
from typing_extensions import override

from ..frames import AnswerDelayedFrame
from ..provider_requests import EmptyAnswerError, is_transient
from ..retry_after import retry_after_secs
from .attempts import FilteredReplyError
from .reply import Reply
from .summarising import Summarising

GONE_SECS = 30.0
"""A provider that fails over or is restarted is back within 20 s; what takes longer is told."""

PAUSES_SECS = (1.0, 2.0)
"""Between one try at a turn and the next; then the last one again. A server that wants longer ones
says so; who waits for an answer hears nothing of its being back until then."""

AFTER_TURN_SECS = 1.0
"""A turn of the caller's that has words has asked for its answer by then."""

_SIGN_SECS = 1.0
"""Between two signs that an answer is still to come; a server may want a pause of `GONE_SECS`."""


class Tries:
    """Counts the tries at one turn. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._since_secs: float | None = None
        self._count = 0

    @property
    def is_first(self) -> bool:
        """Whether the turn has failed once: the caller has not been told."""
        return self._count == 1

    def pause_secs(self, error: Exception, *, now_secs: float) -> float | None:
        """Return how long to wait before the turn is asked for again; None if that is no use."""
        is_final = isinstance(error, FilteredReplyError) or (
            isinstance(error, EmptyAnswerError) and error.is_final
        )
        if is_final or not is_transient(error):
            return None
        self._since_secs = now_secs if self._since_secs is None else self._since_secs
        pause_secs = PAUSES_SECS[min(self._count, len(PAUSES_SECS) - 1)]
        pause_secs = max(pause_secs, retry_after_secs(error) or 0.0)
        self._count += 1
        is_over = now_secs + pause_secs > self._since_secs + GONE_SECS
        return None if is_over else pause_secs


class AskingAgain(Summarising):
    """Has the conversation's memory ask once more for an answer that failed, as it stands then.

    The caller may speak meanwhile: what they say is answered together with what is owed, and if
    they say nothing, what is owed is asked for all the same.

    Args:
        moment: Spoken when it is asked for again; without it, it is not.
        options: Of `Summarising` and of the service.
    """

    def __init__(self, *, moment: str, **options: Any) -> None:
        super().__init__(**options)
        self._moment = moment
        self._tries = Tries()
        self._is_owed = False
        """The answer to the last turn failed, and is to be asked for again."""
        self._is_asked_by_us = False
        self._again: asyncio.Task[None] | None = None

    @override
    async def cleanup(self) -> None:
        """Ask no more."""
        await super().cleanup()
        await self._stop_waiting()

    async def begin_try(self) -> None:
        """An answer is asked for, by whomever."""
        if not self._is_asked_by_us:
            self._tries = Tries()
        self._is_asked_by_us = False
        await self.drop_owed()

    async def drop_owed(self) -> None:
        """Ask no more for what is owed: it is being answered, here or by somebody else."""
        self._is_owed = False
        await self._stop_waiting()

    def note_answered(self) -> None:
        """Somebody else has answered what was owed: the next try is at another turn."""
        self._is_asked_by_us = False

    def again_secs(self, error: Exception, reply: Reply, category: ErrorCategory) -> float | None:
        """Return when to ask again for a reply that failed; None if that is no use.

        What was heard or done cannot be taken back.
        """
        is_touched = reply.has_text or reply.has_called
        if category.is_permanent or is_touched or not self._moment:
            return None
        return self._tries.pause_secs(error, now_secs=asyncio.get_running_loop().time())

    async def ask_again(self, pause_secs: float) -> None:
        """Ask again after a pause, and have the caller told at the first time."""
        self._is_owed = True
        if self._tries.is_first:
            await self.push_frame(TTSSpeakFrame(self._moment, append_to_context=False))
        self._wait(pause_secs)

    @override
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Wait with what is owed until the caller has spoken."""
        await super().process_frame(frame, direction)
        if isinstance(frame, InterruptionFrame):
            # The memory drops what it held to ask for after the bot's words.
            self._is_asked_by_us = False
            await self._stop_waiting()
        elif self._is_owed and isinstance(frame, UserStoppedSpeakingFrame):
            await self._stop_waiting()
            self._wait(AFTER_TURN_SECS)

    def _wait(self, pause_secs: float) -> None:
        self._again = self.create_task(self._ask(pause_secs), "ask_again")

    async def _ask(self, pause_secs: float) -> None:
        asks_at_secs = asyncio.get_running_loop().time() + pause_secs
        while (left_secs := asks_at_secs - asyncio.get_running_loop().time()) > 0:
            await self.push_frame(AnswerDelayedFrame())
            await asyncio.sleep(min(_SIGN_SECS, left_secs))
        self._is_asked_by_us = True
        # Held by the memory while the bot speaks.
        await self.push_frame(LLMMessagesAppendFrame(messages=[], run_llm=True))

    async def _stop_waiting(self) -> None:
        task, self._again = self._again, None
        if task and not task.done():
            await self.cancel_task(task)
