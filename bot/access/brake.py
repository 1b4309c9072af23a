"""Slows down whoever guesses: each network by itself, and all that were never right together.

All runners count together, in bot/store/shared/guesses.py; while the store fails, and with a file
for a store, each one counts by itself.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass

from bot.access.errors import AccessError
from bot.networks import widest_network_of
from bot.store.shared.guesses import FORGOTTEN_SECS, GuessLimits, take_guess
from bot.store.shared.shared import SharedStore

# Somebody who mistypes a passphrase has it right by the fifth time.
_FREE_FAILURES = 5
_FIRST_WAIT_SECS = 2.0
_LONGEST_WAIT_SECS = 900.0
"""Doubling from the first: a network gets about 15 guesses in the first hour, then 4 an hour."""
_FAILURES_PER_MINUTE = 60
"""Of all networks together: so many guesses at twelve characters take longer than anybody has."""
_MOST_NETWORKS = 10_000


@dataclass
class _Network:
    failures: int = 0
    failed_at: float = -math.inf
    is_known: bool = False
    """It was right once; what others guess does not keep it out."""


class Brake:
    """Counts wrong guesses.

    Args:
        shared: Counts with other runners; None: nobody does.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        *,
        shared: SharedStore | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._shared = shared or SharedStore()
        self._clock = clock
        self._networks: OrderedDict[str, _Network] = OrderedDict()
        self._recent: deque[float] = deque(maxlen=_FAILURES_PER_MINUTE)

    async def guess(self, address: str, *, is_right: bool) -> None:
        """Count a guess, unless it comes too early: then nobody is told whether it is right.

        Raises:
            AccessError: code "access_slowed".
        """
        # Here first: whoever insists costs the store nothing.
        self._refuse(self._own_wait_secs(address))
        network, me = self._shared.hidden(f"guesses {widest_network_of(address)}"), self._shared.me
        limits = GuessLimits(wait_secs=_wait_secs, over_all_per_minute=_FAILURES_PER_MINUTE)
        wait_secs = await self._shared.ask_all(
            lambda store: take_guess(store, network, holder=me, is_right=is_right, limits=limits)
        )
        if wait_secs is None:
            # Others may have guessed meanwhile; from here on nobody does before this one counts.
            wait_secs = max(self._own_wait_secs(address), self._wait_of_all_secs(address))
        self._refuse(wait_secs)
        if is_right:
            self._succeeded(address)
        else:
            self._failed(address)

    def _own_wait_secs(self, address: str) -> float:
        network = self._networks.get(widest_network_of(address)) or _Network()
        return network.failed_at + _wait_secs(network.failures) - self._clock()

    def _wait_of_all_secs(self, address: str) -> float:
        network = self._networks.get(widest_network_of(address))
        is_known = network is not None and network.is_known
        if is_known or len(self._recent) < _FAILURES_PER_MINUTE:
            return 0.0
        return self._recent[0] + 60.0 - self._clock()

    def _refuse(self, wait_secs: float) -> None:
        if wait_secs > 0:
            message = "There were too many wrong tries. Please wait a little."
            raise AccessError("access_slowed", message, retry_after_secs=math.ceil(wait_secs))

    def _failed(self, address: str) -> None:
        network = self._take(address)
        now = self._clock()
        if now - network.failed_at > FORGOTTEN_SECS:
            network.failures = 0
        network.failures += 1
        network.failed_at = now
        self._recent.append(now)

    def _succeeded(self, address: str) -> None:
        network = self._take(address)
        network.failures, network.is_known = 0, True

    def _take(self, address: str) -> _Network:
        name = widest_network_of(address)
        network = self._networks.setdefault(name, _Network())
        self._networks.move_to_end(name)
        while len(self._networks) > _MOST_NETWORKS:
            self._networks.popitem(last=False)
        return network


def _wait_secs(failures: int) -> float:
    if failures < _FREE_FAILURES:
        return 0.0
    # The exponent is bounded too: nobody needs 2 to the power of a million.
    return min(_FIRST_WAIT_SECS * 2.0 ** min(failures - _FREE_FAILURES, 16), _LONGEST_WAIT_SECS)
