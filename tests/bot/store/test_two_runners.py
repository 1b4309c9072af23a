"""What runners of one store agree about, also in the same moment and when one is killed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
import pytest_asyncio

from bot.errors import SessionError
from bot.processes.task_set import TaskSet
from bot.rooms.agreement import Agreement
from bot.rooms.journal import Journal
from bot.rooms.lines.capacity import Capacity
from bot.rooms.parking import Parking
from bot.rooms.plan import RoomPlan, new_session_id
from bot.rooms.records import SessionRecords
from bot.rooms.rooms import BotState
from bot.rooms.spent.spending import Spending
from bot.rooms.watch.bot_watch import BotWatch
from bot.rooms.watch.lost_rooms import LostRooms
from bot.rooms.watch.reaper import Reaper
from bot.session_log.session_log import SessionLog
from bot.settings import Settings
from bot.spent import Spent
from bot.store.invites import Invite, add_invite, find_invite, give_back_use, take_use
from bot.store.sessions import delete_session, load_session
from bot.store.shared.leases import Holder, keep_parked
from bot.store.shared.shared import SharedStore
from bot.store.store import Store, open_store
from bot.store.switch import set_paused
from bot.store.tables import LEASES
from processors.agent_protocol.events import Side
from tests.bot.store.handed_out import hand_out, pass_secs
from tests.fake_clock import FakeClock
from tests.fake_rooms import FakeRoom, FakeRooms
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
    taken = await asyncio.gather(*(_take(both, n) for n in range(10)))
    assert sum(taken) == 3
    mine = taken.index(True)
    await asyncio.gather(*(give_back_use(one, "i", use=f"{mine}") for one in both))
    found = await find_invite(other, "i")
    assert found is not None and found.uses_left == 1


async def _take(stores: Sequence[Store], number: int) -> bool:
    return await take_use(stores[number % 2], "i", use=f"{number}", now=0)


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


@pytest.mark.promise("Memory", "A session that was deleted is gone, and no bot writes it again.")
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


class Runner:
    """What one runner knows, and does about rooms that all of them see."""

    def __init__(self, rooms: FakeRooms, tasks: TaskSet, store: Store, *, limit: int = 8) -> None:
        self.rooms = rooms
        self.records = SessionRecords()
        self.clock = FakeClock()
        self.agreement = Agreement(SharedStore(store, clock=self.clock))
        self.capacity = Capacity(rooms=rooms, limit=limit, agreement=self.agreement)
        self.parking = Parking(
            rooms=rooms,
            capacity=self.capacity,
            records=self.records,
            agent_name="parley",
            wanted=lambda: 2,
            resume_secs=60.0,
            agreement=self.agreement,
        )
        self.watch = BotWatch(
            rooms=rooms,
            records=self.records,
            tasks=tasks,
            agent_name="parley",
            agreement=self.agreement,
        )
        self.reaper = Reaper(
            records=self.records,
            parking=self.parking,
            store=None,
            lost=cast(LostRooms, None),
            agreement=self.agreement,
        )

    async def start(self) -> bool:
        """Start a call; returns whether there is one."""
        plan = RoomPlan(agent_name="parley", session_id=new_session_id(), is_admitted=True)
        try:
            async with self.capacity.slot():
                await self.rooms.create(plan)
        except SessionError:
            return False
        return True

    async def done(self, plan: RoomPlan) -> None:
        """Wait until it sees to the bot of a session no longer."""

        async def is_done() -> bool:
            return not self.watch.is_watching(plan.session_id)

        await until(is_done, limit_secs=30.0)


async def sent(room: FakeRoom) -> None:
    """Wait until another bot is sent for."""

    async def is_sent() -> bool:
        return room.dispatches > 1

    await until(is_sent, limit_secs=30.0)


@pytest.mark.parametrize("given_url", ["Postgres"], indirect=True)
@pytest.mark.parametrize("limit", [1, 2, 5])
async def test_no_more_calls_than_lines(store: Store, other: Store, limit: int) -> None:
    rooms = FakeRooms(agent_name="parley")
    async with TaskSet() as tasks:
        runners = [Runner(rooms, tasks, one, limit=limit) for one in (store, other)]
        begun = await asyncio.gather(*(runners[n % 2].start() for n in range(12)))
        assert 1 <= sum(begun) == len(rooms.live) <= limit
        # Nobody who was refused holds a line.
        again = [await runners[n % 2].start() for n in range(limit + 2)]
        assert sum(begun) + sum(again) == len(rooms.live) == limit


@pytest.mark.parametrize("given_url", ["Postgres"], indirect=True)
async def test_a_start_that_is_cancelled_holds_no_line(store: Store, other: Store) -> None:
    mine, theirs = (Agreement(SharedStore(one)) for one in (store, other))
    is_held = asyncio.Event()

    async def start() -> None:
        async with mine.slot():
            is_held.set()
            await asyncio.Event().wait()

    starting = asyncio.create_task(start())
    await is_held.wait()
    async with theirs.slot() as others:
        assert len(others.starting) == 1
    starting.cancel()
    await asyncio.wait({starting})
    async with theirs.slot() as others:
        assert not others.starting


async def test_no_parked_room_is_handed_out_twice(store: Store, other: Store) -> None:
    # A thousand of them, by `make deploy-check`.
    taken = await hand_out((store, other), rooms=24, seed=1)
    assert [len(one) for one in taken] == [1] * len(taken)
    assert {kind for one in taken for kind in one} == {"start", "orphan"}


async def test_one_runner_sends_for_the_next_bot(store: Store, other: Store) -> None:
    rooms = FakeRooms(agent_name="parley")
    rooms.bot_of_new_rooms = BotState.ABSENT
    plan = RoomPlan(agent_name="parley", session_id=new_session_id(), is_admitted=True)
    async with TaskSet() as tasks:
        runners = [Runner(rooms, tasks, one) for one in (store, other)]
        await rooms.create(plan)
        room = rooms.live[plan.room_name]
        room.has_caller = True
        # LiveKit tells all of them.
        for one in (*runners, *runners):
            one.watch.replace(plan.session_id)
        await sent(room)
        for _ in range(100):
            await asyncio.sleep(0)
        room.bot = BotState.READY
        for one in runners:
            await one.done(plan)
        assert (room.dispatches, room.metadata.takeovers) == (2, 1)
        assert not room.metadata.is_recovering


@pytest.mark.promise(
    "Lost bots",
    "A runner that dies as it sends for a bot is followed by another one within five seconds.",
)
@pytest.mark.parametrize("has_counted", [False, True])
async def test_what_a_dead_runner_saw_to_another_one_does(
    store: Store, other: Store, has_counted: bool
) -> None:
    rooms = FakeRooms(agent_name="parley")
    rooms.bot_of_new_rooms = BotState.ABSENT
    plan = RoomPlan(agent_name="parley", session_id=new_session_id(), is_admitted=True)
    dead = Agreement(SharedStore(store))
    assert await dead.bots.take(plan.session_id)
    async with TaskSet() as tasks:
        runner = Runner(rooms, tasks, other)
        await rooms.create(plan)
        room = rooms.live[plan.room_name]
        room.has_caller = True
        if has_counted:
            told = replace(room.metadata, takeovers=1, is_recovering=True)
            await rooms.set_metadata(plan.room_name, told)
        runner.watch.replace(plan.session_id)
        assert not await runner.agreement.bots.take(plan.session_id)
        await pass_secs(store, 3.1)
        await sent(room)
        assert room.metadata.takeovers == 1
        # It hung only, and leaves the bot to whoever sees to it now.
        assert not await dead.bots.take(plan.session_id)
        room.bot = BotState.READY
        await runner.done(plan)


@pytest.mark.promise(
    "Lost bots",
    "A runner that dies as it sends for a bot is followed by another one within five seconds.",
)
async def test_a_runner_that_lives_keeps_the_bots_that_it_sees_to(
    store: Store, other: Store
) -> None:
    living, looking = (Agreement(SharedStore(one)) for one in (store, other))
    session_ids = [new_session_id() for _ in range(3)]
    for one in session_ids:
        assert await living.bots.take(one)
    for _ in range(3):
        # Also by a word that comes a second late.
        await pass_secs(store, 2.0)
        await living.bots.keep()
    assert [await looking.bots.take(one) for one in session_ids] == [False] * 3
    await living.bots.let_go(session_ids[0])
    await pass_secs(store, 2.0)
    await living.bots.keep()
    assert [await looking.bots.take(one) for one in session_ids] == [True, False, False]
    # By whoever runs it once a second.
    running = asyncio.create_task(living.run())
    for _ in range(2):
        await pass_secs(store, 2.0)
        await asyncio.sleep(1.2)
    assert [await looking.bots.take(one) for one in session_ids] == [True, False, False]
    running.cancel()
    await asyncio.wait({running})


async def test_parked_rooms_of_a_dead_runner_are_ended_and_of_no_other(
    store: Store, other: Store
) -> None:
    rooms = FakeRooms(agent_name="parley")
    async with TaskSet() as tasks:
        dead, living, looking = (Runner(rooms, tasks, one) for one in (store, store, other))
        await dead.parking.tend()
        await dead.parking.tend()
        await living.parking.tend()
        await living.parking.tend()
        assert len(rooms.live) == 4

        def ended() -> list[bool]:
            return [looking.records.has_ended(room.plan.session_id) for room in rooms.live.values()]

        await looking.reaper.reap(await rooms.survey())
        assert ended() == [False] * 4
        await pass_secs(store, 21.0)
        dead.clock.now += 21.0
        # Says so again, as its next round comes.
        names = [name for name in rooms.live if living.parking.holds(name)]
        holder = Holder(place="", owner=await owner_of(store, names[0]))
        assert await keep_parked(store, names, holder=holder) == set(names)
        await looking.reaper.reap(await rooms.survey())
        assert ended() == [True, True, False, False]
        # It was asleep only, and hands out none of them.
        plan = dead.parking.take()
        assert plan is not None and not await dead.agreement.take_parked(plan.room_name)
        plan = living.parking.take()
        assert plan is not None


async def owner_of(store: Store, name: str) -> str:
    async with store.transaction() as connection:
        asked = LEASES.select().where(LEASES.c.name == name)
        return (await connection.execute(asked)).mappings().one()["owner"]
