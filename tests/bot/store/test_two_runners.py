"""What two runners on one store agree about, also at the same moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from bot.call.session_log import SessionLog
from bot.errors import SessionError
from bot.rooms.journal import Journal
from bot.rooms.records import SessionRecords
from bot.rooms.spending import Spending
from bot.settings import Settings
from bot.spent import Spent
from bot.store.invites import Invite, add_invite, find_invite, give_back_use, take_use
from bot.store.sessions import delete_session, load_session
from bot.store.store import Store, open_store
from bot.store.switch import set_paused
from processors.agent_protocol.events import Side
from tests.waiting import until

_NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest_asyncio.fixture
async def other(store: Store, tmp_path: Path, given_url: str) -> AsyncIterator[Store]:
    """Return another runner's way to the same store."""
    async with open_store(tmp_path / "data", database_url=given_url) as opened:
        yield opened


def spending(store: Store, **given: object) -> Spending:
    settings = Settings.model_validate(given)
    return Spending(
        store=store,
        settings=settings,
        records=SessionRecords(),
        journal=Journal(),
        now=lambda: _NOW,
    )


@pytest.mark.promise("Who may call", "An invite is used as often as it says, by all runners.")
async def test_an_invite_has_as_many_uses_as_it_says(store: Store, other: Store) -> None:
    invite = Invite(id="i", name="Ada", uses_left=3, expires_at=1_000)
    await add_invite(store, invite)
    both = (store, other)
    taken = await asyncio.gather(*(take_use(both[n % 2], "i", now=0) for n in range(10)))
    assert sum(taken) == 3
    await asyncio.gather(*(give_back_use(one, "i") for one in both))
    found = await find_invite(other, "i")
    assert found is not None and found.uses_left == 2


@pytest.mark.promise("Cost", "All runners of one store spend one day's budget, and one switch.")
async def test_the_day_is_spent_by_both_together(store: Store, other: Store) -> None:
    here, there = (spending(one, daily_tokens=100) for one in (store, other))
    # Of one session that both have looked at, and one of each.
    for runner, name in ((here, "mine"), (there, "theirs"), (here, "both"), (there, "both")):
        runner.report(name, Spent(prompt_tokens=30).to_json())
    await asyncio.gather(*(runner.keep() for runner in (here, there) for _ in range(3)))
    for runner in (here, there):
        await runner.keep()
        assert runner.today.tokens == 90
        runner.check()
    here.report("mine", Spent(prompt_tokens=40).to_json())
    for runner in (here, there):
        await runner.keep()
        with pytest.raises(SessionError, match="limit for today"):
            runner.check()
    await set_paused(other, True)
    await here.keep()
    with pytest.raises(SessionError, match="no calls just now"):
        here.check()


@pytest.mark.promise("Memory", "A session that was deleted is gone, and its bot writes no more.")
async def test_what_one_forgets_the_others_bot_writes_no_more(store: Store, other: Store) -> None:
    log = SessionLog(session_id="a", store=other)
    log.caller_joined()
    log.turn_added(Side.CALLER, "secret")

    async def is_there() -> bool:
        return await load_session(store, "a") is not None

    await until(is_there, limit_secs=30.0)
    for number in range(20):
        log.turn_added(Side.CALLER, f"more {number}")
    # Two operators at once; and the bot in the middle of it.
    done = await asyncio.gather(
        delete_session(store, "a"), delete_session(other, "a"), log.end("goodbye")
    )
    assert sorted(done[:2]) == [False, True]
    for one in (store, other):
        assert await load_session(one, "a") is None
