"""What the session itself has said: its greeting, its questions, its goodbye, what was typed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from pipecat.frames.frames import (
    EndFrame,
    Frame,
    InterruptionFrame,
    LLMMessagesAppendFrame,
    LLMRunFrame,
    TTSSpeakFrame,
    UserIdleTimeoutUpdateFrame,
)
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContextMessage

_CUT_LIMIT_SECS = 1.0
"""A reply is cut within milliseconds; a pipeline that hangs does not keep typed text unanswered."""
_ON_ITS_WAY_SECS = 3.0
"""From here to the ear, or to the stage that says that it is slow."""


class Lines:
    """Keeps the session's own frames, in order, until the pipeline takes them.

    Whoever has something to say is built before the pipeline.
    """

    def __init__(self) -> None:
        self._frames: asyncio.Queue[Frame] = asyncio.Queue()
        self._given_at_secs: float | None = None
        self._give_typed: Callable[[str], None] | None = None
        self._kept_typed: list[tuple[str, float]] = []

    @property
    def is_waiting(self) -> bool:
        """Whether something was given a moment ago, and nothing was heard since."""
        given_at_secs = self._given_at_secs
        return given_at_secs is not None and time.monotonic() - given_at_secs < _ON_ITS_WAY_SECS

    def heard(self) -> None:
        """Note that the bot is heard."""
        self._given_at_secs = None

    def say(self, text: str, *, is_remembered: bool = True) -> None:
        """Speak these words after what is being said.

        Args:
            text: The words.
            is_remembered: Whether the model is to know that it said them.
        """
        self._put(TTSSpeakFrame(text, append_to_context=is_remembered))

    def ask_again(self) -> None:
        """Have the model answer what the conversation's memory holds."""
        self._put(LLMMessagesAppendFrame(messages=[], run_llm=True))

    def answer(self, text: str, *, nudge_secs: float) -> None:
        """Answer typed text as if it had been said, over whatever the bot is saying.

        Args:
            text: What was typed.
            nudge_secs: How long the caller may be silent, which begins anew.
        """
        if self._give_typed is not None:
            self._kept_typed.append((text, nudge_secs))
            self._give_typed(text)
            return
        message: LLMContextMessage = {"role": "user", "content": text}
        self.cut()
        self.listen_anew(nudge_secs=nudge_secs)
        self._put(LLMMessagesAppendFrame([message], run_llm=True))

    def give_typed(self, give: Callable[[str], None]) -> None:
        """Answer no typed text from now on: another bot is to, and `give` gives it each."""
        self._give_typed = give

    def take_typed_back(self) -> None:
        """Answer typed text again, and what was given meanwhile: the other bot has not come."""
        self._give_typed = None
        kept, self._kept_typed = self._kept_typed, []
        for text, nudge_secs in kept:
            self.answer(text, nudge_secs=nudge_secs)

    def answer_last(self) -> None:
        """Have the model answer what is last in its memory."""
        self._put(LLMRunFrame())

    def cut(self) -> None:
        """Drop what the bot is saying; what was heard of it is remembered."""
        self._put(InterruptionFrame())

    def listen_anew(self, *, nudge_secs: float) -> None:
        """Let the caller be silent for so long from now."""
        self._put(UserIdleTimeoutUpdateFrame(timeout=nudge_secs))

    def end(self, *, farewell: str = "", reason: str) -> None:
        """Play out what is being said, and the farewell, and end the pipeline."""
        if farewell:
            self.say(farewell)
        self._put(EndFrame(reason=reason))

    async def deliver(self, worker: PipelineWorker) -> None:
        """Give the frames to the pipeline as they come, until cancelled.

        What follows an interruption waits until the reply it cuts is remembered, or the model
        would be asked without it.
        """
        passed: asyncio.Queue[Frame] = asyncio.Queue()
        worker.add_reached_downstream_filter((InterruptionFrame,))
        worker.add_event_handler(
            "on_frame_reached_downstream", lambda _, frame: passed.put_nowait(frame)
        )
        while True:
            frame = await self._frames.get()
            await worker.queue_frame(frame)
            if isinstance(frame, InterruptionFrame):
                with suppress(TimeoutError):
                    async with asyncio.timeout(_CUT_LIMIT_SECS):
                        while await passed.get() is not frame:
                            pass

    def _put(self, frame: Frame) -> None:
        self._given_at_secs = time.monotonic()
        self._frames.put_nowait(frame)
