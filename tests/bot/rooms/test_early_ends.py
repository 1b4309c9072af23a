"""Bots that leave at once are waited for; those that leave together are one."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from bot.rooms.early_ends import EarlyEnds


def pause_secs(ends: Iterable[tuple[float, float]]) -> float:
    """Return how long there is no next bot after ends, each with its bot's birth before it."""
    early_ends, now_secs = EarlyEnds(), 0.0
    for born_at, now_secs in ends:
        early_ends.note(now_secs, born_at=born_at)
    steps = (step / 4 for step in range(1000))
    return next(secs for secs in steps if not early_ends.is_pausing(now_secs + secs))


@pytest.mark.parametrize(
    ("ends", "paused_secs"),
    [
        ([], 0.0),
        ([(0.0, 2.0)], 0.0),
        ([(0.0, 2.0), (2.0, 4.0)], 4.0),
        ([(0.0, 2.0), (2.0, 4.0), (8.0, 9.0)], 8.0),
        ([(at, at + 1.0) for at in range(20)], 60.0),
        # It stayed for a while.
        ([(0.0, 2.0), (2.0, 4.0), (8.0, 40.0), (40.0, 41.0)], 0.0),
        # What they hang on has gone.
        ([(0.0, 2.0), (0.5, 2.1), (1.0, 2.2), (1.9, 2.3)], 0.0),
        # Each one is refused, as are those in their place.
        ([(0.0, 2.0), (0.0, 2.1), (2.0, 4.0), (2.1, 4.1)], 4.0),
    ],
)
def test_pauses_grow_with_each_bot_that_was_sent_for_after_the_last_end(
    ends: list[tuple[float, float]], paused_secs: float
) -> None:
    assert pause_secs(ends) == pytest.approx(paused_secs, abs=0.3)
