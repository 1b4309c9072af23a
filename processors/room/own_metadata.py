"""The bot's own participant metadata, written in the background; the last value wins.

Here is what no client needs. As an attribute it would take the bot's state from `useAgent` of
@livekit/components-react 2.9.20, which keeps the attributes of the last change alone: until the
next state its pages show a bot that is not connected, LiveKit's playground an empty chat.
"""

from __future__ import annotations

import asyncio

from livekit import rtc
from loguru import logger

from .own_attributes import WRITE_TIMEOUT_SECS


class OwnMetadata:
    """Writes the metadata of the local participant without making the caller of `set` wait.

    A slow network skips values instead of lagging behind. The room is connected before the first
    `set`. The token needs `canUpdateOwnMetadata`, as for attributes.
    """

    def __init__(self, *, room: rtc.Room) -> None:
        self._room = room
        self._current = ""
        self._is_written = True
        self._is_closed = False
        self._writer: asyncio.Task[None] | None = None
        # A resumed connection keeps metadata, a fresh one may have lost the last write.
        room.on("reconnected", self._rewrite)

    def set(self, metadata: str) -> None:
        """Write `metadata` soon; nothing is sent if it is so already."""
        if not self._is_closed and self._current != metadata:
            self._current = metadata
            self._rewrite()

    async def close(self) -> None:
        """Wait until it is written, for a few seconds at most; then take no more."""
        self._is_closed = True
        self._room.off("reconnected", self._rewrite)
        if self._writer is not None:
            # Each write has its own limit and nothing is set any more, so this ends.
            await asyncio.wait([self._writer])

    def _rewrite(self) -> None:
        self._is_written = not self._current
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write(), name="own metadata")

    async def _write(self) -> None:
        while not self._is_written and self._room.isconnected():
            self._is_written = True
            try:
                async with asyncio.timeout(WRITE_TIMEOUT_SECS):
                    await self._room.local_participant.set_metadata(self._current)
            except TimeoutError:
                logger.warning("Metadata was not written within {} s", WRITE_TIMEOUT_SECS)
