"""Ends what belongs to nobody any more, as a runner, a bot or LiveKit was lost in the middle.

It compares what LiveKit says is alive with what was written down: sessions this process remembers,
sessions of the store, rooms that wait parked. What it ends is named in the log.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from loguru import logger

from bot.errors import StoreError
from bot.rooms.agreement import Agreement
from bot.rooms.parking import UNUSABLE_SECS, Parking
from bot.rooms.records import UNKNOWN_REASON, SessionRecords
from bot.rooms.rooms import Survey
from bot.rooms.watch.lost_rooms import LostRooms
from bot.store.kept_session import ENDED, SILENT_SECS
from bot.store.sessions import note_livekit, note_state, open_sessions
from bot.store.store import Store

_START_SECS = 30.0
"""A session may be remembered so long before its room is there."""


class Reaper:
    """Looks for leftovers, whenever all rooms have been looked at.

    Args:
        records: What this process remembers; learns what has ended.
        parking: Knows the parked rooms of this process.
        store: Where sessions are written down; None: nowhere.
        lost: Knows which sessions without a room may go on.
        agreement: Of the runners, on whose parked rooms are nobody's.
        livekit: The mark of the LiveKit that is looked at; others may share the store.
        now: Unix seconds.
        livekit_now: The same, by LiveKit's clock.
    """

    def __init__(  # noqa: PLR0913 - what it compares
        self,
        *,
        records: SessionRecords,
        parking: Parking,
        store: Store | None,
        lost: LostRooms,
        agreement: Agreement | None = None,
        livekit: str = "",
        now: Callable[[], float] = time.time,
        livekit_now: Callable[[], float] = time.time,
    ) -> None:
        self._records = records
        self._parking = parking
        self._store = store
        self._lost = lost
        self._now = now
        self._livekit_now = livekit_now
        self._livekit = livekit
        self._agreement = agreement or Agreement()
        self._is_failing = False
        self._missed: set[str] = set()
        self._noted: set[str] = set()
        """Sessions that live here, as the store knows."""

    async def reap(self, survey: Survey) -> None:
        """Find what one survey shows; a room that is nobody's is deleted by the next sweep."""
        alive = {room.session_id for room in survey.live}
        await self._reap_parked(survey)
        # One survey without it may be a slip of a LiveKit that was just started.
        missed = set(self._records.open_for(_START_SECS)) - alive
        for session_id in missed & self._missed:
            if not await self._lost.may_go_on(session_id):
                self._end(session_id, "has no room any more")
        if self._store is not None:
            begun = {room.session_id for room in survey.live if not room.is_parked}
            missed |= await self._reap_written(self._store, alive, begun=begun)
        self._missed = missed

    async def _reap_parked(self, survey: Survey) -> None:
        for room in survey.live:
            is_ours = self._parking.holds(room.room_name)
            is_old = self._livekit_now() - room.created_at > UNUSABLE_SECS + _START_SECS
            if is_ours and not room.is_parked:
                # Its bot has brought it back to a LiveKit that was started anew, without its mark.
                self._parking.give_up(room.room_name)
            if is_ours or not room.is_parked or self._records.has_ended(room.session_id):
                continue
            # Another runner would have given it up by now.
            if is_old or await self._agreement.take_orphan(room.room_name):
                self._end(room.session_id, "waits parked, for no runner", reason="never_joined")

    async def _reap_written(self, store: Store, alive: set[str], *, begun: set[str]) -> set[str]:
        """End sessions of the store that have no room; returns those that seem to have none."""
        seen_before = self._now() - SILENT_SECS
        try:
            self._noted &= begun
            if begun - self._noted:
                self._noted |= await note_livekit(store, begun - self._noted, self._livekit)
            silent = await open_sessions(store, seen_before=seen_before, livekit=self._livekit)
            missed = set(silent) - alive
            for session_id in missed & self._missed:
                if await self._lost.may_go_on(session_id):
                    continue
                record = self._records.find(session_id)
                reason = record.end_reason if record else None
                self._end(session_id, "was written down, and has no room any more")
                await note_state(store, session_id, ENDED, end_reason=reason or UNKNOWN_REASON)
        except StoreError as error:
            if not self._is_failing:
                logger.warning("What was written down cannot be looked at: {}", error.message)
            self._is_failing = True
            return set()
        self._is_failing = False
        return missed

    def _end(self, session_id: str, why: str, *, reason: str = UNKNOWN_REASON) -> None:
        if not self._records.has_ended(session_id):
            logger.warning("Session {} {}; it is over", session_id, why)
            self._records.note_ended(session_id, reason)
