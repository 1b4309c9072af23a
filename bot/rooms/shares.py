"""What one network may have of all lines, so that nobody holds them all."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Generator, Iterable
from contextlib import contextmanager

from bot.errors import SessionError
from bot.rooms.records import SessionRecord, SessionRecords

_MOST_REMEMBERED = 10_000
_MOST_UNJOINED = 2
"""A caller has one; somebody beside them who starts in the same moment has the other."""


class Shares:
    """Knows which network each session is of.

    Args:
        records: Which of them live, and whose caller has come.
        most_live: Sessions one network may have at once.
    """

    def __init__(self, *, records: SessionRecords, most_live: int) -> None:
        self._records = records
        self._most_live = most_live
        self._networks: OrderedDict[str, str] = OrderedDict()
        self._starting: Counter[str] = Counter()

    @contextmanager
    def taking(self, network: str | None) -> Generator[None]:
        """Hold a place in the network's share while a session is being started.

        Args:
            network: Whose; None is nobody's and has no limit.

        Raises:
            SessionError: code "rate_limited".
        """
        if network is None:
            yield
            return
        self._check(network)
        self._starting[network] += 1
        try:
            yield
        finally:
            self._starting[network] -= 1
            if not self._starting[network]:
                del self._starting[network]

    def note(self, session_id: str, network: str | None) -> None:
        """Remember whose a session is, one that does not live yet included."""
        if network is None:
            return
        self._networks[session_id] = network
        while len(self._networks) > _MOST_REMEMBERED:
            self._networks.popitem(last=False)

    def beyond(self, sessions: Iterable[str]) -> set[str]:
        """Return those of live sessions, the most deserving first, that are beyond a share."""
        counts, beyond = Counter[str](), set[str]()
        for session_id in sessions:
            network = self._networks.get(session_id)
            if network is not None:
                counts[network] += 1
                if counts[network] > self._most_live:
                    beyond.add(session_id)
        return beyond

    def _check(self, network: str) -> None:
        starting = self._starting[network]
        live = [record for record in self._records_of(network) if record.end_reason is None]
        unjoined = sum(not record.has_joined for record in live)
        if len(live) + starting >= self._most_live:
            message = "All calls your network may have at once are taken. Please end one first."
            raise SessionError("rate_limited", message)
        if unjoined + starting >= _MOST_UNJOINED:
            message = "Calls you have started wait for you to join. Please wait a moment."
            raise SessionError("rate_limited", message)

    def _records_of(self, network: str) -> list[SessionRecord]:
        ended = [one for one in self._networks if self._records.has_ended(one)]
        for session_id in ended:
            del self._networks[session_id]
        found = (self._records.find(one) for one, its in self._networks.items() if its == network)
        return [record for record in found if record is not None]
