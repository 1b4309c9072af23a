"""What one network may have of all lines, so that nobody holds them all.

Whose a session is stands in its room's metadata, as a digest: every runner sees it there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager

from bot.errors import SessionError
from bot.rooms.records import SessionRecords
from bot.rooms.watch.seen import RoomState

_MOST_UNJOINED = 2
"""A caller has one; somebody beside them who starts in the same moment has the other."""


class Shares:
    """Knows what a network may have.

    Args:
        records: Which sessions live, and whose caller has come.
        most_live: Says how many sessions one network may have at once.
    """

    def __init__(self, *, records: SessionRecords, most_live: Callable[[], int]) -> None:
        self._records = records
        self._most_live = most_live
        self._starting: Counter[str] = Counter()

    @contextmanager
    def taking(self, network: str | None) -> Generator[None]:
        """Count a start that is under way here, before anybody is asked what lives.

        Args:
            network: Digest: whose; None is nobody's and has no limit.

        Raises:
            SessionError: code "rate_limited".
        """
        if network is None:
            yield
            return
        if self._starting[network] >= _MOST_UNJOINED:
            raise _unjoined()
        self._starting[network] += 1
        try:
            yield
        finally:
            self._starting[network] -= 1
            if not self._starting[network]:
                del self._starting[network]

    def check(self, network: str, rooms: Iterable[RoomState], *, starting: int) -> None:
        """See whether a network may start one more session.

        Args:
            network: Digest: whose.
            rooms: All that live.
            starting: Starts of that network under way whose rooms are not among them.

        Raises:
            SessionError: code "rate_limited".
        """
        its = [room for room in rooms if room.network == network and self._lives(room)]
        found = [self._records.find(room.session_id) for room in its]
        unjoined = sum(record is None or not record.has_joined for record in found)
        if len(its) + starting >= self._most_live():
            message = "All calls your network may have at once are taken. Please end one first."
            raise SessionError("rate_limited", message)
        if unjoined + starting >= _MOST_UNJOINED:
            raise _unjoined()

    def beyond(self, rooms: Sequence[RoomState]) -> set[str]:
        """Return those of live rooms, the most deserving first, that are beyond a share."""
        counts, beyond = Counter[str](), set[str]()
        for room in rooms:
            if room.network is not None:
                counts[room.network] += 1
                if counts[room.network] > self._most_live():
                    beyond.add(room.room_name)
        return beyond

    def _lives(self, room: RoomState) -> bool:
        return room.end_reason is None and not self._records.has_ended(room.session_id)


def _unjoined() -> SessionError:
    message = "Calls you have started wait for you to join. Please wait a moment."
    return SessionError("rate_limited", message)
