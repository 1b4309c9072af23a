"""Messages on their way to one client, in order, even when one of them is still being made."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

Message = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]


class Outbox:
    """A queue of messages, each ready or awaited."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Message | Callable[[], Awaitable[Message | None]] | None] = (
            asyncio.Queue()
        )

    def put(self, message: Message) -> None:
        """Add a message that is ready."""
        self._queue.put_nowait(message)

    def put_later(self, make: Callable[[], Awaitable[Message | None]]) -> None:
        """Add a message that is made when its turn comes, or then turns out not to be needed.

        Later messages wait for it.
        """
        self._queue.put_nowait(make)

    def end(self) -> None:
        """No more messages follow."""
        self._queue.put_nowait(None)

    async def publish(self, send: Send) -> None:
        """Send everything until the end; cancelling loses what is not yet sent."""
        while (item := await self._queue.get()) is not None:
            message = item if isinstance(item, dict) else await item()
            if message is not None:
                await send(message)
