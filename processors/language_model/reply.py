"""The reply to one context, as far as the service has passed it on."""

from __future__ import annotations

import asyncio

from pipecat.frames.frames import LLMFullResponseEndFrame
from pipecat.processors.aggregators.llm_context import LLMContext

from .patience import Patience


class Reply:
    """What is known of a reply over all attempts at it; owned by `Answering`.

    Args:
        context: What is answered.
        patience: The deadline of the first attempt.
    """

    def __init__(self, context: LLMContext, *, patience: Patience) -> None:
        messages = [message for message in context.get_messages() if isinstance(message, dict)]
        last = messages[-1] if messages else {}
        content = last.get("content")
        self.asked = content if isinstance(content, str) else ""
        """The words that are answered; empty if it is something else."""
        self.is_after_tool = last.get("role") == "tool"
        """Whether it is to tell the result of a call."""
        self.task = asyncio.current_task()
        self.patience = patience
        self.timer: asyncio.Timeout | None = None
        """Ends the attempt under way; None if there is none."""
        self.has_begun = False
        """Whether the frame that opens a reply was pushed: it is pushed once."""
        self.is_repeated = False
        """Whether this attempt is not the first."""
        self.has_text = False
        """Whether words have been passed on: they cannot be taken back."""
        self.has_called = False
        self.has_ended = False
        """Whether the model has said that it is whole, should the rest of the answer fail."""
        self.needs_words = False
        """Whether the model is not to call once more: it did, and then said nothing of it."""
        self.failure: Exception | None = None
        """Of the attempt under way or the last one."""
        self.end: LLMFullResponseEndFrame | None = None
        """The end of an attempt that failed, which is not the reply's yet."""
        self.excuse = ""
        """Spoken when the reply is over."""
        self.again_secs: float | None = None
        """After which the turn is asked for again; None if it is not."""

    @property
    def is_out_of_time(self) -> bool:
        """Whether the attempt is being ended for its deadline."""
        return self.timer is not None and self.timer.expired()

    def note_words(self, now_secs: float) -> None:
        """Words are passed on."""
        self.has_text = True
        self.patience.note_words(now_secs)
        self.wait_until(self.patience.deadline_secs)

    def wait_until(self, deadline_secs: float | None) -> None:
        """Move the deadline of the attempt, if it is kept here and has not passed."""
        timer = self.timer
        if timer is not None and timer.when() is not None and not timer.expired():
            timer.reschedule(deadline_secs)
