"""Says in the store how many calls a worker holds and has, and hears there whose the next one is.

So full is what all workers say together, and they fill evenly. With a file for a store there is one
machine, whose runner knows MAX_SESSIONS: none of this is needed, and LiveKit's choice stands.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from livekit.protocol.models import ServerInfo

from bot.livekit.mark import known_as, livekit_mark, place_of
from bot.processes.free_memory import free_memory_bytes
from bot.rooms.lines.admission import Memory
from bot.rooms.tickets import ticket_key
from bot.rooms.watch.worker_mark import worker_lease, worker_mark
from bot.settings import Settings
from bot.store.shared.seats import (
    ELSEWHERE,
    SAY_SECS,
    WorkerWord,
    say_places,
    seat,
    worker_is_gone,
)
from bot.store.shared.shared import SharedStore
from bot.store.store import open_as_it_is
from bot.worker.admission import Whose

_ASK_LIMIT_SECS = 0.3
"""A store that is slower than that is not worth its caller's waiting."""


class Places:
    """What one worker says.

    Args:
        shared: Where.
        mark: Of the worker, as its bots show it.
        places: Calls that it holds.
        held: Returns the ids of the jobs that it has.
        send_on: Has LiveKit ask for a room's bot again, by the job's metadata.
        memory: Of its machine: without any for one more bot it holds what it has.
        can_fork: Tells whether a bot can be had now; else callers wait, or others have them.
    """

    def __init__(  # noqa: PLR0913 - what it says, and whom it asks
        self,
        shared: SharedStore,
        *,
        mark: str,
        places: int,
        held: Callable[[], Sequence[str]],
        send_on: Callable[[str, str], Awaitable[None]],
        memory: Memory,
        can_fork: Callable[[], bool],
    ) -> None:
        self._shared = shared
        self._name = worker_lease(mark)
        self._places = places
        self._held = held
        self._send_on = send_on
        self._memory = memory
        self._can_fork = can_fork
        self._known = frozenset[str]()
        self._node = ""
        self._is_open = self._has_ended = False
        # A pool has one connection that is kept.
        self._asking = asyncio.Lock()
        self._changed = asyncio.Event()

    def begin(self, _worker_id: str, node: ServerInfo) -> None:
        """LiveKit knows the worker: it takes calls, of that node, unless it drains already.

        Its connection may be lost, and be there again, in an hour of draining.
        """
        self._node, self._is_open = node.node_id, not self._has_ended
        self._changed.set()

    def end(self) -> None:
        """It takes no more."""
        self._is_open, self._has_ended = False, True
        self._changed.set()

    def ending(self, order: Callable[[bytes], None]) -> Callable[[bytes], None]:
        """Return what gives orders to its bots, of which the first is that it takes no more."""

        def give(line: bytes) -> None:
            self.end()
            order(line)

        return give

    async def whose(self, job_id: str, *, is_waited_for: bool) -> Whose:
        """Tell whose a job is that this worker is offered: an emptier one may have it."""
        me = self._shared.me
        try:
            async with asyncio.timeout(_ASK_LIMIT_SECS), self._asking:
                name = await self._shared.ask_all(
                    lambda store: seat(
                        store, job_id, worker=self._name, holder=me, is_waited_for=is_waited_for
                    )
                )
        except TimeoutError:
            return Whose.OWN
        if name == ELSEWHERE:
            return Whose.ELSEWHERE
        if name not in (None, self._name):
            return Whose.NEIGHBOUR
        # It is one of its own from now on.
        self._changed.set()
        return Whose.OWN

    async def send_on(self, room_name: str, metadata: str) -> None:
        """Have LiveKit ask again for a job that is for a worker of another node."""
        await self._send_on(room_name, metadata)

    async def run(self) -> None:
        """Say so again and again until cancelled."""
        while True:
            self._changed.clear()
            await self.tell()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SAY_SECS):
                    await self._changed.wait()

    async def tell(self) -> None:
        """Say how it is now."""
        name, me = self._name, self._shared.me
        if self._is_open:
            word = self._word()
            await self._shared.ask_all(lambda store: say_places(store, name, word, holder=me))
        else:
            await self._shared.ask_all(lambda store: worker_is_gone(store, name))

    def _word(self) -> WorkerWord:
        jobs = self._held()
        for _ in set(jobs) - self._known:
            self._memory.note_bot()
        self._known = frozenset(jobs)
        places = min(self._places, len(jobs)) if self._memory.is_short() else self._places
        is_waiting = not self._can_fork()
        return WorkerWord(places=places, node=self._node, jobs=jobs, is_waiting=is_waiting)


@asynccontextmanager
async def open_places(
    settings: Settings,
    *,
    held: Callable[[], Sequence[str]],
    send_on: Callable[[str, str], Awaitable[None]],
    free_bytes: Callable[[], int | None] = free_memory_bytes,
    can_fork: Callable[[], bool] = lambda: True,
) -> AsyncGenerator[Places]:
    """Say it while the block runs, from `begin` on; the store that is set is a shared one.

    Args:
        settings: Of the worker.
        held: Returns the ids of the jobs that it has.
        send_on: Has LiveKit ask for a room's bot again, by the job's metadata.
        free_bytes: Memory that there is; None: not known.
        can_fork: Tells whether a bot can be had now.
    """
    store = open_as_it_is(settings)
    try:
        shared = SharedStore(store, place=_place_of(settings))
        mark = worker_mark(os.getpid())
        told = Places(
            shared,
            mark=mark,
            places=settings.max_sessions,
            held=held,
            send_on=send_on,
            memory=Memory(free_bytes),
            can_fork=can_fork,
        )
        saying = asyncio.create_task(told.run(), name="places")
        try:
            yield told
        finally:
            saying.cancel()
            await asyncio.wait({saying})
            told.end()
            await told.tell()
    finally:
        await store.close()


def _place_of(settings: Settings) -> str:
    """Return what the runners at the same LiveKit have too."""
    livekit = known_as(
        url=settings.livekit_url,
        public_url=settings.livekit_public_url,
        api_key=settings.livekit_api_key,
    )
    key = ticket_key(api_secret=settings.livekit_api_secret, data_dir=settings.data_dir)
    return place_of(livekit_mark(livekit=livekit, agent_name=settings.agent_name, key=key))
