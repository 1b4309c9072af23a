"""How often sessions may be started: a token bucket per address, per network, and one of all."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NoReturn

from bot.http.errors import ApiError
from bot.networks import networks_of
from bot.store.shared.rates import count
from bot.store.shared.shared import SharedStore

_MOST_ADDRESSES = 10_000
_SITE_TIMES = 10
"""What a /48 may start, in shares of one address: several customers may have it between them."""


class _Bucket:
    """Starts that are left; full at first, and again after a minute."""

    def __init__(self, per_minute: int, now: float) -> None:
        self._most = self.tokens = float(per_minute)
        self._filled_at = now

    def resize(self, per_minute: int) -> None:
        """Have it fill at another rate, and hold as many."""
        self._most = float(per_minute)

    def wait_secs(self, now: float) -> float:
        """Return how long until there is one; 0.0 if there is."""
        per_sec = self._most / 60.0
        self.tokens = min(self._most, self.tokens + (now - self._filled_at) * per_sec)
        self._filled_at = now
        return max(0.0, (1.0 - self.tokens) / per_sec)


class RateLimit:
    """Counts starts per address, per larger network, and in all.

    Args:
        per_minute: Starts per address and minute; so many may also come at once.
        over_all_per_minute: Says the same of everybody together; None: no limit.
        what: Is counted, in the words of a refusal.
        shared: Counts with other runners; None: nobody does.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        *,
        per_minute: int,
        over_all_per_minute: Callable[[], int] | None = None,
        what: str = "starts",
        shared: SharedStore | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_minute = per_minute
        self._over_all_per_minute = over_all_per_minute
        self._over_all: _Bucket | None = None
        self._what = what
        self._shared = shared or SharedStore()
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    async def take_with_others(self, address: str) -> None:
        """Count one start that was taken here with those at other runners.

        Whoever insists is refused here, and costs the store nothing. While that fails each runner
        counts by itself.

        Raises:
            ApiError: code "rate_limited"; then they count nothing.
        """
        hidden = self._shared.hidden
        rates = {
            hidden(f"{self._what} {network}"): times * self._per_minute
            for network, times in zip(networks_of(address), (1, _SITE_TIMES), strict=False)
        }
        everybody = hidden(f"{self._what} of all")
        if self._over_all_per_minute is not None:
            rates[everybody] = self._over_all_per_minute()
        me = self._shared.me
        waits = await self._shared.ask_all(lambda store: count(store, rates, holder=me))
        if waits:
            self._refuse(max(waits.values()), is_of_all=waits.keys() == {everybody})

    def take(self, address: str) -> None:
        """Count one start here.

        Raises:
            ApiError: code "rate_limited"; then nothing is counted.
        """
        now, networks = self._clock(), networks_of(address)
        for network, times in zip(networks, (1, _SITE_TIMES), strict=False):
            bucket = self._buckets.get(network) or _Bucket(times * self._per_minute, now)
            self._buckets[network] = bucket
            self._buckets.move_to_end(network)
        taken = [self._buckets[network] for network in networks]
        while len(self._buckets) > _MOST_ADDRESSES:
            self._buckets.popitem(last=False)
        if wait_secs := max(bucket.wait_secs(now) for bucket in taken):
            self._refuse(wait_secs, is_of_all=False)
        if self._over_all_per_minute is not None:
            most = self._over_all_per_minute()
            self._over_all = self._over_all or _Bucket(most, now)
            self._over_all.resize(most)
            if wait_secs := self._over_all.wait_secs(now):
                self._refuse(wait_secs, is_of_all=True)
            taken.append(self._over_all)
        for bucket in taken:
            bucket.tokens -= 1.0

    def _refuse(self, wait_secs: float, *, is_of_all: bool) -> NoReturn:
        whose = "just now" if is_of_all else "from your address"
        message = f"Too many {self._what} {whose}. Please wait a moment."
        raise ApiError("rate_limited", message, retry_after_secs=max(1, math.ceil(wait_secs)))
