"""What is spent, with a store that is killed, hangs or fails, and over midnight."""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.errors import SessionError
from bot.rooms.journal import Journal
from bot.rooms.records import SessionRecords
from bot.rooms.spent.spending import LAST_REPORT_SECS, Spending
from bot.settings import Settings
from bot.spent import Spent
from bot.store.store import Store, open_store
from bot.store.switch import set_paused
from tests.fake_clock import FakeClock
from tests.log_lines import log_lines
from tests.unkind_store import UnkindStore

_NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Runner:
    """A runner's account of what is spent."""

    def __init__(self, store: Store | None, **limits: Any) -> None:
        self.now = _NOON
        self.clock = FakeClock()
        self.records = SessionRecords()
        self.spending = Spending(
            store=store,
            settings=Settings.model_validate(limits),
            records=self.records,
            journal=Journal(clock_secs=self.clock),
            now=lambda: self.now,
            clock_secs=self.clock,
        )

    def report(self, session_id: str, tokens: int) -> None:
        self.spending.report(session_id, json.dumps({"prompt_tokens": tokens}))

    @property
    def tokens(self) -> int:
        return self.spending.today.tokens

    @property
    def refusal(self) -> str:
        try:
            self.spending.check()
        except SessionError as error:
            return error.code
        return ""


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[UnkindStore]:
    async with open_store(tmp_path) as opened:
        yield UnkindStore(opened._engine, is_kept=True)  # pyright: ignore[reportPrivateUsage]


@pytest.mark.promise("Cost", "What is spent is known after a restart, also of a call that goes on.")
async def test_a_new_runner_takes_the_day_up_where_the_old_one_left_it(store: UnkindStore) -> None:
    old = Runner(store)
    old.report("a", 500)
    await old.spending.keep()
    # The old one is killed; the bot of the call lives on and tells its sums again.
    new = Runner(store, daily_tokens=1_000)
    await new.spending.keep()
    assert new.tokens == 500
    new.report("a", 700)
    new.report("b", 100)
    await new.spending.keep()
    assert (new.tokens, new.refusal) == (800, "")
    new.report("b", 300)
    assert (new.tokens, new.refusal) == (1_000, "daily_budget")


async def test_two_runners_on_one_file_count_each_session_once(store: UnkindStore) -> None:
    runners = [Runner(store), Runner(store)]
    for runner in runners:
        runner.report("a", 500)
        await runner.spending.keep()
    runners[1].report("b", 50)
    for runner in reversed(runners):
        await runner.spending.keep()
    assert [runner.tokens for runner in runners] == [550, 550]


@pytest.mark.promise("Cost", "A store that fails stops no call, and the budget holds from memory.")
async def test_a_store_that_fails_is_told_once_and_what_was_spent_is_written_later(
    store: UnkindStore,
) -> None:
    runner = Runner(store, daily_tokens=1_000)
    await runner.spending.keep()
    store.fails = math.inf
    with log_lines("bot.rooms") as lines:
        for tokens in (400, 800, 1_000):
            runner.report("a", tokens)
            await runner.spending.keep()
    assert len([line for line in lines if "not kept" in line]) == 1
    assert (runner.tokens, runner.refusal) == (1_000, "daily_budget")
    store.fails = 0
    await runner.spending.keep()
    other = Runner(store)
    await other.spending.keep()
    assert other.tokens == runner.tokens == 1_000


@pytest.mark.parametrize("fails_at_midnight", [False, True])
@pytest.mark.parametrize("is_kept", [True, False])
async def test_a_day_begins_with_nothing_and_a_call_over_midnight_counts_once(
    store: UnkindStore, *, is_kept: bool, fails_at_midnight: bool
) -> None:
    runner = Runner(store if is_kept else None, daily_tokens=1_000)
    runner.report("a", 1_000)
    await runner.spending.keep()
    assert runner.refusal == "daily_budget"
    store.fails = math.inf if fails_at_midnight else 0
    runner.now += timedelta(hours=12)
    await runner.spending.keep()
    assert (runner.tokens, runner.refusal) == (0, "")
    runner.report("a", 1_300)
    assert runner.tokens == 300
    store.fails = 0
    await runner.spending.keep()
    assert runner.tokens == 300
    # Set back by an hour, as by a time server.
    runner.now -= timedelta(hours=1)
    await runner.spending.keep()
    assert runner.tokens == 300


@pytest.mark.promise(
    "Cost", "`runner.py pause` refuses new calls until `resume`, also over a restart."
)
async def test_the_switch_is_seen_and_outlasts_a_store_that_fails(store: UnkindStore) -> None:
    runner = Runner(store)
    await runner.spending.keep()
    assert runner.refusal == ""
    await set_paused(store, True)
    await runner.spending.keep()
    assert runner.refusal == "paused"
    store.fails = math.inf
    await runner.spending.keep()
    assert runner.refusal == "paused"
    store.fails = 0
    again = Runner(store)
    await again.spending.keep()
    assert again.refusal == "paused"
    await set_paused(store, False)
    await again.spending.keep()
    assert again.refusal == ""


@pytest.mark.promise("Logs", "Each start, refusal and end of a call has one line.")
async def test_an_end_is_told_once_with_the_last_report(store: UnkindStore) -> None:
    runner = Runner(store)
    with log_lines("bot.rooms") as lines:
        runner.spending.begin("a", network="n")
        runner.report("a", 100)
        runner.records.note_ended("a", "goodbye")
        # Of another runner, or from before a restart.
        runner.report("b", 5)
        runner.records.note_ended("b", "idle")
        await runner.spending.keep()
        runner.report("a", 130)
        for _ in range(4):
            runner.clock.now += LAST_REPORT_SECS
            # The note stays in LiveKit's list for minutes.
            runner.report("a", 130)
            await runner.spending.keep()
    ends = [line for line in lines if line.startswith("end ")]
    assert len(ends) == 1
    assert "session=a network=n reason=goodbye" in ends[0] and "tokens=130" in ends[0]
    assert runner.tokens == 135
    assert (await _kept(store)).tokens == 135


async def _kept(store: Store) -> Spent:
    runner = Runner(store)
    await runner.spending.keep()
    return runner.spending.today
