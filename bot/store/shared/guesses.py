"""Wrong guesses at a key, by network and in all, as all runners count them together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import RowMapping, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.shared.leases import GUESSES, KNOWN, RATE, Holder, is_over
from bot.store.shared.rates import add
from bot.store.store import Store
from bot.store.tables import LEASES

FORGOTTEN_SECS = 3600.0
_KNOWN_SECS = 30 * 86_400.0
"""As long as a browser that has shown the key need not show it again."""
_MINUTE_SECS = 60.0


@dataclass(frozen=True, kw_only=True)
class GuessLimits:
    """What is too early."""

    wait_secs: Callable[[int], float]
    """How long to wait after so many wrong guesses of one network."""
    over_all_per_minute: int
    """Wrong guesses of all networks that were never right."""


class _TooEarly(Exception):
    """Takes back what was counted."""

    def __init__(self, wait_secs: float) -> None:
        super().__init__()
        self.wait_secs = wait_secs


async def take_guess(
    store: Store, network: str, *, holder: Holder, is_right: bool, limits: GuessLimits
) -> float:
    """Count a guess, if it does not come too early.

    Args:
        store: Where.
        network: Digest: whose it is, 32 characters.
        holder: Of which LiveKit.
        is_right: Whether it is; nothing is told of that if it comes too early.
        limits: What is too early.

    Returns:
        In how many seconds it may be made; 0.0: it was made.

    Raises:
        StoreError: nothing was counted.
    """
    try:
        async with store.transaction() as connection:
            # One at a time of a network: of many at once each is counted before the next.
            await store.lock(connection, int(network[:15], 16))
            names = _Names.of(network, holder)
            found = await _rows(store, connection, names)
            _check(found, names, limits)
            write = _Writer(store, connection, holder)
            failures, is_known = found.get(names.guesses), names.known in found
            if is_right:
                await write(names.known, KNOWN, secs=_KNOWN_SECS)
                if failures:
                    await write(names.guesses, GUESSES, secs=0.0)
                return 0.0
            count = failures["amount"] if failures else 0
            await write(names.guesses, GUESSES, secs=FORGOTTEN_SECS, amount=count + 1)
            if not is_known:
                share = {names.all_networks: limits.over_all_per_minute}
                # Of many networks at once, too: they wait for each other here.
                if waits := await add(store, connection, share, holder):
                    raise _TooEarly(max(waits.values()))
    except _TooEarly as error:
        return error.wait_secs
    return 0.0


def _check(found: Mapping[str, RowMapping], names: _Names, limits: GuessLimits) -> None:
    failures = found.get(names.guesses)
    count = failures["amount"] if failures else 0
    since_secs = max(0.0, FORGOTTEN_SECS - _left_secs(failures)) if failures else 0.0
    wait = limits.wait_secs(count) - since_secs
    if names.known not in found:
        share_secs = _MINUTE_SECS / limits.over_all_per_minute
        wait = max(wait, _left_secs(found.get(names.of_all)) + share_secs - _MINUTE_SECS)
    if wait > 0.0:
        raise _TooEarly(wait)


class _Names(NamedTuple):
    guesses: str
    known: str
    of_all: str
    all_networks: str
    """The bucket of the one before."""

    @staticmethod
    def of(network: str, holder: Holder) -> _Names:
        bucket = f"guesses-{holder.place}"
        return _Names(
            guesses=f"{GUESSES}-{network}",
            known=f"{KNOWN}-{network}",
            of_all=f"{RATE}-{bucket}",
            all_networks=bucket,
        )

    @property
    def lasting(self) -> tuple[tuple[str, float], ...]:
        """Those that are asked for, and how long each lasts at most."""
        return (
            (self.guesses, FORGOTTEN_SECS),
            (self.known, _KNOWN_SECS),
            (self.of_all, _MINUTE_SECS),
        )


async def _rows(store: Store, connection: AsyncConnection, names: _Names) -> dict[str, RowMapping]:
    left_ms = (LEASES.c.until - store.now_ms).label("left_ms")
    is_asked = or_(
        *((LEASES.c.name == name) & ~is_over(store, secs) for name, secs in names.lasting)
    )
    columns = (LEASES.c.name, LEASES.c.amount, left_ms)
    found = await connection.execute(
        select(*columns).where(is_asked, LEASES.c.until > store.now_ms)
    )
    return {row["name"]: row for row in found.mappings()}


def _left_secs(row: RowMapping | None) -> float:
    return row["left_ms"] / 1000 if row else 0.0


class _Writer:
    def __init__(self, store: Store, connection: AsyncConnection, holder: Holder) -> None:
        self._store = store
        self._connection = connection
        self._place = holder.place

    async def __call__(self, name: str, kind: str, *, secs: float, amount: int = 0) -> None:
        until = self._store.now_ms + round(1000 * secs)
        row: Any = self._store.insert(LEASES).values(
            name=name, kind=kind, place=self._place, owner="", until=until, amount=amount
        )
        changed = {one: row.excluded[one] for one in ("until", "amount")}
        await self._connection.execute(
            row.on_conflict_do_update(index_elements=[LEASES.c.name], set_=changed)
        )
