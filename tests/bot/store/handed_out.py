"""Parked rooms that meet starts, other runners, time and sleep, each in an order of its own."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

from sqlalchemy import update

from bot.store.shared.leases import Holder, keep_parked, take_orphan, take_parked
from bot.store.store import Store
from bot.store.tables import LEASES

_AT_ONCE = 4


async def pass_secs(store: Store, secs: float) -> None:
    """Have what was said be so old."""
    older = LEASES.c.until - round(1000 * secs)
    async with store.transaction() as connection:
        await connection.execute(update(LEASES).values(until=older))


async def hand_out(stores: Sequence[Store], *, rooms: int, seed: int) -> list[list[str]]:
    """Return who took each of so many rooms: `start` or `orphan`, as often as they were told so.

    Its runner starts twice with each room, and two others look whether it is an orphan. The runner
    was asleep for so long that half of its rooms seem to be; it may say that it lives again.
    """
    chance = random.Random(seed)
    mine, *others = (Holder(place="here", owner=name) for name in "abc")
    names = [f"room-{n}" for n in range(rooms)]
    taken: dict[str, list[str]] = {name: [] for name in names}

    async def act(kind: str, room: str) -> None:
        store = chance.choice(stores)
        for _ in range(chance.randrange(4)):
            await asyncio.sleep(0)
        match kind:
            case "keep":
                await keep_parked(store, [room], holder=mine)
            case "start" if await take_parked(store, room, holder=mine):
                taken[room].append(kind)
            case "orphan" if await take_orphan(store, room, holder=chance.choice(others)):
                taken[room].append(kind)
            case _:
                pass

    async def story(room: str) -> None:
        kinds = ["keep", "start", "start", "orphan", "orphan"]
        chance.shuffle(kinds)
        await asyncio.gather(*(act(kind, room) for kind in kinds))

    await keep_parked(stores[0], names[: rooms // 2], holder=mine)
    await pass_secs(stores[0], 21.0)
    for begin in range(0, rooms, _AT_ONCE):
        await asyncio.gather(*map(story, names[begin : begin + _AT_ONCE]))
    return [taken[name] for name in names]
