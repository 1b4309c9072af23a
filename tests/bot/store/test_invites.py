from __future__ import annotations

import asyncio

from bot.store.invites import (
    Invite,
    add_invite,
    find_invite,
    give_back_use,
    list_invites,
    revoke_invite,
    take_use,
)
from bot.store.store import Store

_NOW = 1_000
_ADA = Invite(id="a1", name="Ada", uses_left=2, expires_at=2_000, made_at=1)


async def test_an_invite_is_found_as_it_was_made(store: Store) -> None:
    await add_invite(store, _ADA)
    await add_invite(store, Invite(id="b2", name="Bob", uses_left=1, expires_at=9, made_at=0))
    assert await find_invite(store, "a1") == _ADA
    assert await find_invite(store, "a2") is None
    assert [one.name for one in await list_invites(store)] == ["Bob", "Ada"]


async def test_of_many_at_once_no_more_get_in_than_there_are_uses(store: Store) -> None:
    await add_invite(store, _ADA)
    taken = await asyncio.gather(*(take_use(store, "a1", use=f"{n}", now=_NOW) for n in range(10)))
    assert sum(taken) == 2
    # Only what was taken is given back, and that once.
    for _ in range(2):
        await asyncio.gather(*(give_back_use(store, "a1", use=f"{n}") for n in range(10)))
    (left,) = await list_invites(store)
    assert left.uses_left == 2


async def test_a_use_that_is_given_back_before_it_is_counted_is_none(store: Store) -> None:
    await add_invite(store, _ADA)
    await give_back_use(store, "a1", use="late")
    assert not await take_use(store, "a1", use="late", now=_NOW)
    (left,) = await list_invites(store)
    assert left.uses_left == 2


async def test_what_is_over_counts_no_use(store: Store) -> None:
    await add_invite(store, _ADA)
    assert not await take_use(store, "a1", use="1", now=2_000)
    assert not await take_use(store, "nobody", use="2", now=_NOW)
    assert await revoke_invite(store, "a1")
    assert not await revoke_invite(store, "nobody")
    assert not await take_use(store, "a1", use="3", now=_NOW)
    assert (await list_invites(store))[0].is_revoked
