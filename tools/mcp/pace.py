"""Makes whoever sends too much wait, so that what it sends stays where it is."""

from __future__ import annotations

import asyncio


class Pace:
    """So much at once, and so much a second from then on.

    Args:
        at_once: What may come without any wait.
        per_sec: How fast that is given back.
    """

    def __init__(self, *, at_once: float, per_sec: float) -> None:
        self._at_once = at_once
        self._per_sec = per_sec
        self._left = at_once
        self._counted_at_secs: float | None = None

    async def take(self, amount: float = 1.0) -> None:
        """Wait until what came before leaves room for this; one at a time."""
        now_secs = asyncio.get_running_loop().time()
        if self._counted_at_secs is not None:
            given_back = (now_secs - self._counted_at_secs) * self._per_sec
            self._left = min(self._at_once, self._left + given_back)
        self._counted_at_secs = now_secs
        self._left -= amount
        if self._left < 0:
            await asyncio.sleep(-self._left / self._per_sec)
