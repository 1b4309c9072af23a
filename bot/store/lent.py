"""Lends connections, and ends when all have been given back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import StoreError
from bot.store.engines import known_errors, words_for
from bot.store.preparing import LIMIT_SECS

_GOODBYE_SECS = 3.0
"""SQLAlchemy says goodbye for 2 s to a server whose question was broken off."""


class Lent:
    """Knows what a store has lent."""

    def __init__(self) -> None:
        self._count = 0
        self._is_over = False
        self._all_back = asyncio.Event()
        self._all_back.set()

    @asynccontextmanager
    async def lend(
        self,
        turn: AbstractAsyncContextManager[None],
        connect: Callable[[], AbstractAsyncContextManager[AsyncConnection]],
    ) -> AsyncGenerator[AsyncConnection]:
        """Lend a connection for one question.

        Args:
            turn: What is waited for first.
            connect: Makes the connection.

        Raises:
            StoreError: code "store_failed": it cannot be made, fails or takes too long, or nothing
                is lent any more.
        """
        if self._is_over:
            raise StoreError("store_failed", "it is closed")
        self._count += 1
        self._all_back.clear()
        try:
            async with asyncio.timeout(LIMIT_SECS), turn, connect() as connection:
                yield connection
        except known_errors() as error:
            raise StoreError("store_failed", words_for(error, limit_secs=LIMIT_SECS)) from error
        finally:
            self._count -= 1
            if not self._count:
                self._all_back.set()

    async def end(self, *, limit_secs: float = _GOODBYE_SECS) -> None:
        """Lend nothing more, and wait until all is back, for so long at most."""
        self._is_over = True
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_secs):
                await self._all_back.wait()
