"""Sessions whose room LiveKit has lost, as it was started anew: they may go on in a new one.

Only those can that were written down: the bot of the new room knows nothing else of the call.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from loguru import logger

from bot.errors import SessionError, StoreError
from bot.processes.set_clock import SetClock, awake_secs
from bot.rooms.plan import RoomPlan
from bot.rooms.records import SessionRecords
from bot.rooms.rooms import Rooms
from bot.rooms.watch.bot_watch import REPLACING_WAITS_SECS, BotWatch
from bot.store.sessions import open_since
from bot.store.store import Store

_ASK_AGAIN_SECS = 5.0
"""A store that hangs takes seconds for each question, and there may be one a session."""


class LostRooms:
    """Knows for how long such sessions wait for their callers, and makes their rooms anew.

    Args:
        rooms: LiveKit's rooms.
        watch: Sees to the new bots.
        records: What this process has seen.
        store: Where sessions are written down; None: nowhere, and none of them goes on.
        waits_secs: How long a session waits for a caller who is gone.
        lasts_secs: How long one may last. Of one that is older nobody was left to write its end.
        now: Unix seconds.
        clock_secs: What nobody sets.
    """

    def __init__(  # noqa: PLR0913 - each part has its own file
        self,
        *,
        rooms: Rooms,
        watch: BotWatch,
        records: SessionRecords,
        store: Store | None,
        waits_secs: float,
        lasts_secs: float,
        now: Callable[[], float] = time.time,
        clock_secs: Callable[[], float] = awake_secs,
    ) -> None:
        self._rooms = rooms
        self._watch = watch
        self._records = records
        self._store = store
        self._waits_secs = waits_secs
        self._lasts_secs = lasts_secs
        self._time = SetClock(now=now, clock_secs=clock_secs)
        self._clock_secs = clock_secs
        self._missed_at: dict[str, float] = {}
        """When LiveKit answered first without the room, by session."""
        self._asks_again_at = float("-inf")
        self._lock = asyncio.Lock()

    def found(self, session_ids: Iterable[str]) -> None:
        """Note whose rooms are there."""
        for session_id in session_ids:
            self._missed_at.pop(session_id, None)

    async def may_go_on(self, session_id: str) -> bool:
        """Tell whether a session, whose room LiveKit does not have, still waits for its caller.

        As long as it would wait it also does if the store does not say: both may be started anew.
        """
        try:
            return await self._waits(session_id)
        except StoreError:
            return True

    async def _waits(self, session_id: str) -> bool:
        """Ask the store.

        Raises:
            StoreError: nobody knows, and it may.
        """
        if self._store is None or not self._store.is_kept or self._records.has_ended(session_id):
            return False
        missed_at = self._missed_at.setdefault(session_id, self._clock_secs())
        if self._clock_secs() - missed_at >= self._waits_secs:
            return False
        began_ms = await self._open_since(self._store, session_id)
        longest_secs = self._lasts_secs + self._waits_secs
        if began_ms is None or self._time.earliest_secs() - began_ms / 1000 > longest_secs:
            self._missed_at.pop(session_id, None)
            return False
        return True

    async def _open_since(self, store: Store, session_id: str) -> int | None:
        if self._clock_secs() < self._asks_again_at:
            raise StoreError("store_failed", "it has not answered just now")
        try:
            return await open_since(store, session_id)
        except StoreError as error:
            logger.warning("Which sessions go on is not known: {}", error.message)
            self._asks_again_at = self._clock_secs() + _ASK_AGAIN_SECS
            raise

    async def make_anew(self, plan: RoomPlan, *, is_draining: bool) -> bool:
        """Make the room of a session that may go on; returns whether it may.

        Raises:
            SessionError: code "draining" if no bot would come, "store_unreachable" if nobody knows
                whether it has ended.
            RoomError: LiveKit does not answer.
        """
        async with self._lock:
            if await self._rooms.find(plan.room_name) is not None:
                return True  # somebody was quicker
            try:
                if not await self._waits(plan.session_id):
                    return False
            except StoreError as error:
                message = "What is kept cannot be reached just now. Try again shortly."
                raise SessionError("store_unreachable", message) from error
            if is_draining:
                message = "The assistant is being restarted. Try again shortly."
                raise SessionError("draining", message)
            logger.warning("{} is lost; it is made anew", plan.room_name)
            taken_over = replace(plan, is_admitted=True, takeover=1, resume_secs=self._waits_secs)
            await self._rooms.create(taken_over)
        self._records.note_live(plan.session_id)
        # A worker looks for a LiveKit that was away every ten seconds.
        self._watch.watch(plan.session_id, waits_secs=REPLACING_WAITS_SECS)
        self.found([plan.session_id])
        return True
