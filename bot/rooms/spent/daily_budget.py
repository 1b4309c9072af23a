"""What all calls of a day may use together, and when the operator is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from loguru import logger

from bot.settings import Settings
from bot.spent import Spent

_WARNING_SHARE = 0.8


class DailyBudget:
    """The limits of DAILY_MINUTES, DAILY_TOKENS and DAILY_MONEY; of 0 there is none."""

    def __init__(self, settings: Settings) -> None:
        limits: Mapping[str, tuple[float, Callable[[Spent], float]]] = {
            "DAILY_MINUTES": (settings.daily_minutes, lambda spent: spent.minutes),
            "DAILY_TOKENS": (settings.daily_tokens, lambda spent: spent.tokens),
            "DAILY_MONEY": (settings.daily_money, lambda spent: spent.money),
        }
        self._limits = {name: limit for name, limit in limits.items() if limit[0]}
        self._told: set[tuple[date, str, bool]] = set()

    def is_spent(self, today: Spent) -> bool:
        """Tell whether one of them is used up."""
        return any(of(today) >= limit for limit, of in self._limits.values())

    def tell(self, today: Spent, *, day: date) -> None:
        """Tell the operator of each limit once a day: when most of it is used, and when all is."""
        for name, (limit, of) in self._limits.items():
            share = of(today) / limit
            if share < _WARNING_SHARE:
                continue
            key = (day, name, share >= 1)
            if key in self._told:
                continue
            self._told = {told for told in self._told if told[0] == day} | {key}
            logger.warning(
                "{} is used to {:.0%}: {:.2f} of {:g}; the next day begins at 00:00 UTC",
                name,
                share,
                of(today),
                limit,
            )
