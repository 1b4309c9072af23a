"""What callers may ask of their own session: how it is, and its end."""

from __future__ import annotations

from enum import Enum

from livekit.api.access_token import Claims
from loguru import logger

from bot.errors import RoomError, StoreError
from bot.rooms.plan import RoomPlan, caller_identity_of
from bot.rooms.records import UNKNOWN_REASON, SessionRecords
from bot.rooms.rooms import BotState, Rooms, RoomState
from bot.rooms.tokens import TokenError, Tokens
from bot.rooms.watch.lost_rooms import LostRooms
from bot.rooms.watch.seen import START_SECS
from bot.store.kept_session import ENDED
from bot.store.sessions import load_session, note_state
from bot.store.store import Store


class SessionState(Enum):
    """Where a session is in its life."""

    STARTING = "starting"
    LIVE = "live"
    """Its bot is there, and the caller is, or may come."""
    AWAY = "away"
    """The caller is gone, and the bot waits for them."""
    RECOVERING = "recovering"
    """Its bot is gone, and another one is on its way."""
    ENDED = "ended"


class OwnSession:
    """Answers those who have the token of a session's caller.

    What happened is taken from LiveKit above all, so that it is known after a restart of this
    process, and of sessions that another runner has started.

    Args:
        rooms: LiveKit's rooms.
        tokens: Knows callers' tokens.
        records: What this process has seen.
        agent_name: Whose bots.
        lost: Knows which sessions without a room may go on.
        store: Where sessions are written down; None: nowhere.
    """

    def __init__(  # noqa: PLR0913 - each part has its own file
        self,
        *,
        rooms: Rooms,
        tokens: Tokens,
        records: SessionRecords,
        agent_name: str,
        lost: LostRooms,
        store: Store | None = None,
    ) -> None:
        self._rooms = rooms
        self._tokens = tokens
        self._records = records
        self._agent_name = agent_name
        self._lost = lost
        self._store = store

    async def state(
        self, session_id: str, *, authorization: str
    ) -> tuple[SessionState, str | None]:
        """Return a session's state, and the reason once it has ended.

        Raises:
            TokenError: the bearer is not the token of this session's caller.
            RoomError: LiveKit does not answer.
        """
        plan = self._plan(session_id)
        claims = self._check_caller(plan, authorization)
        record = self._records.find(session_id)
        has_ended = self._records.has_ended(session_id)
        room = None if has_ended else await self._rooms.find(plan.room_name)
        if room is not None and room.end_reason is None:
            return await self._state_in(room, plan)
        reason = room.end_reason if room else await self.end_of(plan)
        if reason is not None:
            self._records.note_ended(session_id, reason)
            return SessionState.ENDED, reason
        if await self._lost.may_go_on(session_id):
            return SessionState.RECOVERING, None
        if record is None and claims.room_config is not None:
            return SessionState.STARTING, None  # its token has not been used yet
        return SessionState.ENDED, UNKNOWN_REASON

    async def is_live(self, session_id: str) -> bool:
        """Tell whether a session goes on, or may, as its room is only lost: it is come back to.

        Raises:
            RoomError: LiveKit does not answer.
        """
        plan = self._plan(session_id)
        if self._records.has_ended(session_id):
            return False
        if (room := await self._rooms.find(plan.room_name)) is not None:
            return room.end_reason is None
        return await self.end_of(plan) is None and await self._lost.may_go_on(session_id)

    async def end(self, session_id: str, *, authorization: str) -> None:
        """End a session because its caller wants to; one that has ended is fine.

        Raises:
            TokenError: the bearer is not the token of this session's caller.
            RoomError: LiveKit does not answer.
        """
        plan = self._plan(session_id)
        self._check_caller(plan, authorization)
        await self._rooms.delete(plan.room_name)
        self._records.note_ended(session_id, "caller_left")
        await self._note_end(session_id)

    async def _note_end(self, session_id: str) -> None:
        """Keep that the caller has ended it: its bot may be lost, and another runner asked."""
        if self._store is None:
            return
        try:
            await note_state(self._store, session_id, ENDED, end_reason="caller_left")
        except StoreError as error:
            logger.warning("The end of {} is not kept: {}", session_id, error.message)

    async def end_of(self, plan: RoomPlan) -> str | None:
        """Return why a session without a room has ended; None if nobody has written it down.

        This process may have seen no more than that its room is gone.

        Raises:
            RoomError: LiveKit does not answer.
        """
        record = self._records.find(plan.session_id)
        known = record.end_reason if record is not None else None
        if known not in (None, UNKNOWN_REASON):
            return known
        try:
            noted = await self._rooms.find_end(plan.room_name)
        except RoomError:
            if known is None:
                raise
            noted = None
        return noted or await self._kept_end_of(plan.session_id) or known

    async def _kept_end_of(self, session_id: str) -> str | None:
        if self._store is None:
            return None
        try:
            kept = await load_session(self._store, session_id)
        except StoreError as error:
            logger.warning("The end of {} cannot be read: {}", session_id, error.message)
            return None
        return kept.end_reason if kept is not None and kept.state == ENDED else None

    async def _state_in(self, room: RoomState, plan: RoomPlan) -> tuple[SessionState, str | None]:
        seen = await self._rooms.look_at(plan.room_name)
        if seen.end_reason is not None:
            # It has said so, and is about to delete the room.
            self._records.note_ended(plan.session_id, seen.end_reason)
            return SessionState.ENDED, seen.end_reason
        has_caller = await self._rooms.has_caller(plan)
        return self._state_with(room, plan, bot=seen.state, has_caller=has_caller), None

    def _state_with(
        self, room: RoomState, plan: RoomPlan, *, bot: BotState, has_caller: bool
    ) -> SessionState:
        if has_caller and bot is BotState.READY:
            self._records.note_live(plan.session_id)
            return SessionState.LIVE
        record = self._records.find(plan.session_id)
        is_old = not room.is_parked and self._rooms.clock.now_secs() - room.begun_at > START_SECS
        if bot is not BotState.READY:
            has_begun = is_old or room.is_recovering or (record is not None and record.was_live)
            return SessionState.RECOVERING if has_begun else SessionState.STARTING
        has_joined = is_old or (record is not None and record.has_joined)
        return SessionState.AWAY if has_joined else SessionState.LIVE

    def _check_caller(self, plan: RoomPlan, authorization: str) -> Claims:
        """Check that it is the caller who asks, and not somebody who may only listen."""
        claims = self._tokens.check_caller(authorization, room_name=plan.room_name)
        if claims.identity != caller_identity_of(plan.session_id):
            raise TokenError("forbidden", "Only the caller of this session may do that.")
        return claims

    def _plan(self, session_id: str) -> RoomPlan:
        return RoomPlan(agent_name=self._agent_name, session_id=session_id)
