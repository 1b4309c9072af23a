"""How often sessions may be started: a token bucket per address, per network, and one of all."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from bot.http.errors import ApiError
from bot.networks import networks_of

_MOST_ADDRESSES = 10_000
_SITE_TIMES = 10
"""What a /48 may start, in shares of one address: several customers may have it between them."""


class _Bucket:
    """Starts that are left; full at first, and again after a minute."""

    def __init__(self, per_minute: int, now: float) -> None:
        self._most = self.tokens = float(per_minute)
        self._filled_at = now

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
        over_all_per_minute: The same of everybody together; None: no limit.
        what: Is counted, in the words of a refusal.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        *,
        per_minute: int,
        over_all_per_minute: int | None = None,
        what: str = "starts",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_minute = per_minute
        self._over_all_per_minute = over_all_per_minute
        self._over_all: _Bucket | None = None
        self._what = what
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, address: str) -> None:
        """Count one start.

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
            raise _refusal(
                f"Too many {self._what} from your address. Please wait a moment.", wait_secs
            )
        if self._over_all_per_minute is not None:
            self._over_all = self._over_all or _Bucket(self._over_all_per_minute, now)
            if wait_secs := self._over_all.wait_secs(now):
                raise _refusal(f"Too many {self._what} just now. Please wait a moment.", wait_secs)
            taken.append(self._over_all)
        for bucket in taken:
            bucket.tokens -= 1.0


def _refusal(message: str, wait_secs: float) -> ApiError:
    return ApiError("rate_limited", message, retry_after_secs=max(1, math.ceil(wait_secs)))
