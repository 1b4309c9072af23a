"""Slows down whoever guesses: each network by itself, and all that were never right together."""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass

from bot.access.errors import AccessError

# Somebody who mistypes a passphrase has it right by the fifth time.
_FREE_FAILURES = 5
_FIRST_WAIT_SECS = 2.0
_LONGEST_WAIT_SECS = 900.0
"""Doubling from the first: a network gets about 15 guesses in the first hour, then 4 an hour."""
_FORGOTTEN_SECS = 3600.0
_FAILURES_PER_MINUTE = 60
"""Of all networks together: so many guesses at twelve characters take longer than anybody has."""
_MOST_NETWORKS = 10_000
_IPV6_PREFIX_BITS = 48
"""What a provider gives one customer at most."""


@dataclass
class _Network:
    failures: int = 0
    failed_at: float = -math.inf
    is_known: bool = False
    """It was right once; what others guess does not keep it out."""


class Brake:
    """Counts wrong guesses.

    Args:
        clock: Monotonic seconds.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._networks: OrderedDict[str, _Network] = OrderedDict()
        self._recent: deque[float] = deque(maxlen=_FAILURES_PER_MINUTE)

    def check(self, address: str) -> None:
        """Refuse a guess that comes too early, before anybody looks whether it is right.

        Raises:
            AccessError: code "access_slowed".
        """
        network = self._networks.get(network_of(address)) or _Network()
        wait_secs = network.failed_at + _wait_secs(network.failures) - self._clock()
        if not network.is_known and len(self._recent) == _FAILURES_PER_MINUTE:
            wait_secs = max(wait_secs, self._recent[0] + 60.0 - self._clock())
        if wait_secs > 0:
            message = "There were too many wrong tries. Please wait a little."
            raise AccessError("access_slowed", message, retry_after_secs=math.ceil(wait_secs))

    def failed(self, address: str) -> None:
        """Count a wrong guess."""
        network = self._take(address)
        now = self._clock()
        if now - network.failed_at > _FORGOTTEN_SECS:
            network.failures = 0
        network.failures += 1
        network.failed_at = now
        self._recent.append(now)

    def succeeded(self, address: str) -> None:
        """Forget what was wrong before."""
        network = self._take(address)
        network.failures, network.is_known = 0, True

    def _take(self, address: str) -> _Network:
        name = network_of(address)
        network = self._networks.setdefault(name, _Network())
        self._networks.move_to_end(name)
        while len(self._networks) > _MOST_NETWORKS:
            self._networks.popitem(last=False)
        return network


def network_of(address: str) -> str:
    """Return what one customer of a provider has: an IPv4 address, or an IPv6 network."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, _IPV6_PREFIX_BITS), strict=False))


def _wait_secs(failures: int) -> float:
    if failures < _FREE_FAILURES:
        return 0.0
    # The exponent is bounded too: nobody needs 2 to the power of a million.
    return min(_FIRST_WAIT_SECS * 2.0 ** min(failures - _FREE_FAILURES, 16), _LONGEST_WAIT_SECS)
