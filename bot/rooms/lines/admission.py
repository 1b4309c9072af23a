"""Whether this machine can take one more call, or those that run would get worse.

Lines are counted in bot/rooms/lines/capacity.py; here it is memory, and how late the event loops
are of the runner and of the worker.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Literal, TypeAlias

from loguru import logger

from bot.processes.upkeep import Upkeep

Shortage: TypeAlias = Literal["memory", "lag"]

BOT_BYTES = 120_000_000
"""Twice the 55 MB a bot has to itself after a talk (docs/performance.md): long ones grow."""
_ENOUGH = 1.5
"""Times that, and calls are taken again: one that ends leaves as much."""
_WARMING_SECS = 10.0
"""So long a bot that was just started may not have its memory yet."""
_PAUSE_SECS = 1.0
_LATE_SECS = 0.5
"""Who speaks waits 0.6 s for an answer (docs/performance.md): this much more is heard by all."""
_SMOOTH_SECS = 0.2
_ROUNDS = 3
"""One late look is a hiccup."""


class Memory:
    """Knows whether this machine has memory for one more bot.

    Args:
        free_bytes: What there is; None: not known, and no reason to refuse.
    """

    def __init__(self, free_bytes: Callable[[], int | None]) -> None:
        self._free_bytes = free_bytes
        self._started_at = deque[float]()
        self._is_short = False

    def is_short(self) -> bool:
        """Look whether there is none."""
        free = self._free_bytes()
        if free is not None:
            needed = BOT_BYTES * (1 + self._warming())
            self._set_short(free < (_ENOUGH * needed if self._is_short else needed), free)
        return self._is_short

    def note_bot(self) -> None:
        """A bot is being started."""
        self._started_at.append(asyncio.get_running_loop().time())

    def _set_short(self, is_short: bool, free: int) -> None:
        if is_short and not self._is_short:
            logger.warning("No new bots: {} MB of memory are free", free // 1_000_000)
        elif self._is_short and not is_short:
            logger.info("{} MB of memory are free: there may be new bots", free // 1_000_000)
        self._is_short = is_short

    def _warming(self) -> int:
        if self._started_at:
            oldest = asyncio.get_running_loop().time() - _WARMING_SECS
            while self._started_at and self._started_at[0] < oldest:
                self._started_at.popleft()
        return len(self._started_at)


class Admission:
    """Looks at the machine once a second.

    Args:
        free_memory_bytes: What there is; None: not known, and no reason to refuse.
        lag_secs: Asks the processes beside this one, and tells how late they answer.
    """

    def __init__(
        self,
        *,
        free_memory_bytes: Callable[[], int | None],
        lag_secs: Callable[[], Awaitable[float]],
    ) -> None:
        self._memory = Memory(free_memory_bytes)
        self._lag_secs = lag_secs
        self._lags_secs = deque[float](maxlen=_ROUNDS)
        self._is_late = False
        self._late_by_secs = 0.0
        self.upkeep = Upkeep(name="admission", work=self.look, until_due=self._until_due)

    def shortage(self) -> Shortage | None:
        """Return why no bot may be started now, if that is so."""
        is_short = self._memory.is_short()
        return "lag" if self._is_late else "memory" if is_short else None

    def note_bot(self) -> None:
        """A bot is being started."""
        self._memory.note_bot()

    async def run(self) -> None:
        """Look until cancelled."""
        await self.upkeep.run()

    async def look(self) -> None:
        """Measure how late the loops are."""
        self._lags_secs.append(max(self._late_by_secs, await self._lag_secs()))
        is_full = len(self._lags_secs) == _ROUNDS
        if is_full and not self._is_late and min(self._lags_secs) >= _LATE_SECS:
            self._is_late = True
            logger.warning("No new calls: this machine is {:.1f} s late", self._lags_secs[-1])
        elif is_full and self._is_late and max(self._lags_secs) < _SMOOTH_SECS:
            self._is_late = False
            logger.info("This machine is in time again")
        self.shortage()

    async def _until_due(self) -> None:
        time_secs = asyncio.get_running_loop().time
        due_at = time_secs() + _PAUSE_SECS
        await asyncio.sleep(_PAUSE_SECS)
        self._late_by_secs = time_secs() - due_at
