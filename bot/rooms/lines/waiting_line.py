"""Who waits for a line to be free, in the order they came.

Nobody is called back: whoever waits asks again, and finds either a session or their place. A free
line is kept for those who came first for as long as they keep asking. It is one line at all
runners: each knows the whole of it, and whoever waited at one that died asks another one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.errors import SessionError
from bot.rooms.agreement import Agreement
from bot.rooms.lines.place import Place
from bot.store.shared.others import WAITS_SECS, Others, Waiter

KEPT_SECS = WAITS_SECS
_TURN_SECS = 15.0
"""So long a line is kept for somebody who does not ask: three times as long as they are told to."""
_LOOK_SECS = 1.0
"""Whoever asks more often than that is told the same again."""
_PLACES_PER_LINE = 4
_MOST_OF_A_NETWORK = 2
"""As of calls that nobody has come to yet."""
_NEXT_SECS = 2
_LONGEST_SECS = 5


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """What a place is known by."""

    key: str
    """Digest of the caller's address and what they call their start: nobody else can take it up."""
    network: str | None
    """Digest: whose share of the places it is of; None: nobody's."""


class StillWaiting(Exception):
    """The answer to a start that has to wait.

    Args:
        place: 1 is next.
        is_new: It was given just now.
    """

    def __init__(self, *, place: int, is_new: bool) -> None:
        super().__init__(f"place {place}")
        self.place = place
        self.is_new = is_new
        self.ask_again_secs = min(_NEXT_SECS + place // 4, _LONGEST_SECS)


def _loop_secs() -> float:
    return asyncio.get_running_loop().time()


class WaitingLine:
    """Keeps places.

    Args:
        limit: Sessions there may be at once, which says how many may wait, unless workers say.
        agreement: Of the runners, on who came first.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        *,
        limit: int,
        agreement: Agreement | None = None,
        clock: Callable[[], float] = _loop_secs,
    ) -> None:
        self._limit = limit
        self._agreement = agreement or Agreement()
        self._agreement.listen(self.hear)
        self._clock = clock
        self._last_us = 0
        self._is_closed = False
        self._places: dict[str, Place] = {}

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._given())

    def holds(self, ticket: Ticket) -> bool:
        """Tell whether there is a place for it."""
        return self._places.get(ticket.key) in self._given()

    async def leave(self, ticket: Ticket) -> None:
        """Give a place up; none is fine."""
        self._places.pop(ticket.key, None)
        await self._agreement.give_up_place(ticket.key)

    def close(self) -> None:
        """Forget everybody: nothing more will be started here. At other runners they wait on."""
        self._is_closed = True
        self._places.clear()

    def hear(self, others: Others) -> None:
        """Learn who waits, as all runners know it."""
        if self._is_closed:
            return
        told = {waiter.key: waiter for waiter in others.waiting}
        for key, place in tuple(self._places.items()):
            if key not in told and place.is_lost(self._clock()):
                del self._places[key]
        for key, waiter in told.items():
            if key not in self._places:
                place = Place(came_us=waiter.since_us, network=waiter.network or None)
                self._places[key] = place
            self._places[key].hear(waiter, self._clock())

    def ahead_of(self, ticket: Ticket | None) -> int:
        """Return for how many a line has to be kept before this start gets one.

        Args:
            ticket: Of the start; None, or one without a place, came after all of them.
        """
        mine = self._places.get(ticket.key) if ticket else None
        awake_since = self._clock() - _TURN_SECS
        return sum(
            place.asked_at >= awake_since and not (place.is_held_back or place.is_starting)
            for place in self._given()
            if mine is None or place.came_us < mine.came_us
        )

    def take_turn(self, ticket: Ticket | None) -> None:
        """A start has its slot: nobody need keep a line for it any more."""
        if ticket and (place := self._places.get(ticket.key)):
            place.is_starting = True

    @asynccontextmanager
    async def waiting(self, ticket: Ticket | None) -> AsyncGenerator[None]:
        """Give a start that finds no line free its place, or keep the one it has.

        A block that ends well, or that is refused for another reason, leaves none behind. If
        LiveKit fails the place stays as it is.

        Args:
            ticket: Of the start; None does not wait.

        Raises:
            StillWaiting: what is to be answered.
            SessionError: the block's own, if all places are taken.
        """
        if ticket is None:
            yield
            return
        self._given()  # without those that are lost
        place = self._places.setdefault(ticket.key, self._new_place(ticket.network))
        now = place.asked_at = place.asked_here_at = self._clock()
        if now - place.looked_at < _LOOK_SECS:
            raise self._answer(place, is_new=False)
        place.looked_at, place.is_asking = now, True
        try:
            yield
        except SessionError as refusal:
            # Known by now, also if it was given at another runner.
            held = place.is_given
            place.is_held_back = held and refusal.code == "rate_limited"
            is_full = refusal.code == "at_capacity"
            if not (held and (is_full or place.is_held_back)) and not (
                is_full and self._has_place_for(ticket.network)
            ):
                await self._end(ticket, place)
                raise
            place.is_given = True
            await self._keep(ticket, place)
            raise self._answer(place, is_new=not held) from None
        except BaseException:
            if not place.is_given:
                self._places.pop(ticket.key, None)
            raise
        else:
            await self._end(ticket, place)
        finally:
            place.is_starting = place.is_asking = False

    async def _keep(self, ticket: Ticket, place: Place) -> None:
        if self._places.get(ticket.key) is not place:
            return  # given up meanwhile
        waiter = Waiter(
            key=ticket.key,
            network=ticket.network or "",
            since_us=place.came_us,
            is_held_back=place.is_held_back,
        )
        if await self._agreement.keep_place(waiter):
            place.is_told, place.told_at = True, self._clock()

    async def _end(self, ticket: Ticket, place: Place) -> None:
        self._places.pop(ticket.key, None)
        if place.is_told:
            await self._agreement.give_up_place(ticket.key)

    def _new_place(self, network: str | None) -> Place:
        # Numbered as they come, whoever is refused first.
        self._last_us = max(self._agreement.now_us(), self._last_us + 1)
        return Place(came_us=self._last_us, network=network, asked_at=self._clock())

    def _has_place_for(self, network: str | None) -> bool:
        given = self._given()
        of_network = sum(place.network == network for place in given)
        is_fair = network is None or of_network < _MOST_OF_A_NETWORK
        most = _PLACES_PER_LINE * self._agreement.lines(self._limit)
        return is_fair and len(given) < most

    def _answer(self, place: Place, *, is_new: bool) -> StillWaiting:
        before = sum(one.came_us < place.came_us for one in self._given())
        return StillWaiting(place=before + 1, is_new=is_new)

    def _given(self) -> list[Place]:
        """Return the places people have, without those that nobody has asked for in time."""
        oldest = self._clock() - KEPT_SECS
        for key, place in tuple(self._places.items()):
            if place.is_given and place.asked_at < oldest:
                del self._places[key]
        return [place for place in self._places.values() if place.is_given]
