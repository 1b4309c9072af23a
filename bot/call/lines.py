"""What the session itself has said: its greeting, its questions, its goodbye, what was typed."""

from __future__ import annotations

import asyncio

from pipecat.frames.frames import (
    EndFrame,
    Frame,
    InterruptionFrame,
    LLMMessagesAppendFrame,
    TTSSpeakFrame,
    UserIdleTimeoutUpdateFrame,
)
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContextMessage


class Lines:
    """Keeps the session's own frames, in order, until the pipeline takes them.

    Whoever has something to say is built before the pipeline.
    """

    def __init__(self) -> None:
        self._frames: asyncio.Queue[Frame] = asyncio.Queue()

    def say(self, text: str) -> None:
        """Speak these words after what is being said."""
        self._frames.put_nowait(TTSSpeakFrame(text))

    def answer(self, text: str, *, nudge_secs: float) -> None:
        """Answer typed text as if it had been said, over whatever the bot is saying.

        Args:
            text: What was typed.
            nudge_secs: How long the caller may be silent, which begins anew.
        """
        message: LLMContextMessage = {"role": "user", "content": text}
        self._frames.put_nowait(InterruptionFrame())
        self._frames.put_nowait(UserIdleTimeoutUpdateFrame(timeout=nudge_secs))
        self._frames.put_nowait(LLMMessagesAppendFrame([message], run_llm=True))

    def end(self, *, farewell: str = "", reason: str) -> None:
        """Play out what is being said, and the farewell, and end the pipeline."""
        if farewell:
            self.say(farewell)
        self._frames.put_nowait(EndFrame(reason=reason))

    async def deliver(self, worker: PipelineWorker) -> None:
        """Give the frames to the pipeline as they come, until cancelled."""
        while True:
            await worker.queue_frame(await self._frames.get())
