"""How many sessions may live at once, counted from the rooms LiveKit says are alive.

Rooms that wait parked are not sessions. Starts under way hold a slot, so that two starts never
take the last place.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager

from bot.errors import RoomError, SessionError
from bot.rooms.admission import Admission
from bot.rooms.agreement import Agreement
from bot.rooms.rooms import Rooms, RoomState
from bot.rooms.shares import Shares

_MOST_WAITING = 32
_WAIT_LIMIT_SECS = 10.0
"""Two calls to a LiveKit server that hangs; clients give up then."""


def busy() -> SessionError:
    """Return the refusal of a start for which there is no line."""
    return SessionError("at_capacity", "All lines are busy. Please try again soon.")


class Slot:
    """One place held by a start under way."""

    def __init__(self, *, is_last_bot: bool, may_be_fresh: bool = True) -> None:
        self.room_name: str | None = None
        """Set as soon as it is known, so that its room is not counted twice."""
        self.is_last_bot = is_last_bot
        """No further bot may be started beside the parked ones."""
        self.may_be_fresh = may_be_fresh
        """The machine has what another bot takes; without it a parked one has to do."""


class Capacity:
    """Counts and admits.

    Args:
        rooms: Where the live rooms are.
        limit: Most sessions at once.
        shares: What of it one network may have; None: everything.
        admission: Knows what the machine can take; None: anything.
        agreement: Knows of starts at other runners.
    """

    def __init__(
        self,
        *,
        rooms: Rooms,
        limit: int,
        shares: Shares | None = None,
        admission: Admission | None = None,
        agreement: Agreement | None = None,
    ) -> None:
        self._agreement = agreement or Agreement()
        self._rooms = rooms
        self.limit = limit
        self._shares = shares
        self._admission = admission
        self._waiting = 0
        self._slots: set[Slot] = set()
        self._lock = asyncio.Lock()

    @property
    def may_start_bot(self) -> bool:
        """Whether the machine can take one more bot."""
        return self._admission is None or self._admission.shortage() is None

    def note_bot(self) -> None:
        """A bot is being started, and will take its part of the machine."""
        if self._admission is not None:
            self._admission.note_bot()

    async def used(self) -> int:
        """Return how many sessions live or are being started."""
        return (await self._count())[0]

    async def is_beyond(self, room_name: str) -> bool:
        """Tell whether a room that a token made is one too many."""
        return room_name in self.beyond(await self._rooms.list_live())

    def beyond(self, live: Iterable[RoomState]) -> set[str]:
        """Return the rooms that are too many: those of starts may stay, then the oldest."""
        sessions = [room for room in live if not room.is_parked and room.end_reason is None]
        sessions.sort(key=lambda room: (not room.is_admitted, room.created_at, room.room_name))
        beyond = {room.room_name for room in sessions[self.limit :] if not room.is_admitted}
        if self._shares is not None:
            unfair = self._shares.beyond([room.session_id for room in sessions])
            by_token = [room for room in sessions if not room.is_admitted]
            beyond |= {room.room_name for room in by_token if room.session_id in unfair}
        return beyond

    @asynccontextmanager
    async def slot(self, *, ahead: Callable[[], int] = lambda: 0) -> AsyncGenerator[Slot]:
        """Hold one place while a session is being started.

        Args:
            ahead: Says for how many others, who came before, a place has to be left.

        Raises:
            SessionError: code "at_capacity".
            RoomError: LiveKit does not say what is alive.
        """
        if self._waiting >= _MOST_WAITING:
            raise busy()
        async with AsyncExitStack() as held:
            self._waiting += 1
            try:
                async with asyncio.timeout(_WAIT_LIMIT_SECS):
                    slot = await self._admit(ahead, held)
            except TimeoutError as error:
                message = "The LiveKit server does not answer."
                raise RoomError("livekit_unreachable", message) from error
            finally:
                self._waiting -= 1
            try:
                yield slot
            finally:
                self._slots.discard(slot)

    async def _admit(self, ahead: Callable[[], int], held: AsyncExitStack) -> Slot:
        async with self._lock:
            # Before the rooms are counted: what another runner begins later counts this one.
            elsewhere = await held.enter_async_context(self._agreement.slot())
            used, parked = await self._count()
            used += elsewhere
            if used + ahead() >= self.limit:
                raise busy()
            shortage = self._admission.shortage() if self._admission is not None else None
            if shortage == "lag" or (shortage == "memory" and not parked):
                raise busy()
            slot = Slot(
                is_last_bot=used + parked >= self.limit or shortage is not None,
                may_be_fresh=shortage is None,
            )
            self._slots.add(slot)
            return slot

    async def _count(self) -> tuple[int, int]:
        """Return sessions and parked rooms.

        A start may end while LiveKit answers: its slot still counts, its room may not be listed.
        """
        slots = set(self._slots)
        live = await self._rooms.list_live()
        slots |= self._slots
        starting = {slot.room_name or id(slot) for slot in slots}
        parked = {room.room_name for room in live if room.is_parked} - starting
        sessions = {room.room_name for room in live} - parked
        return len(sessions | starting), len(parked)
