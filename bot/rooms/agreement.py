"""What the runners of one installation agree about, so that any may be asked and any may die.

Which rooms there are is LiveKit's to say. What it does not know is in the store: who hands out a
parked room, who sees to the bot of a session, how many starts are under way elsewhere, who waits
for a line, and how many calls the workers hold that live.
With a file for a store there is one runner, or for seconds the next version beside it: no start
waits for the disk then, and each of both counts its own starts under way.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import replace

from loguru import logger

from bot.processes.upkeep import Upkeep
from bot.rooms.bot_leases import BotLeases
from bot.rooms.watch.worker_mark import worker_lease
from bot.store.shared.leases import (
    PARKED_SECS,
    give_up_all,
    keep_parked,
    let_go,
    take_orphan,
    take_parked,
)
from bot.store.shared.others import (
    Others,
    Waiter,
    give_up_place,
    keep_place,
    look,
    take_slot,
)
from bot.store.shared.seats import worker_is_gone
from bot.store.shared.shared import SharedStore
from bot.store.store import Store

_ID_BYTES = 16
_KEEP_SECS = PARKED_SECS / 4
_LOOK_SECS = 2.0
"""So long a worker, or somebody who waits at another runner, may not be known here yet."""
_SAME_US = 100_000
"""Clocks that differ by less tell one time: an order that is kept once must not change."""
_NOBODY = Others(starting=(), waiting=(), places=None, links=frozenset())


class Agreement:
    """One runner's part in it. While the store fails each runner goes on alone.

    Args:
        shared: Asks the store; None: there is nobody to agree with.
    """

    def __init__(self, shared: SharedStore | None = None) -> None:
        self._shared = shared = shared or SharedStore()
        self._clock = shared.clock
        self._me = shared.me
        self._kept: frozenset[str] = frozenset()
        self._kept_at = float("-inf")
        self._places: int | None = None
        self._offset_us: int | None = None
        self._listeners: list[Callable[[Others], None]] = []
        self._rounds: list[Callable[[], Awaitable[None]]] = []
        self.upkeep = Upkeep(name="agreement", work=self.look, until_due=_until_due)
        self.bots = BotLeases(shared)
        """Which of the runners sees to the bot of a session."""

    @property
    def is_shared(self) -> bool:
        """Whether there may be others."""
        return self._shared.is_shared

    @property
    def owner(self) -> str:
        """What this runner is known by."""
        return self._me.owner

    def listen(self, listener: Callable[[Others], None]) -> None:
        """Have somebody told of what is seen of the others, each time it is seen."""
        self._listeners.append(listener)

    def each_round(self, work: Callable[[], Awaitable[None]]) -> None:
        """Have something told to the others again and again, until they have heard it."""
        self._rounds.append(work)

    @property
    def has_workers(self) -> bool:
        """Whether workers say how many calls they hold."""
        return self._places is not None

    def lines(self, own: int) -> int:
        """Return how many calls there may be at once.

        Args:
            own: What a worker of this runner holds: as many, unless workers say how many there are.
        """
        return own if self._places is None else self._places

    def now_us(self) -> int:
        """Return the time by which places in the line are ordered: this runner's, in microseconds.

        The store has it by the database's clock.
        """
        return int(1_000_000 * self._clock())

    async def run(self) -> None:
        """Look at the others, and keep what is this runner's, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.bots.upkeep.run(), name="leases")
            # Alone there is nothing to see.
            if self.is_shared:
                group.create_task(self.upkeep.run(), name="agreement")

    async def look(self) -> None:
        """See what others do just now."""
        asked_us = self.now_us()
        others = await self._shared.ask_all(lambda store: look(store, holder=self._me))
        if others is not None:
            self._set_clock(others.now_us - (asked_us + self.now_us()) // 2)
            self._hear(others)
            for work in self._rounds:
                await work()

    async def succeed(self, owner: str) -> None:
        """Have what another runner held that is dead be anybody's at once."""
        await self._shared.ask(lambda store: give_up_all(store, owner))

    async def worker_died(self, mark: str) -> None:
        """Count the places of a worker no more."""
        name = worker_lease(mark)
        await self._shared.ask_all(lambda store: worker_is_gone(store, name))

    async def keep_parked(self, rooms: Collection[str]) -> Collection[str]:
        """Say that these rooms wait here; returns those that still do."""
        is_due = self._clock() - self._kept_at >= _KEEP_SECS
        if not rooms or not (is_due or set(rooms) - self._kept):
            return rooms
        asked_at, names = self._clock(), sorted(rooms)
        kept = await self._shared.ask(lambda store: keep_parked(store, names, holder=self._me))
        if kept is None:
            return rooms
        self._kept, self._kept_at = frozenset(kept), asked_at
        return kept

    async def take_parked(self, room: str) -> bool:
        """Take a room that waits here for good; False if another runner has it."""
        # Nobody else can have it yet, if it was said of late that it waits here.
        is_fresh = room not in self._kept or self._clock() - self._kept_at < PARKED_SECS / 2
        if is_fresh and not self.is_shared:
            return True
        taken = await self._shared.ask(lambda store: take_parked(store, room, holder=self._me))
        return is_fresh if taken is None else taken

    async def take_orphan(self, room: str) -> bool:
        """Take a room that waits at another runner for good, if that one is dead."""
        return bool(await self._shared.ask(lambda store: take_orphan(store, room, holder=self._me)))

    @asynccontextmanager
    async def slot(self, *, network: str = "", call: str = "") -> AsyncGenerator[Others]:
        """Hold a line at all runners while the block runs; gives what others hold.

        Args:
            network: Digest: whose share it is of; empty: nobody's.
            call: Digest: the key of its place in the waiting line; empty: it has none.
        """
        call = call or secrets.token_hex(_ID_BYTES)
        held = await self._shared.ask_all(
            lambda store: take_slot(store, holder=self._me, call=call, network=network)
        )
        if held is None:
            yield _NOBODY
            return
        name, others = held
        self._hear(others)
        try:
            yield others
        finally:
            await self._let_go(name)

    async def keep_place(self, waiter: Waiter) -> bool:
        """Have every runner know of a place in the line, which came at a time of `now_us()`.

        Returns:
            Whether they do.
        """
        told = replace(waiter, since_us=waiter.since_us + (self._offset_us or 0))

        async def keep(store: Store) -> bool:
            await keep_place(store, told, holder=self._me)
            return True

        return bool(await self._shared.ask_all(keep))

    async def give_up_place(self, key: str) -> None:
        """Have every runner know that a place is given up."""
        await self._shared.ask_all(lambda store: give_up_place(store, key))

    async def _let_go(self, name: str) -> None:
        await self._shared.ask(lambda store: let_go(store, name, holder=self._me))

    def _hear(self, others: Others) -> None:
        if others.places not in (None, self._places):
            logger.info("Workers hold {} calls together", others.places)
        self._places = others.places
        ours = self._offset_us or 0
        waiting = [replace(one, since_us=one.since_us - ours) for one in others.waiting]
        for listener in self._listeners:
            listener(replace(others, waiting=waiting))

    def _set_clock(self, offset_us: int) -> None:
        """Take how much later the database's clock is than this runner's."""
        if self._offset_us is None or abs(offset_us - self._offset_us) > _SAME_US:
            self._offset_us = offset_us


async def _until_due() -> None:
    await asyncio.sleep(_LOOK_SECS)
