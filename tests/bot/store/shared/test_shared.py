"""Questions to a store that fails and comes back, and what hides addresses in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from bot.store.shared.leases import hold
from bot.store.shared.shared import SharedStore
from bot.store.store import Store
from tests.fake_clock import FakeClock
from tests.log_lines import log_lines


async def rename(store: Store, one: str, other: str) -> None:
    async with store.transaction() as connection:
        await connection.execute(text(f"ALTER TABLE {one} RENAME TO {other}"))


async def holds(shared: SharedStore) -> bool | None:
    held = await shared.ask(lambda store: hold(store, ["bot-1"], holder=shared.me, secs=15.0))
    return None if held is None else held == {"bot-1"}


async def test_a_failure_is_told_once_and_asked_about_again(file_store: Store) -> None:
    clock = FakeClock()
    one, other = (SharedStore(file_store, clock=clock) for _ in range(2))
    with log_lines("bot.store") as lines:
        await rename(file_store, "leases", "gone")
        for _ in range(3):
            assert await holds(one) is None
            clock.now += 6.0
        await rename(file_store, "gone", "leases")
        assert await holds(one) is True
        assert await holds(other) is False
        # While it is down nobody waits for it again and again.
        await rename(file_store, "leases", "gone")
        assert await holds(other) is None
        await rename(file_store, "gone", "leases")
        assert await holds(other) is None
        clock.now += 6.0
        assert await holds(other) is False
    told = [line for line in lines if "hear of each other" in line]
    assert ["again" in line for line in told] == [False, True, False, True]


async def test_a_file_is_one_machines(file_store: Store, tmp_path: Path) -> None:
    shared = SharedStore(file_store)
    assert not shared.is_shared
    assert await holds(shared) is True
    assert await shared.ask_all(lambda store: hold(store, "a", holder=shared.me, secs=1.0)) is None


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::/48", "", "\ud800", "x" * 10_000])
def test_what_is_hidden_is_the_same_at_every_runner_and_nobody_elses(address: str) -> None:
    one, same, other = (SharedStore(secret=secret) for secret in (b"one", b"one", b"other"))
    assert one.hidden(address) == same.hidden(address) != other.hidden(address)
    assert len(one.hidden(address)) == 32 and int(one.hidden(address), 16) >= 0
