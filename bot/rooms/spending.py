"""What all sessions together use, and whether another one may begin.

Bots report what theirs have used so far; the time of a call is counted here too, for those whose
bot never did. Kept in the store, from where a runner that is started anew takes the day up again.
Without the store all goes on from memory.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from loguru import logger

from bot.errors import SessionError, StoreError
from bot.processes.upkeep import Upkeep
from bot.rooms.journal import Journal
from bot.rooms.records import SessionRecords
from bot.settings import Settings
from bot.spent import Spent
from bot.store.spent import forget_spent_before, record_spent, spent_on
from bot.store.store import Store
from bot.store.switch import is_paused

KEEP_SECS = 2.0
LAST_REPORT_SECS = 12.0
"""After an end: the look at all rooms comes every 5 s and brings the bot's last report."""
_MOST_ACCOUNTS = 10_000
_KEPT_DAYS = 400
_WARNING_SHARE = 0.8
# Above what a session may use, and nothing a report may say: the bot ends it, but not at once.
_REPORT_MARGIN = 2
_DEAREST_TOKEN_MICROS = 100


@dataclass
class _Account:
    """One session."""

    network: str = "unknown"
    began_at_secs: float | None = None
    """When its call was first seen; None before the caller came."""
    so_far: Spent = field(default_factory=Spent)
    counted: Spent = field(default_factory=Spent)
    """What is in the day's sum already, or of an earlier day."""
    is_unkept: bool = False
    ended_at_secs: float | None = None
    is_told: bool = False


