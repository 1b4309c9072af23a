"""Forgets sessions that are older than KEEP_DAYS."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from loguru import logger

from bot.errors import StoreError
from bot.processes.upkeep import Upkeep
from bot.store.sessions import forget_before
from bot.store.shared.leases import forget_leases
from bot.store.store import Store

_LOOK_SECS = 3600.0
"""A session is forgotten by the day."""


class Forgetting:
    """Looks for old sessions at the start and every hour.

    Args:
        store: Where they are.
        keep_days: How long they stay after their last word.
        now: The time, in UTC.
    """

    def __init__(
        self,
        *,
        store: Store,
        keep_days: int,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._keep_days = keep_days
        self._now = now
        self._upkeep = Upkeep(name="forgetting", work=self.forget, until_due=_until_due)

    async def run(self) -> None:
        """Forget until cancelled."""
        await self._upkeep.run()

    async def forget(self) -> None:
        """Forget what is too old now."""
        day = self._now().date() - timedelta(days=self._keep_days)
        try:
            count = await forget_before(self._store, day)
            await forget_leases(self._store)
        except StoreError as error:
            logger.warning("Old sessions are still kept: {}", error.message)
            return
        if count:
            logger.info("{} sessions were forgotten: older than {} days", count, self._keep_days)


async def _until_due() -> None:
    await asyncio.sleep(_LOOK_SECS)
