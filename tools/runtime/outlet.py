"""Where what the runtime has said goes into the pipeline: at the language model's place."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from pipecat.frames.frames import Frame, LLMMessagesAppendFrame, TTSSpeakFrame

Push = Callable[[Frame], Awaitable[None]]


class Outlet:
    """Keeps frames in order until the language model service pushes them.

    The runtime is there before the service, and a service may be one of two.
    """

    def __init__(self) -> None:
        self._frames: asyncio.Queue[Frame] = asyncio.Queue()
        self._in_use = asyncio.Lock()
        self._push: Push | None = None

    def lend(self, push: Push) -> None:
        """Push what is said this way for as long as no service takes it by `flow`."""
        self._push = self._push or push

    async def say(self, text: str, *, is_remembered: bool = True) -> None:
        """Have these words spoken.

        Args:
            text: The words.
            is_remembered: Whether the model is to know that it said them.
        """
        await self._give(TTSSpeakFrame(text, append_to_context=is_remembered))

    async def ask_for_reply(self) -> None:
        """Have the model reply to the context as it is, once nobody speaks."""
        await self._give(LLMMessagesAppendFrame(messages=[], run_llm=True))

    async def flow(self, push: Push) -> None:
        """Push what is said until cancelled; while one service does, another waits."""
        async with self._in_use:
            while True:
                await push(await self._frames.get())

    async def _give(self, frame: Frame) -> None:
        self._frames.put_nowait(frame)
        if self._push is not None and not self._in_use.locked():
            while not self._frames.empty():
                await self._push(self._frames.get_nowait())
