"""What the runners of one installation agree about, so that any may be asked and any may die.

Which rooms there are is LiveKit's to say. What it does not know is in the store: who hands out a
parked room, who sees to the bot of a session, and how many starts are under way elsewhere.
With a file for a store there is one runner, or for seconds the next version beside it: no start
waits for the disk then, and each of both counts its own starts under way.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from typing import TypeVar

from loguru import logger

from bot.errors import StoreError
from bot.store.leases import (
    PARKED_SECS,
    Holder,
    hold,
    keep_parked,
    let_go,
    take_orphan,
    take_parked,
    take_slot,
)
from bot.store.store import Store

_Answer = TypeVar("_Answer")
_ID_BYTES = 16
_SEEN_TO_SECS = 15.0
"""Longer than a runner that sees to a bot goes without saying so."""
_KEEP_SECS = PARKED_SECS / 4
_ALONE_SECS = 5.0
"""A store that fails is not asked again before: each question may take seconds."""


class Agreement:
    """One runner's part in it. While the store fails each runner goes on alone.

    Args:
        store: Which the runners share; None, or one in memory: there is nobody to agree with.
        place: Which LiveKit, and whose bots; others may share the store.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        *,
        store: Store | None = None,
        place: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store if store is not None and store.is_kept else None
        self._is_shared = self._store is not None and self._store.is_shared
        self._clock = clock
        self._me = Holder(place=place, owner=secrets.token_hex(_ID_BYTES))
        self._kept: frozenset[str] = frozenset()
        self._kept_at = self._alone_until = float("-inf")

    async def keep_parked(self, rooms: Collection[str]) -> Collection[str]:
        """Say that these rooms wait here; returns those that still do."""
        is_due = self._clock() - self._kept_at >= _KEEP_SECS
        if not rooms or not (is_due or set(rooms) - self._kept):
            return rooms
        asked_at, names = self._clock(), sorted(rooms)
        kept = await self._ask(lambda store: keep_parked(store, names, holder=self._me))
        if kept is None:
            return rooms
        self._kept, self._kept_at = frozenset(kept), asked_at
        return kept

    async def take_parked(self, room: str) -> bool:
        """Take a room that waits here for good; False if another runner has it."""
        # Nobody else can have it yet, if it was said of late that it waits here.
        is_fresh = room not in self._kept or self._clock() - self._kept_at < PARKED_SECS / 2
        if is_fresh and not self._is_shared:
            return True
        taken = await self._ask(lambda store: take_parked(store, room, holder=self._me))
        return is_fresh if taken is None else taken

    async def take_orphan(self, room: str) -> bool:
        """Take a room that waits at another runner for good, if that one is dead."""
        return bool(await self._ask(lambda store: take_orphan(store, room, holder=self._me)))

    @asynccontextmanager
    async def slot(self) -> AsyncGenerator[int]:
        """Hold a line at all runners while the block runs; gives how many others hold."""
        if not self._is_shared:
            yield 0
            return
        name = f"slot-{secrets.token_hex(_ID_BYTES)}"
        others = await self._ask(lambda store: take_slot(store, name, holder=self._me))
        try:
            yield others or 0
        finally:
            if others is not None:
                await self._let_go(name)

    async def sees_to(self, session_id: str) -> bool:
        """Be, or stay, the one runner that sees to the bot of a session; False if another is."""
        name = f"bot-{session_id}"
        is_mine = await self._ask(
            lambda store: hold(store, name, holder=self._me, secs=_SEEN_TO_SECS)
        )
        return is_mine is not False

    async def seen_to(self, session_id: str) -> None:
        """Leave the bot of a session to whoever finds it lost."""
        await self._let_go(f"bot-{session_id}")

    async def _let_go(self, name: str) -> None:
        async def work(store: Store) -> bool:
            await let_go(store, name, holder=self._me)
            return True

        await self._ask(work)

    async def _ask(self, work: Callable[[Store], Awaitable[_Answer]]) -> _Answer | None:
        """Ask the store; None if there is none, or it fails."""
        if self._store is None or self._clock() < self._alone_until:
            return None
        try:
            answer = await work(self._store)
        except StoreError as error:
            if self._alone_until == float("-inf"):
                logger.error("Runners do not hear of each other for now: {}", error.message)
            self._alone_until = self._clock() + _ALONE_SECS
            return None
        if self._alone_until != float("-inf"):
            logger.info("Runners hear of each other again")
        self._alone_until = float("-inf")
        return answer
