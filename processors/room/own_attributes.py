"""The bot's own participant attributes, written in the background; the last value wins."""

from __future__ import annotations

import asyncio

from livekit import rtc
from loguru import logger

WRITE_TIMEOUT_SECS = 5.0


class OwnAttributes:
    """Writes attributes of the local participant without ever making the caller of `set` wait.

    Values set while a write is under way are collected and written together afterwards, so a slow
    network skips values instead of lagging behind. The room is connected before the first `set`.
    The token needs `canUpdateOwnMetadata`: without it LiveKit drops every write silently.
    """

    def __init__(self, *, room: rtc.Room) -> None:
        self._room = room
        self._current: dict[str, str] = {}
        self._unwritten: dict[str, str] = {}
        self._writer: asyncio.Task[None] | None = None
        self._is_closed = False
        self._has_warned = False
        # A resumed connection keeps attributes, a fresh one may have lost the last writes.
        room.on("reconnected", self._rewrite)

    def set(self, key: str, value: str) -> None:
        """Write `value` soon; nothing is sent if the attribute has it already."""
        if self._is_closed or self._current.get(key) == value:
            return
        self._current[key] = value
        self._unwritten[key] = value
        self._start_writer()

    async def close(self) -> None:
        """Wait until everything set is written, for a few seconds at most; then take no more."""
        self._is_closed = True
        self._room.off("reconnected", self._rewrite)
        if self._writer is not None:
            # Each write has its own limit and nothing is added any more, so this ends.
            await asyncio.wait([self._writer])

    def _rewrite(self) -> None:
        self._unwritten.update(self._current)
        if self._unwritten:
            self._start_writer()

    def _start_writer(self) -> None:
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all(), name="own attributes")

    async def _write_all(self) -> None:
        while self._unwritten and self._room.isconnected():
            attributes, self._unwritten = self._unwritten, {}
            try:
                async with asyncio.timeout(WRITE_TIMEOUT_SECS):
                    await self._room.local_participant.set_attributes(attributes)
            except TimeoutError:
                if not self._has_warned:
                    logger.warning("Attributes were not written within {} s", WRITE_TIMEOUT_SECS)
                self._has_warned = True
