"""How often something may be done, counted by all runners together.

Each bucket is one moment: when it will be full again. What is done moves it on by its share of a
minute, and is too much if that is more than a minute away.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import case
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.shared.leases import RATE, Holder, is_over
from bot.store.store import Store
from bot.store.tables import LEASES

_MINUTE_MS = 60_000


class _TooOften(Exception):
    """Takes back what was counted."""


async def count(store: Store, per_minute: Mapping[str, int], *, holder: Holder) -> dict[str, float]:
    """Count one deed in each of these buckets, or in none of them.

    Args:
        store: Where.
        per_minute: What each bucket lets through in a minute, and at once.
        holder: Of which LiveKit.

    Returns:
        In how many seconds those that are empty have one again; nothing: it was counted.

    Raises:
        StoreError: nothing was counted.
    """
    waits = dict[str, float]()
    try:
        async with store.transaction() as connection:
            waits = await add(store, connection, per_minute, holder)
            if waits:
                raise _TooOften
    except _TooOften:
        pass
    return waits


async def add(
    store: Store, connection: AsyncConnection, per_minute: Mapping[str, int], holder: Holder
) -> dict[str, float]:
    """Count as `count` does, as part of a transaction that is to be taken back if it is too often.

    Raises:
        StoreError: nothing was counted.
    """
    now_ms = store.now_ms
    rows: list[dict[str, Any]] = [
        {
            "name": f"{RATE}-{name}",
            "kind": RATE,
            "place": holder.place,
            "owner": "",
            "until": now_ms + share_ms(most),
            "amount": share_ms(most),
        }
        # In one order: two who count the same wait for each other at the first one.
        for name, most in sorted(per_minute.items())
    ]
    row = store.insert(LEASES).values(rows)
    is_full = is_over(store, _MINUTE_MS / 1000)
    # The times that were to be inserted are from before the wait for whoever counts there now.
    share = row.excluded["amount"]
    done = await connection.execute(
        row.on_conflict_do_update(
            index_elements=[LEASES.c.name],
            set_={"until": case((is_full, now_ms), else_=LEASES.c.until) + share},
        ).returning(LEASES.c.name, (LEASES.c.until - now_ms).label("left_ms"))
    )
    left_ms: dict[str, int] = {
        row["name"].removeprefix(f"{RATE}-"): row["left_ms"] for row in done.mappings()
    }
    return {name: (ms - _MINUTE_MS) / 1000 for name, ms in left_ms.items() if ms > _MINUTE_MS}


def share_ms(per_minute: int) -> int:
    """Return which part of a minute one deed takes, in whole milliseconds."""
    return max(1, _MINUTE_MS // per_minute)
