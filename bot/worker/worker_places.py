"""Says in the store how many calls a worker holds, so that full is what all workers say together.

With a file for a store there is one machine, whose runner knows MAX_SESSIONS: nothing is said.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from bot.livekit.mark import known_as, livekit_mark, place_of
from bot.rooms.tickets import ticket_key
from bot.rooms.worker_mark import worker_lease, worker_mark
from bot.settings import Settings
from bot.store.others import say_places, worker_is_gone
from bot.store.shared import SharedStore
from bot.store.store import open_as_it_is

_SAY_SECS = 2.0
_LASTS_SECS = 10.0
"""A store that hiccups is asked again after 5 s: a worker that lives is not taken for dead then."""


class Places:
    """What one worker says.

    Args:
        shared: Where.
        mark: Of the worker, as its bots show it.
        places: Calls that it holds.
    """

    def __init__(self, shared: SharedStore, *, mark: str, places: int) -> None:
        self._shared = shared
        self._name = worker_lease(mark)
        self._places = places
        self._is_open = False
        self._changed = asyncio.Event()

    def begin(self, *_: object) -> None:
        """LiveKit knows the worker: it takes calls."""
        self._is_open = True
        self._changed.set()

    def end(self) -> None:
        """It takes no more."""
        self._is_open = False
        self._changed.set()

    def ending(self, order: Callable[[bytes], None]) -> Callable[[bytes], None]:
        """Return what gives orders to its bots, of which the first is that it takes no more."""

        def give(line: bytes) -> None:
            self.end()
            order(line)

        return give

    async def run(self) -> None:
        """Say so again and again until cancelled."""
        while True:
            self._changed.clear()
            await self.tell()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_SAY_SECS):
                    await self._changed.wait()

    async def tell(self) -> None:
        """Say how it is now."""
        name, me, places = self._name, self._shared.me, self._places
        if self._is_open:
            await self._shared.ask_all(
                lambda store: say_places(store, name, holder=me, places=places, secs=_LASTS_SECS)
            )
        else:
            await self._shared.ask_all(lambda store: worker_is_gone(store, name))


@asynccontextmanager
async def open_places(settings: Settings) -> AsyncGenerator[Places]:
    """Say it while the block runs, from `begin` on."""
    is_shared = settings.store and bool(settings.database_url.get_secret_value())
    async with contextlib.AsyncExitStack() as stack:
        store = open_as_it_is(settings) if is_shared else None
        if store is not None:
            stack.push_async_callback(store.close)
        shared = SharedStore(store, place=_place_of(settings))
        told = Places(shared, mark=worker_mark(os.getpid()), places=settings.max_sessions)
        saying = asyncio.create_task(told.run(), name="places")
        try:
            yield told
        finally:
            saying.cancel()
            await asyncio.wait({saying})
            told.end()
            await told.tell()


def _place_of(settings: Settings) -> str:
    """Return what the runners at the same LiveKit have too."""
    livekit = known_as(
        url=settings.livekit_url,
        public_url=settings.livekit_public_url,
        api_key=settings.livekit_api_key,
    )
    key = ticket_key(api_secret=settings.livekit_api_secret, data_dir=settings.data_dir)
    return place_of(livekit_mark(livekit=livekit, agent_name=settings.agent_name, key=key))
