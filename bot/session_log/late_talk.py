"""The talk of a call whose store did not answer as it was taken over: asked for again and again.

What is noted meanwhile is known here by its lines, so that it can be moved behind what is found.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import chain, repeat

from loguru import logger

from bot.errors import StoreError
from bot.session_log.session_writer import RETRY_SECS, Row
from bot.store.kept_session import KeptSession


class LateTalk:
    """Searches for one talk, once it is missing, from `begin` to `close`.

    Args:
        ask: Asks the store; returns None if it has no such talk, and raises `StoreError` or
            `TimeoutError` if it does not say.
        take: Told what the store has said, once.
    """

    def __init__(
        self,
        *,
        ask: Callable[[], Awaitable[KeptSession | None]],
        take: Callable[[KeptSession | None], None],
    ) -> None:
        self._ask = ask
        self._take = take
        self.is_missing = False
        """Nobody knows where the session goes on."""
        self._rows: dict[int, Row] = {}
        """By identity: what was noted while it was missing."""
        self._search: asyncio.Task[None] | None = None
        self._is_closing = asyncio.Event()

    @property
    def is_searched(self) -> bool:
        """Whether the store is being asked."""
        return self._search is not None

    def note(self, row: Row) -> None:
        """Know a line that was noted; those after the talk was found have their places."""
        if self.is_missing:
            self._rows[id(row)] = row

    def begin(self) -> None:
        """Ask from now on."""
        self._search = asyncio.create_task(self._look_again(), name="session search")

    def move_rows(self, *, places: int, later_ms: int) -> None:
        """Have what was noted meanwhile stand so many places, and so much, later."""
        for row in self._rows.values():
            row.move(places=places, later_ms=later_ms)
        self._rows.clear()

    async def close(self) -> None:
        """Ask once more at most; not cancelled, as what is asked just now may be answered."""
        search, self._search = self._search, None
        if search is None:
            return
        self._is_closing.set()
        await asyncio.wait({search})
        if self.is_missing:
            logger.error("Nothing of this bot's part is kept: the store does not answer")

    async def _look_again(self) -> None:
        for pause_secs in chain(RETRY_SECS, repeat(RETRY_SECS[-1])):
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_secs):
                    await self._is_closing.wait()
            if await self._find() or self._is_closing.is_set():
                return

    async def _find(self) -> bool:
        """Ask once more what there is; returns whether the store has told."""
        try:
            kept = await self._ask()
        except (StoreError, TimeoutError):
            return False
        self.is_missing = False
        self._take(kept)
        return True
