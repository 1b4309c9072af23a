"""One place in the waiting line, as its runner knows it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.store.shared.others import WAITS_SECS, Waiter

_NEWS_SECS = 5.0
"""Longer than a question to the store may take: its answer may be older than a place."""
_NEVER = float("-inf")


@dataclass(eq=False, kw_only=True)
class Place:
    """Kept by the line; times are seconds of its clock."""

    came_us: int
    """Lower came first."""
    network: str | None
    """Digest: whose share of the places it is of; None: nobody's."""
    asked_at: float = _NEVER
    """When it was asked for last, at whichever runner."""
    asked_here_at: float = _NEVER
    looked_at: float = _NEVER
    is_given: bool = False
    """False while it is not known whether there is need of it."""
    is_held_back: bool = False
    """Its network has all that it may: those behind need not wait for that."""
    is_starting: bool = False
    """It has a slot by now."""
    is_asking: bool = False
    """Its request is under way here."""
    is_told: bool = False
    """The other runners know of it."""
    told_at: float = _NEVER

    def hear(self, waiter: Waiter, now: float) -> None:
        """Learn what all runners know of it."""
        self.came_us, self.is_given, self.is_told = waiter.since_us, True, True
        if not self.is_asking:
            # The others may not have heard of the last time that it was asked for here.
            self.asked_at = max(now - (WAITS_SECS - waiter.left_secs), self.asked_here_at)
            self.is_held_back, self.is_starting = waiter.is_held_back, waiter.is_starting

    def is_lost(self, now: float) -> bool:
        """Tell whether it was given up elsewhere, as the others do not tell of it any more."""
        is_news = self.is_asking or now - self.told_at < _NEWS_SECS
        return self.is_told and not is_news
