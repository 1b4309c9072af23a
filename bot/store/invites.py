"""Invites: whom the operator lets in, how often and until when."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.shared.leases import USE
from bot.store.store import Store
from bot.store.tables import INVITES, LEASES

_REMEMBERED_MS = 3_600_000
"""For as long a use is given back, if the store was away."""


@dataclass(frozen=True, kw_only=True)
class Invite:
    """One invite as it stands."""

    id: str
    name: str
    """Who it is for."""
    uses_left: int
    """Calls that may still be begun with it."""
    expires_at: int
    """Unix seconds."""
    is_revoked: bool = False
    made_at: int = 0
    """Unix seconds."""


_COLUMNS = (
    INVITES.c.id,
    INVITES.c.name,
    INVITES.c.uses_left,
    INVITES.c.expires_at,
    INVITES.c.is_revoked,
    INVITES.c.made_at,
)


async def add_invite(store: Store, invite: Invite) -> None:
    """Keep a new invite.

    Raises:
        StoreError: it is not kept.
    """
    async with store.transaction() as connection:
        await connection.execute(insert(INVITES).values(vars(invite)))


async def find_invite(store: Store, invite_id: str) -> Invite | None:
    """Return an invite; None if there is none of that id.

    Raises:
        StoreError: it cannot be read.
    """
    async with store.transaction() as connection:
        found = await connection.execute(select(*_COLUMNS).where(INVITES.c.id == invite_id))
        row = found.mappings().one_or_none()
    return None if row is None else Invite(**row)


async def list_invites(store: Store) -> list[Invite]:
    """Return all of them, the oldest first.

    Raises:
        StoreError: they cannot be read.
    """
    oldest_first = select(*_COLUMNS).order_by(INVITES.c.made_at, INVITES.c.id)
    async with store.transaction() as connection:
        found = await connection.execute(oldest_first)
        return [Invite(**row) for row in found.mappings()]


async def take_use(store: Store, invite_id: str, *, use: str, now: int) -> bool:
    """Count one use, if one is left and the invite holds; of two at once the last one goes to one.

    Args:
        store: Where.
        invite_id: Whose.
        use: What this use is called, once; by that it is given back.
        now: Unix seconds.

    Raises:
        StoreError: nobody knows whether it was counted.
    """
    holds = (
        (INVITES.c.id == invite_id)
        & (INVITES.c.uses_left > 0)
        & (INVITES.c.expires_at > now)
        & INVITES.c.is_revoked.is_(False)
    )
    async with store.transaction() as connection:
        if not await _note(store, connection, use, is_taken=True):
            return False  # it was given back before it was counted
        change = update(INVITES).where(holds).values(uses_left=INVITES.c.uses_left - 1)
        is_counted = (await connection.execute(change)).rowcount == 1
        if not is_counted:
            await connection.execute(delete(LEASES).where(LEASES.c.name == _name(use)))
        return is_counted


async def give_back_use(store: Store, invite_id: str, *, use: str) -> None:
    """Take back a use that came to nothing, once; one that is counted later counts nothing.

    Raises:
        StoreError: it may stay counted.
    """
    async with store.transaction() as connection:
        # Waits for one that is just being counted.
        if await _note(store, connection, use, is_taken=False):
            return
        is_taken = (LEASES.c.name == _name(use)) & (LEASES.c.amount == 1)
        given = await connection.execute(update(LEASES).where(is_taken).values(amount=0))
        if given.rowcount == 1:
            change = update(INVITES).where(INVITES.c.id == invite_id)
            await connection.execute(change.values(uses_left=INVITES.c.uses_left + 1))


async def _note(store: Store, connection: AsyncConnection, use: str, *, is_taken: bool) -> bool:
    """Write down what became of a use; returns whether nothing had."""
    row = store.insert(LEASES).values(
        name=_name(use),
        kind=USE,
        place="",
        owner="",
        until=store.now_ms + _REMEMBERED_MS,
        amount=int(is_taken),
    )
    new = row.on_conflict_do_nothing(index_elements=[LEASES.c.name]).returning(LEASES.c.name)
    return (await connection.execute(new)).scalar_one_or_none() is not None


def _name(use: str) -> str:
    return f"{USE}-{use}"


async def revoke_invite(store: Store, invite_id: str) -> bool:
    """End an invite; returns whether there is one of that id.

    Raises:
        StoreError: it still holds.
    """
    async with store.transaction() as connection:
        change = update(INVITES).where(INVITES.c.id == invite_id).values(is_revoked=True)
        return (await connection.execute(change)).rowcount == 1