class Spending:
    """The account of the installation.

    Args:
        store: Where it is kept; None keeps nothing.
        settings: The limits.
        records: Know whose caller came, and which sessions have ended.
        journal: Is told of the ends.
        now: The time, in UTC.
        clock_secs: Monotonic time.
    """

    def __init__(  # noqa: PLR0913 - two clocks: days, and lengths
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
        self._limits = {
            "DAILY_MINUTES": (settings.daily_minutes, lambda spent: spent.minutes),
            "DAILY_TOKENS": (float(settings.daily_tokens), lambda spent: float(spent.tokens)),
            "DAILY_MONEY": (settings.daily_money, lambda spent: spent.money),
        }
        self._most = _most_of_one(settings)
        self._accounts: dict[str, _Account] = {}
        self._day = now().date()
        self._day_sum = Spent()
        self._is_paused = self._is_failing = False
        self._told: set[tuple[date, str]] = set()
        self.upkeep = Upkeep(name="spending", work=self.keep, until_due=_until_due)

    def begin(self, session_id: str, *, network: str) -> None:
        """A session was started, or a token made for it."""
        self._account(session_id).network = network

    def see(self, session_id: str) -> None:
        """A session's room is alive."""
        record = self._records.find(session_id)
        if record is not None and record.has_joined:
            account = self._account(session_id)
            self._tick(account)

    def report(self, session_id: str, text: str) -> None:
        """Take what a bot says that its session has used so far; less than before is not believed."""
        told = Spent.from_json(text)
        least = Spent() if self._most is None else told - self._most
        account = self._account(session_id)
        self._add(account, told - least)
        if told.call_ms:
            self._tick(account)

    @property
    def today(self) -> Spent:
        """What all sessions have used today."""
        waiting = (account.so_far - account.counted for account in self._accounts.values())
        return sum(waiting, self._day_sum)

    @property
    def is_day_spent(self) -> bool:
        """Whether the day's budget is used up."""
        return bool(self._spent_limits(1.0))

    def check(self) -> None:
        """Refuse a session if none may begin.

        Raises:
            SessionError: code "paused" or "daily_budget".
        """
        if self._is_paused:
            raise SessionError("paused", "The assistant takes no calls just now. Try again later.")
        if self.is_day_spent:
            message = "The assistant has reached its limit for today. Please try again tomorrow."
            raise SessionError("daily_budget", message)

    async def keep(self) -> None:
        """Write down what is new, read what others have written, and tell the operator."""
        self._turn_day()
        try:
            await self._sync()
        except StoreError as error:
            if not self._is_failing:
                logger.error("What is spent cannot be kept for now: {}", error.message)
            self._is_failing = True
        else:
            self._is_failing = False
        self._tell_ends()
        self._tell_limits()
        self._journal.tell_sums()

    async def close(self) -> None:
        """Keep what was not kept yet."""
        await self.keep()

    async def _sync(self) -> None:
        store, day = self._store, self._day
        if store is None:
            return
        for session_id, account in list(self._accounts.items()):
            if account.is_unkept:
                so_far = account.so_far
                await record_spent(store, day=day, session_id=session_id, so_far=so_far)
                account.is_unkept = account.so_far != so_far
                # In the next sum.
                self._day_sum += so_far - account.counted
                account.counted |= so_far
        counted = {key: account.counted for key, account in self._accounts.items()}
        found = await spent_on(store, day)
        if counted == {key: account.counted for key, account in self._accounts.items()}:
            self._day_sum = found
        self._set_paused(await is_paused(store))

    def _set_paused(self, paused: bool) -> None:
        if paused != self._is_paused:
            logger.warning("Calls are {}", "refused: paused" if paused else "taken again")
        self._is_paused = paused

    def _turn_day(self) -> None:
        day = self._now().date()
        # A clock that is set back opens no day anew.
        if day <= self._day:
            return
        self._day, self._day_sum = day, Spent()
        for account in self._accounts.values():
            account.counted |= account.so_far

    def _account(self, session_id: str) -> _Account:
        if session_id not in self._accounts and len(self._accounts) >= _MOST_ACCOUNTS:
            oldest = next(iter(self._accounts))
            self._day_sum += self._accounts[oldest].so_far - self._accounts[oldest].counted
            del self._accounts[oldest]
        return self._accounts.setdefault(session_id, _Account())

    def _tick(self, account: _Account) -> None:
        now_secs = self._clock_secs()
        if account.began_at_secs is None:
            account.began_at_secs = now_secs
        if account.ended_at_secs is None:
            self._add(account, Spent(call_ms=round(1000 * (now_secs - account.began_at_secs))))

    def _add(self, account: _Account, so_far: Spent) -> None:
        more = account.so_far | so_far
        account.is_unkept = account.is_unkept or more != account.so_far
        account.so_far = more

    def _tell_ends(self) -> None:
        now_secs = self._clock_secs()
        for session_id, account in list(self._accounts.items()):
            record = self._records.find(session_id)
            if record is None or record.end_reason is None:
                continue
            if account.ended_at_secs is None:
                account.ended_at_secs = now_secs
            if now_secs - account.ended_at_secs < LAST_REPORT_SECS:
                continue
            if not account.is_told:
                account.is_told = True
                self._journal.ended(
                    session_id,
                    network=account.network,
                    reason=record.end_reason,
                    spent=account.so_far,
                )
            if not account.is_unkept or self._store is None:
                self._day_sum += account.so_far - account.counted
                del self._accounts[session_id]

    def _tell_limits(self) -> None:
        today = self.today
        for share in (1.0, _WARNING_SHARE):
            for name in self._spent_limits(share):
                if (self._day, name) in self._told and share < 1.0:
                    continue
                key = (self._day, name if share < 1.0 else f"all of {name}")
                if key in self._told:
                    continue
                self._told |= {key, (self._day, name)}
                limit, of = self._limits[name]
                what = "is used up" if share == 1.0 else f"is used to {share:.0%}"
                logger.warning(
                    "{} {}: {:.2f} of {:g}; the next day begins at 00:00 UTC",
                    name,
                    what,
                    of(today),
                    limit,
                )

    def _spent_limits(self, share: float) -> list[str]:
        today = self.today
        return [
            name
            for name, (limit, of) in self._limits.items()
            if limit and of(today) >= share * limit
        ]

    async def forget_old(self) -> None:
        """Delete the days that nobody asks for any more."""
        if self._store is not None:
            await forget_spent_before(self._store, self._day - timedelta(days=_KEPT_DAYS))


def _most_of_one(settings: Settings) -> Spent | None:
    """Return more than one session can have used; None if it has no limit."""
    tokens = _REPORT_MARGIN * settings.session_max_tokens
    if not tokens:
        return None
    return Spent(
        call_ms=round(1000 * (settings.session_max_secs + 60)),
        prompt_tokens=tokens,
        completion_tokens=tokens,
        speech_chars=tokens,
        money_micros=tokens * _DEAREST_TOKEN_MICROS,
    )


async def _until_due() -> None:
    await asyncio.sleep(KEEP_SECS)
