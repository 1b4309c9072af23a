"""Where what the runtime has said goes into the pipeline: at the language model's place."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from pipecat.frames.frames import Frame, LLMMessagesAppendFrame, TTSSpeakFrame


class Outlet:
    """Keeps frames in order until the language model service pushes them.

    The runtime is there before the service, and a service may be one of two.
    """

    def __init__(self) -> None:
        self._frames: asyncio.Queue[Frame] = asyncio.Queue()
        self._in_use = asyncio.Lock()

    def say(self, text: str, *, is_remembered: bool = True) -> None:
        """Have these words spoken.

        Args:
            text: The words.
            is_remembered: Whether the model is to know that it said them.
        """
        self._frames.put_nowait(TTSSpeakFrame(text, append_to_context=is_remembered))

    def ask_for_reply(self) -> None:
        """Have the model reply to the context as it is, once nobody speaks."""
        self._frames.put_nowait(LLMMessagesAppendFrame(messages=[], run_llm=True))

    async def flow(self, push: Callable[[Frame], Awaitable[None]]) -> None:
        """Push what is said until cancelled; while one service does, another waits."""
        async with self._in_use:
            while True:
                await push(await self._frames.get())
