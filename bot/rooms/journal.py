"""One line in the log for each start, refusal and end: who came from where, and what it took.

Networks, codes and numbers; never words, names or whole addresses.
"""

from __future__ import annotations

import ipaddress
import time
from collections import Counter
from collections.abc import Callable

from loguru import logger

from bot.networks import parsed_address
from bot.spent import Spent

# A flood of refusals is told in sums: the log is no second way to fill the disk.
_LINES = 10
_PERIOD_SECS = 10.0


def network_of(address: str) -> str:
    """Return the network of an address: the first three of four numbers, of IPv6 the first three
    groups, which is what one customer of a provider has."""
    found = parsed_address(address)
    if found is None:
        return "unknown"
    prefix = 24 if found.version == 4 else 48
    return str(ipaddress.ip_network((found, prefix), strict=False))


class Journal:
    """Writes the lines.

    Args:
        clock_secs: Monotonic time.
    """

    def __init__(self, *, clock_secs: Callable[[], float] = time.monotonic) -> None:
        self._clock_secs = clock_secs
        self._period_began_secs = clock_secs()
        self._lines = 0
        self._untold: Counter[str] = Counter()

    def started(self, session_id: str, *, network: str, by: str = "") -> None:
        """A session was started, or a token made that starts it; `by` is whose invite it was."""
        mark = f" by={by}" if by else ""
        logger.info("start session={} network={}{}", session_id, network, mark)

    def waits(self, place: int, *, network: str) -> None:
        """Somebody was given a place in the waiting line."""
        logger.info("wait place={} network={}", place, network)

    def refused(self, code: str, *, network: str) -> None:
        """Somebody was refused."""
        self.tell_sums()
        self._lines += 1
        if self._lines <= _LINES:
            logger.info("refusal reason={} network={}", code, network)
        else:
            self._untold[code] += 1

    def tell_sums(self) -> None:
        """Tell of the refusals that had no line of their own, when their time has passed."""
        now_secs = self._clock_secs()
        if now_secs - self._period_began_secs < _PERIOD_SECS:
            return
        for code, count in self._untold.items():
            logger.warning("refusal reason={} times={} more", code, count)
        self._period_began_secs, self._lines = now_secs, 0
        self._untold.clear()

    def ended(self, session_id: str, *, network: str, reason: str, spent: Spent) -> None:
        """A session has ended."""
        logger.info(
            "end session={} network={} reason={} seconds={} tokens={} speech_chars={} money={:.4f}",
            session_id,
            network,
            reason,
            round(spent.call_ms / 1000),
            spent.tokens,
            spent.speech_chars,
            spent.money,
        )
