"""A session that was deleted stays so, in whatever order its bots come."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date

import pytest
from sqlalchemy import func, select, update

from bot.session_log.session_log import SessionLog
from bot.store.ratings import note_rating
from bot.store.session_rows import SessionRow, write_batch
from bot.store.sessions import delete_session, forget_before, note_state, note_takeover
from bot.store.shared.leases import GONE, forget_leases
from bot.store.store import Store
from bot.store.tables import LEASES, SESSIONS, TOOL_CALLS, TURNS
from bot.store.tombstones import lay_tombstones
from processors.agent_protocol.events import Side
from tests.bot.store.handed_out import pass_secs

_ID = "0123456789abcdef0123"
Delete = Callable[[Store], Awaitable[None]]


async def _forget(store: Store) -> None:
    await delete_session(store, _ID)


async def _keep_days(store: Store) -> None:
    await forget_before(store, date(2100, 1, 1))


async def _left(store: Store) -> dict[str, int]:
    counts = dict[str, int]()
    async with store.transaction() as connection:
        for table in (SESSIONS, TURNS, TOOL_CALLS):
            asked = select(func.count()).select_from(table)
            counts[table.name] = (await connection.execute(asked)).scalar_one()
    return counts


def _log(store: Store) -> SessionLog:
    return SessionLog(session_id=_ID, store=store)


async def _begun(store: Store) -> SessionLog:
    log = _log(store)
    log.caller_joined()
    log.turn_added(Side.CALLER, "secret")
    assert await log.settle()
    return log


async def _goes_on(log: SessionLog) -> None:
    log.caller_joined()
    log.know_person("Ada")
    log.turn_added(Side.CALLER, "secret again")
    await log.kept()
    await log.end("idle")


async def flush(store: Store, delete: Delete) -> None:
    log = await _begun(store)
    log.turn_added(Side.CALLER, "still waits")
    await delete(store)
    await _goes_on(log)


async def takeover(store: Store, delete: Delete) -> None:
    lost = await _begun(store)
    await delete(store)
    following = _log(store)
    assert await following.take_over() is None
    await _goes_on(following)
    await _goes_on(lost)


async def takeover_before(store: Store, delete: Delete) -> None:
    lost = await _begun(store)
    following = _log(store)
    assert await following.take_over() is not None
    await delete(store)
    await _goes_on(following)
    third = _log(store)
    assert await third.take_over() is None
    await _goes_on(third)
    await _goes_on(lost)


async def between_taking_and_reading(store: Store, delete: Delete) -> None:
    lost = await _begun(store)
    assert await note_takeover(store, _ID) == 1
    await delete(store)
    following = _log(store)
    assert await following.take_over() is None
    await _goes_on(following)
    await lost.close()


async def taken_back(store: Store, delete: Delete) -> None:
    log = await _begun(store)
    await delete(store)
    await log.take_back()
    await _goes_on(log)


async def first_write_again(store: Store, delete: Delete) -> None:
    """The first write's answer was lost: the bot writes it once more."""
    row = SessionRow(id=_ID, began_at=1, seen_at=1)
    assert await write_batch(store, row, is_first=True)
    await delete(store)
    assert not await write_batch(store, row, is_first=True)


async def end(store: Store, delete: Delete) -> None:
    log = await _begun(store)
    await log.end("idle")
    await delete(store)
    assert not await note_state(store, _ID, "ended", end_reason="left")
    assert not await note_rating(store, _ID, is_good=True, comment="secret")
    await _goes_on(_log(store))


async def a_day_later(store: Store, delete: Delete) -> None:
    lost = await _begun(store)
    await delete(store)
    await pass_secs(store, 86_400.0)
    await forget_leases(store)
    await _goes_on(_log(store))
    await lost.close()


STORIES = (
    flush,
    takeover,
    takeover_before,
    between_taking_and_reading,
    taken_back,
    first_write_again,
    end,
    a_day_later,
)


@pytest.mark.promise("Memory", "A session that was deleted is gone, and no bot writes it again.")
@pytest.mark.parametrize("delete", [_forget, _keep_days], ids=["forget", "KEEP_DAYS"])
@pytest.mark.parametrize("story", STORIES, ids=[story.__name__ for story in STORIES])
async def test_nothing_of_it_is_written_again(
    store: Store, story: Callable[[Store, Delete], Awaitable[None]], delete: Delete
) -> None:
    await story(store, delete)
    assert set((await _left(store)).values()) == {0}


@pytest.mark.promise("Memory", "A session that was deleted is gone, and no bot writes it again.")
async def test_one_whose_first_write_is_late_is_deleted_before_it(store: Store) -> None:
    assert not await delete_session(store, _ID)
    await _goes_on(_log(store))
    assert set((await _left(store)).values()) == {0}


@pytest.mark.promise("Memory", "A session that was deleted is gone, and no bot writes it again.")
async def test_a_first_write_at_the_same_moment_is_deleted_with_it(store: Store) -> None:
    async def write(began_at: int) -> None:
        await write_batch(store, SessionRow(id=_ID, began_at=began_at, seen_at=1), is_first=True)

    for number in range(10):
        await asyncio.gather(write(number), delete_session(store, _ID), write(number))
        assert set((await _left(store)).values()) == {0}
        async with store.transaction() as connection:
            await connection.execute(LEASES.delete())


@pytest.mark.promise("Memory", "A session that was deleted is gone, and no bot writes it again.")
async def test_a_first_write_that_waits_for_the_deletion_finds_it(store: Store) -> None:
    row = SessionRow(id=_ID, began_at=1, seen_at=1)
    assert await write_batch(store, row, is_first=True)
    async with store.transaction() as deleting:
        await deleting.execute(SESSIONS.delete())
        writing = asyncio.create_task(write_batch(store, row, is_first=True))
        await asyncio.sleep(0.2)
        await lay_tombstones(store, deleting, [_ID])
    assert not await writing
    assert set((await _left(store)).values()) == {0}


async def test_a_deleted_session_costs_no_other_one(store: Store) -> None:
    await delete_session(store, "another")
    await _goes_on(_log(store))
    assert (await _left(store))["turns"] == 1


async def test_a_tombstone_holds_no_word_and_is_gone_in_days(store: Store) -> None:
    log = await _begun(store)
    await delete_session(store, _ID)
    await log.close()
    async with store.transaction() as connection:
        rows = (await connection.execute(select(LEASES))).mappings().all()
        assert [(row["name"], row["kind"], row["owner"]) for row in rows] == [
            (f"{GONE}-{_ID}", GONE, "")
        ]
        await connection.execute(update(LEASES).values(until=store.now_ms - 3_600_000))
    await forget_leases(store)
    async with store.transaction() as connection:
        assert not (await connection.execute(select(LEASES))).all()
