"""How often one address may start sessions: a token bucket per address."""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from bot.http.errors import ApiError

_MOST_ADDRESSES = 10_000
_IPV6_PREFIX_BITS = 64  # one customer's network; single addresses in it are free to change


@dataclass
class _Bucket:
    tokens: float
    filled_at: float


class RateLimit:
    """Counts starts per address.

    Args:
        per_minute: Starts per address and minute; so many may also come at once.
        clock: Monotonic seconds.
    """

    def __init__(self, *, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst = float(per_minute)
        self._per_sec = per_minute / 60.0
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, address: str) -> None:
        """Count one start.

        Raises:
            ApiError: code "rate_limited".
        """
        now = self._clock()
        bucket = self._buckets.setdefault(_network(address), _Bucket(self._burst, now))
        self._buckets.move_to_end(_network(address))
        while len(self._buckets) > _MOST_ADDRESSES:
            self._buckets.popitem(last=False)
        filled = bucket.tokens + (now - bucket.filled_at) * self._per_sec
        bucket.tokens, bucket.filled_at = min(self._burst, filled), now
        if bucket.tokens < 1.0:
            wait_secs = math.ceil((1.0 - bucket.tokens) / self._per_sec)
            message = "Too many starts from your address. Please wait a moment."
            raise ApiError("rate_limited", message, retry_after_secs=max(1, wait_secs))
        bucket.tokens -= 1.0


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, _IPV6_PREFIX_BITS), strict=False))
