"""Who waits for a line to be free, in the order they came.

Nobody is called back: whoever waits asks again, and finds either a session or their place. A free
line is kept for those who came first for as long as they keep asking.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

from bot.errors import SessionError

KEPT_SECS = 60.0
"""A browser lets the timers of a tab that nobody sees fire once a minute."""
_TURN_SECS = 15.0
"""So long a line is kept for somebody who does not ask: three times as long as they are told to."""
_LOOK_SECS = 1.0
"""Whoever asks more often than that is told the same again."""
_PLACES_PER_LINE = 4
_MOST_OF_A_NETWORK = 2
"""As of calls that nobody has come to yet."""
_NEXT_SECS = 2
_LONGEST_SECS = 5
_NEVER = float("-inf")


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """What a place is known by."""

    key: tuple[str, str]
    """The caller's address, and what they call their start: nobody else can take it up."""
    network: str | None
    """Whose share of the places it is of; None: nobody's."""


@dataclass(eq=False, kw_only=True)
class _Place:
    number: int
    """Lower came first."""
    network: str | None
    asked_at: float
    looked_at: float = _NEVER
    is_given: bool = False
    """False while it is not known whether there is need of it."""
    is_held_back: bool = False
    """Its network has all that it may: those behind need not wait for that."""
    is_starting: bool = False
    """It has a slot by now."""


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
        limit: Sessions there may be at once, which says how many may wait.
        clock: Monotonic seconds.
    """

    def __init__(self, *, limit: int, clock: Callable[[], float] = _loop_secs) -> None:
        self._most = _PLACES_PER_LINE * limit
        self._clock = clock
        self._numbers = itertools.count()
        self._places: dict[tuple[str, str], _Place] = {}

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._given())

    def holds(self, ticket: Ticket) -> bool:
        """Tell whether there is a place for it."""
        return self._places.get(ticket.key) in self._given()

    def leave(self, ticket: Ticket) -> None:
        """Give a place up; none is fine."""
        self._places.pop(ticket.key, None)

    def close(self) -> None:
        """Forget everybody: nothing more will be started."""
        self._places.clear()

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
            if mine is None or place.number < mine.number
        )

    def take_turn(self, ticket: Ticket | None) -> None:
        """A start has its slot: nobody need keep a line for it any more."""
        if ticket and (place := self._places.get(ticket.key)):
            place.is_starting = True

    @contextmanager
    def waiting(self, ticket: Ticket | None) -> Generator[None]:
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
        held = self.holds(ticket)
        place = self._places.setdefault(ticket.key, self._new_place(ticket.network))
        now = place.asked_at = self._clock()
        if now - place.looked_at < _LOOK_SECS:
            raise self._answer(place, is_new=False)
        place.looked_at = now
        try:
            yield
        except SessionError as refusal:
            place.is_held_back = held and refusal.code == "rate_limited"
            is_full = refusal.code == "at_capacity"
            if not (held and (is_full or place.is_held_back)) and not (
                is_full and self._has_place_for(ticket.network)
            ):
                self.leave(ticket)
                raise
            place.is_given = True
            raise self._answer(place, is_new=not held) from None
        except BaseException:
            if not held:
                self.leave(ticket)
            raise
        else:
            self.leave(ticket)
        finally:
            place.is_starting = False

    def _new_place(self, network: str | None) -> _Place:
        # Numbered as they come, whoever is refused first.
        return _Place(number=next(self._numbers), network=network, asked_at=self._clock())

    def _has_place_for(self, network: str | None) -> bool:
        given = self._given()
        of_network = sum(place.network == network for place in given)
        is_fair = network is None or of_network < _MOST_OF_A_NETWORK
        return is_fair and len(given) < self._most

    def _answer(self, place: _Place, *, is_new: bool) -> StillWaiting:
        before = sum(one.number < place.number for one in self._given())
        return StillWaiting(place=before + 1, is_new=is_new)

    def _given(self) -> list[_Place]:
        """Return the places people have, without those that nobody has asked for in time."""
        oldest = self._clock() - KEPT_SECS
        for key, place in tuple(self._places.items()):
            if place.is_given and place.asked_at < oldest:
                del self._places[key]
        return [place for place in self._places.values() if place.is_given]
