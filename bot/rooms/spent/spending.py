"""What all sessions together use, and whether another one may begin.

Kept in the store, from where a runner that is started anew takes the day up again, and where others
on the same file add theirs. While the store fails all goes on from memory.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from loguru import logger

from bot.errors import SessionError, StoreError
from bot.processes.upkeep import Upkeep
from bot.rooms.journal import Journal
from bot.rooms.records import SessionRecords
from bot.rooms.spent.accounts import Accounts, most_of_one
from bot.rooms.spent.daily_budget import DailyBudget
from bot.settings import Settings
from bot.spent import Spent
from bot.store.spent import forget_spent_before, record_spent, spent_on
from bot.store.store import Store
from bot.store.switch import is_paused

KEEP_SECS = 2.0
LAST_REPORT_SECS = 12.0
"""After an end: the look at all rooms comes every 5 s and brings the bot's last report."""
_KEPT_DAYS = 400


class Spending:
    """The account of the installation.

    Args:
        store: Where it is kept; None keeps nothing.
        settings: The limits.
        records: Know which sessions have ended.
        journal: Is told of starts and ends.
        now: The time, in UTC.
        clock_secs: Monotonic time.
    """

    def __init__(  # noqa: PLR0913 - days and lengths are of two clocks
        self,
        *,
        store: Store | None,
        settings: Settings,
        records: SessionRecords,
        journal: Journal,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock_secs: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._records = records
        self._journal = journal
        self._now = now
        self._clock_secs = clock_secs
        self._budget = DailyBudget(settings)
        self._accounts = Accounts(most=most_of_one(settings), clock_secs=clock_secs)
        self._day = now().date()
        self._day_sum = Spent()
        self._is_paused = self._is_failing = False
        self.upkeep = Upkeep(name="spending", work=self.keep, until_due=_until_due)

    def begin(self, session_id: str, *, network: str, by: str = "") -> None:
        """A session was started, or a token made that starts it."""
        account = self._accounts.open(session_id)
        account.network, account.is_ours = network, True
        self._journal.started(session_id, network=network, by=by)

    def see(self, session_id: str) -> None:
        """A session's caller is in its room."""
        self._accounts.see(session_id)

    def report(self, session_id: str, text: str) -> None:
        """Take what a bot says that its session has used so far; empty says nothing."""
        self._accounts.report(session_id, text)

    @property
    def today(self) -> Spent:
        """What all sessions have used today."""
        return sum((one.so_far - one.counted for _, one in self._accounts), self._day_sum)

    @property
    def is_day_spent(self) -> bool:
        """Whether the day's budget is used up."""
        return self._budget.is_spent(self.today)

    def check(self) -> None:
        """See whether a session may begin.

        Raises:
            SessionError: code "paused" or "daily_budget".
        """
        if self._is_paused:
            raise SessionError("paused", "The assistant takes no calls just now. Try again later.")
        if self.is_day_spent:
            message = "The assistant has reached its limit for today. Please try again tomorrow."
            raise SessionError("daily_budget", message)

    async def run(self) -> None:
        """Keep it until cancelled."""
        await self.upkeep.run()

    async def keep(self) -> None:
        """Write down what is new, read what others have written, and tell the operator."""
        await self._turn_day()
        await self._trying(self._sync)
        self._close_ended()
        self._budget.tell(self.today, day=self._day)
        self._journal.tell_sums()

    async def _trying(self, work: Callable[[Store], Awaitable[None]]) -> None:
        if self._store is None:
            return
        try:
            await work(self._store)
        except StoreError as error:
            if not self._is_failing:
                logger.error("What is spent is not kept for now: {}", error.message)
            self._is_failing = True
        else:
            if self._is_failing:
                logger.info("What is spent is kept again")
            self._is_failing = False

    async def _sync(self, store: Store) -> None:
        for session_id, account in self._accounts:
            if not account.is_unkept:
                continue
            so_far = account.so_far
            await record_spent(store, day=self._day, session_id=session_id, so_far=so_far)
            account.is_unkept = account.so_far != so_far
            self._day_sum += so_far - account.counted
            account.counted |= so_far
        self._day_sum = await spent_on(store, self._day)
        paused = await is_paused(store)
        if paused != self._is_paused:
            logger.warning("New calls are {}", "refused: paused" if paused else "taken again")
        self._is_paused = paused

    async def _turn_day(self) -> None:
        """Begin a new day if there is one; a clock that is set back opens none again."""
        day = self._now().date()
        if day <= self._day:
            return
        self._day, self._day_sum = day, Spent()
        for _, account in self._accounts:
            account.counted |= account.so_far
        oldest = day - timedelta(days=_KEPT_DAYS)
        await self._trying(partial(forget_spent_before, day=oldest))

    def _close_ended(self) -> None:
        now_secs = self._clock_secs()
        for session_id, account in self._accounts:
            record = self._records.find(session_id)
            if record is None or record.end_reason is None:
                continue
            if account.ended_at_secs is None:
                account.ended_at_secs = now_secs
            if now_secs - account.ended_at_secs < LAST_REPORT_SECS:
                continue
            if account.is_ours:
                account.is_ours = False
                self._journal.ended(
                    session_id,
                    network=account.network,
                    reason=record.end_reason,
                    spent=account.so_far,
                )
            if not account.is_unkept or self._store is None:
                self._day_sum += account.so_far - account.counted
                self._accounts.close(session_id)


async def _until_due() -> None:
    await asyncio.sleep(KEEP_SECS)
