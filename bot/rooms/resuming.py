"""Brings a caller back into a session that goes on: the page was reloaded, or the network gone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from loguru import logger

from bot.errors import SessionGoneError, StoreError
from bot.rooms.plan import RoomPlan
from bot.rooms.records import SessionRecords
from bot.rooms.rooms import Rooms, RoomState
from bot.rooms.tickets import Tickets
from bot.rooms.tokens import Caller, StartedSession, Tokens
from bot.rooms.watch.lost_rooms import LostRooms
from bot.store.session_rows import TurnRow
from bot.store.store import Store
from bot.store.talk import load_talk

_WORDS_SECS = 1.0
"""A session is read within 2 ms (docs/sessions.md); a caller who is back waits for no store."""


class Resuming:
    """Exchanges tickets for new tokens.

    Args:
        rooms: LiveKit's rooms.
        tokens: Makes callers' tokens.
        tickets: Makes and checks tickets.
        records: What happened to sessions.
        agent_name: Whose bots.
        waits_secs: How long a session waits for a caller who is gone.
        lost: Makes the room of a session anew that LiveKit has lost.
        is_draining: Tells whether no more bots come.
        end_of: Says why a session has ended.
        store: Where conversations are kept; None: nowhere.
    """

    def __init__(  # noqa: PLR0913 - each part has its own file
        self,
        *,
        rooms: Rooms,
        tokens: Tokens,
        tickets: Tickets,
        records: SessionRecords,
        agent_name: str,
        waits_secs: float,
        lost: LostRooms,
        is_draining: Callable[[], bool],
        end_of: Callable[[RoomPlan], Awaitable[str | None]],
        store: Store | None = None,
    ) -> None:
        self._end_of = end_of
        self._lost = lost
        self._is_draining = is_draining
        self._store = store
        self.waits_secs = waits_secs
        """How long a session waits for a caller who is gone."""
        self._rooms = rooms
        self._tokens = tokens
        self._tickets = tickets
        self._records = records
        self._agent_name = agent_name

    def ticket_of(self, started: StartedSession, *, person: str = "") -> str:
        """Return a ticket of a session; it lasts anew from now."""
        session_id = started.plan.session_id
        return self._tickets.ticket_of(session_id, person=person, name=started.token.name)

    async def resume(self, session_id: str, *, ticket: str, caller: Caller) -> StartedSession:
        """Return a new token for the same place in the same room.

        Args:
            session_id: Which session.
            ticket: Given with its start.
            caller: Who comes back; `person` must be whom the ticket was made for, and the name is
                the ticket's.

        Raises:
            TokenError: the ticket is not one of this session and person.
            SessionGoneError: the session has ended.
            SessionError: its room is lost; code "draining": no bot would come into another,
                "store_unreachable": nobody knows just now whether it has ended.
            RoomError: LiveKit does not answer.
        """
        name = self._tickets.check(ticket, session_id=session_id, person=caller.person)
        plan = RoomPlan(agent_name=self._agent_name, session_id=session_id)
        room = await self._check_alive(plan)
        token = self._tokens.for_caller(plan, caller=replace(caller, name=name))
        return StartedSession(plan=plan, token=token, lived_secs=self._lived_secs(room))

    async def turns_of(self, session_id: str) -> list[TurnRow] | None:
        """Return what was said so far; None if that is not kept, or cannot be read soon."""
        if self._store is None or not self._store.is_kept:
            return None
        try:
            async with asyncio.timeout(_WORDS_SECS):
                kept = await load_talk(self._store, session_id)
        except (StoreError, TimeoutError) as error:
            logger.warning("What was said is not to be had: {}", type(error).__name__)
            return None
        return None if kept is None else [turn for turn in kept.all_turns if turn.text]

    def _lived_secs(self, room: RoomState | None) -> float | None:
        # Made anew, for a bot that takes over or by a client, it is younger than its call.
        if room is None or room.takeovers or not room.is_admitted:
            return None
        return max(0.0, self._rooms.clock.now_secs() - room.begun_at)

    async def _check_alive(self, plan: RoomPlan) -> RoomState | None:
        """Return its room; None if that has just been made anew."""
        has_ended = self._records.has_ended(plan.session_id)
        room = None if has_ended else await self._rooms.find(plan.room_name)
        if room is None:
            reason = await self._end_of(plan)
            is_draining = self._is_draining()
            if reason or not await self._lost.make_anew(plan, is_draining=is_draining):
                raise SessionGoneError(reason)
        elif room.end_reason is not None:
            raise SessionGoneError(room.end_reason)
        return room
