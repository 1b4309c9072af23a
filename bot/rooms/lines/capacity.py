"""How many sessions may live at once, counted from the rooms LiveKit says are alive.

Rooms that wait parked are not sessions. Starts under way hold a slot, so that two starts never
take the last place.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from bot.errors import RoomError, SessionError
from bot.rooms.agreement import Agreement
from bot.rooms.lines.admission import Admission, Shortage
from bot.rooms.lines.shares import Shares
from bot.rooms.rooms import Rooms, RoomState
from bot.store.shared.others import Others

_MOST_WAITING = 32
_WAIT_LIMIT_SECS = 10.0
"""Two calls to a LiveKit server that hangs; clients give up then."""


def busy() -> SessionError:
    """Return the refusal of a start for which there is no line."""
    return SessionError("at_capacity", "All lines are busy. Please try again soon.")


class Slot:
    """One place held by a start under way."""

    def __init__(
        self, *, is_last_bot: bool, may_be_fresh: bool = True, network: str | None = None
    ) -> None:
        self.network = network
        """Digest: whose share of the lines it is of; None: nobody's."""
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
        limit: Most sessions at once, unless workers say how many they hold together.
        shares: What of it one network may have; None: everything.
        admission: Knows what the machine can take; None: anything.
        agreement: Knows of starts at other runners, and of workers.
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
        self._own_limit = limit
        # What lived before this runner did is not for it to judge.
        self._bound = math.inf if self._agreement.is_shared else limit
        self._shares = shares
        self._admission = admission
        self._waiting = 0
        self._slots: set[Slot] = set()
        self._lock = asyncio.Lock()

    @property
    def limit(self) -> int:
        """How many sessions may live at once just now."""
        return self._agreement.lines(self._own_limit)

    @property
    def may_start_bot(self) -> bool:
        """Whether the machine can take one more bot."""
        return self._shortage() is None

    def note_bot(self) -> None:
        """A bot is being started, and will take its part of the machine."""
        if self._admission is not None:
            self._admission.note_bot()

    async def used(self) -> int:
        """Return how many sessions live or are being started."""
        return (await self._count()).used

    async def is_beyond(self, room_name: str) -> bool:
        """Tell whether a room that a token made is one too many."""
        return room_name in self.beyond(await self._rooms.list_live())

    def beyond(self, live: Iterable[RoomState]) -> set[str]:
        """Return the rooms that are too many: those of starts may stay, then the oldest.

        A worker that is lost makes none too many: its calls go to others.
        """
        sessions = [room for room in live if not room.is_parked and room.end_reason is None]
        sessions.sort(key=lambda room: (not room.is_admitted, room.created_at, room.room_name))
        bound = int(max(self.limit, min(self._bound, len(sessions))))
        self._bound = bound
        beyond = {room.room_name for room in sessions[bound:] if not room.is_admitted}
        if self._shares is not None:
            unfair = self._shares.beyond(sessions)
            by_token = {room.room_name for room in sessions if not room.is_admitted}
            beyond |= by_token & unfair
        return beyond

    @asynccontextmanager
    async def slot(
        self,
        *,
        ahead: Callable[[], int] = lambda: 0,
        network: str | None = None,
        call: str = "",
    ) -> AsyncGenerator[Slot]:
        """Hold one place while a session is being started.

        Args:
            ahead: Says for how many others, who came before, a place has to be left.
            network: Digest: whose share it takes; None: nobody's.
            call: Digest: the key of its place in the waiting line; empty: it has none.

        Raises:
            SessionError: code "at_capacity", or "rate_limited".
            RoomError: LiveKit does not say what is alive.
        """
        if self._waiting >= _MOST_WAITING:
            raise busy()
        async with AsyncExitStack() as held:
            self._waiting += 1
            try:
                async with asyncio.timeout(_WAIT_LIMIT_SECS):
                    elsewhere = self._agreement.slot(network=network or "", call=call)
                    slot = await self._admit(ahead, network, held, elsewhere)
            except TimeoutError as error:
                message = "The LiveKit server does not answer."
                raise RoomError("livekit_unreachable", message) from error
            finally:
                self._waiting -= 1
            try:
                yield slot
            finally:
                self._slots.discard(slot)

    async def _admit(
        self,
        ahead: Callable[[], int],
        network: str | None,
        held: AsyncExitStack,
        elsewhere: AbstractAsyncContextManager[Others],
    ) -> Slot:
        async with self._lock:
            # Before the rooms are counted: what another runner begins later counts this one.
            others = await held.enter_async_context(elsewhere)
            count = await self._count()
            used = count.used + len(others.starting)
            if network is not None and self._shares is not None:
                starting = count.starting_of(network) + others.starting.count(network)
                self._shares.check(network, count.live, starting=starting)
            if used + ahead() >= self.limit:
                raise busy()
            shortage = self._shortage()
            if shortage == "lag" or (shortage == "memory" and not count.parked):
                raise busy()
            slot = Slot(
                is_last_bot=used + count.parked >= self.limit or shortage is not None,
                may_be_fresh=shortage is None,
                network=network,
            )
            self._slots.add(slot)
            return slot

    def _shortage(self) -> Shortage | None:
        found = self._admission.shortage() if self._admission is not None else None
        # Workers, which may be on other machines, hold no more calls than theirs have memory for.
        return None if found == "memory" and self._agreement.has_workers else found

    async def _count(self) -> _Count:
        """Count sessions and parked rooms.

        A start may end while LiveKit answers: its slot still counts, its room may not be listed.
        """
        slots = set(self._slots)
        live = await self._rooms.list_live()
        slots |= self._slots
        starting = {slot.room_name or id(slot) for slot in slots}
        parked = {room.room_name for room in live if room.is_parked} - starting
        sessions = {room.room_name for room in live} - parked
        return _Count(live=live, slots=slots, used=len(sessions | starting), parked=len(parked))


@dataclass(frozen=True, kw_only=True)
class _Count:
    """What there is at one moment."""

    live: Sequence[RoomState]
    slots: Collection[Slot]
    used: int
    """Sessions that live or are being started here."""
    parked: int

    def starting_of(self, network: str) -> int:
        """Return how many starts of a network have no room yet that says so."""
        its = {room.room_name for room in self.live if room.network == network}
        return sum(slot.network == network and slot.room_name not in its for slot in self.slots)
