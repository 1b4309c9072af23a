"""A room without a bot gets one, or ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.errors import RoomError
from bot.processes.task_set import TaskSet
from bot.rooms.journal import Journal
from bot.rooms.lines.capacity import Capacity
from bot.rooms.parking import Parking
from bot.rooms.plan import RoomPlan, new_session_id
from bot.rooms.records import SessionRecords
from bot.rooms.rooms import BotState, Rooms
from bot.rooms.spent.spending import Spending
from bot.rooms.watch.bot_watch import BotWatch
from bot.rooms.watch.ghosts import Ghosts
from bot.rooms.watch.lost_rooms import LostRooms
from bot.rooms.watch.reaper import Reaper
from bot.rooms.watch.sweep import RoomSweep
from bot.settings import Settings
from tests.fake_bot import FakeBots
from tests.fake_rooms import FakeRooms
from tests.virtual_time import run_in_virtual_time
from tests.waiting import until

_LONG_SECS = 20.0


class Watched:
    """A watch over one room of a session."""

    def __init__(self, tasks: TaskSet) -> None:
        self.rooms = rooms = FakeRooms(agent_name="parley")
        rooms.bot_of_new_rooms = BotState.ABSENT
        self.records = records = SessionRecords()
        self.plan = RoomPlan(agent_name="parley", session_id=new_session_id(), is_admitted=True)
        self.watch = BotWatch(rooms=rooms, records=records, tasks=tasks, agent_name="parley")
        parking = Parking(
            rooms=rooms,
            capacity=(capacity := Capacity(rooms=rooms, limit=8)),
            records=records,
            agent_name="parley",
            wanted=lambda: 0,
            resume_secs=60.0,
        )
        lost = LostRooms(
            rooms=rooms,
            watch=self.watch,
            records=records,
            store=None,
            waits_secs=60.0,
            lasts_secs=600.0,
        )
        self.sweep = RoomSweep(
            rooms=rooms,
            records=records,
            capacity=capacity,
            watch=self.watch,
            spending=Spending(store=None, settings=Settings(), records=records, journal=Journal()),
            reaper=Reaper(records=records, parking=parking, store=None, lost=lost),
            lost=lost,
            ghosts=Ghosts(rooms),
        )

    @property
    def dispatches(self) -> int:
        return self.rooms.live[self.plan.room_name].dispatches

    def set_bot(self, state: BotState) -> None:
        self.rooms.live[self.plan.room_name].bot = state


def watching(story: Callable[[Watched], Awaitable[None]]) -> None:
    """Run a story whose room is being watched."""

    async def main() -> None:
        async with TaskSet() as tasks:
            watched = Watched(tasks)
            await watched.rooms.create(watched.plan)
            watched.watch.watch(watched.plan.session_id)
            await story(watched)

    run_in_virtual_time(main())


def test_bot_that_comes_is_left_alone() -> None:
    async def story(watched: Watched) -> None:
        await asyncio.sleep(1.0)
        watched.set_bot(BotState.READY)
        await asyncio.sleep(_LONG_SECS)
        assert watched.dispatches == 1

    watching(story)


@pytest.mark.promise("Lost bots", "A worker that is started anew is asked for bots at once.")
def test_a_worker_that_comes_is_asked_at_once() -> None:
    async def story(watched: Watched) -> None:
        watched.rooms.live[watched.plan.room_name].has_caller = True
        watched.watch.replace(watched.plan.session_id)
        await asyncio.sleep(1.6)
        asked = watched.dispatches
        watched.watch.worker_came()
        await asyncio.sleep(0.3)
        assert watched.dispatches == asked + 1
        await asyncio.sleep(1.0)
        assert watched.dispatches == asked + 1
        assert watched.rooms.live[watched.plan.room_name].metadata.takeovers == 1

    watching(story)


@pytest.mark.promise("Rooms", "A room without a bot gets one.")
def test_missing_bot_is_asked_for_twice_more_and_then_the_session_ends() -> None:
    async def story(watched: Watched) -> None:
        await asyncio.sleep(6.0)
        assert watched.dispatches == 2
        await asyncio.sleep(6.0)
        assert watched.dispatches == 3
        await asyncio.sleep(_LONG_SECS)
        assert watched.rooms.live == {}
        record = watched.records.find(watched.plan.session_id)
        assert record is not None
        assert record.end_reason == "error"

    watching(story)


@pytest.mark.promise("Rooms", "A room without a bot gets one.")
def test_room_that_is_reported_twice_is_not_sent_two_bots() -> None:
    async def story(watched: Watched) -> None:
        watched.watch.watch(watched.plan.session_id)
        await watched.sweep.sweep()
        await asyncio.sleep(6.0)
        assert watched.dispatches == 2

    watching(story)


def test_slow_bot_is_waited_for_but_not_doubled() -> None:
    async def story(watched: Watched) -> None:
        watched.set_bot(BotState.STARTING)
        await asyncio.sleep(8.0)
        watched.set_bot(BotState.READY)
        await asyncio.sleep(_LONG_SECS)
        assert watched.dispatches == 1
        assert watched.plan.room_name in watched.rooms.live

    watching(story)


def test_room_that_ended_meanwhile_is_not_brought_back() -> None:
    async def story(watched: Watched) -> None:
        watched.rooms.live.clear()
        await asyncio.sleep(_LONG_SECS)
        assert watched.rooms.deleted == []
        assert watched.records.find(watched.plan.session_id) is None

    watching(story)


def test_silent_livekit_stops_the_watch_until_the_next_sweep() -> None:
    async def story(watched: Watched) -> None:
        watched.rooms.error = RoomError("livekit_unreachable", "The LiveKit server is silent.")
        await asyncio.sleep(1.0)
        watched.rooms.error = None
        await watched.sweep.sweep()
        await asyncio.sleep(6.0)
        assert watched.dispatches == 2

    watching(story)


@pytest.mark.promise("Rooms", "A room without a bot gets one.")
def test_bot_that_dies_in_a_call_is_replaced() -> None:
    async def story(watched: Watched) -> None:
        watched.set_bot(BotState.READY)
        await asyncio.sleep(1.0)
        watched.set_bot(BotState.ABSENT)
        await watched.sweep.sweep()
        await asyncio.sleep(6.0)
        assert watched.dispatches == 2

    watching(story)


@pytest.mark.promise("Rooms", "A call whose bot never comes is ended within 20 s.")
@pytest.mark.parametrize("state", [BotState.ABSENT, BotState.STARTING])
def test_session_whose_bot_never_gets_ready_ends_in_time(state: BotState) -> None:
    async def story(watched: Watched) -> None:
        watched.set_bot(state)
        await asyncio.sleep(_LONG_SECS)
        assert watched.rooms.live == {}
        assert watched.records.has_ended(watched.plan.session_id)
        assert not watched.watch.is_watching(watched.plan.session_id)

    watching(story)


@pytest.mark.promise("Lost bots", "A bot that is lost in a call is replaced at once.")
@pytest.mark.parametrize("is_watched", [True, False], ids=["at its start", "in mid-call"])
def test_bot_that_is_lost_is_replaced_at_once(is_watched: bool) -> None:
    async def story(watched: Watched) -> None:
        if not is_watched:
            watched.set_bot(BotState.READY)
        await asyncio.sleep(1.0)
        watched.set_bot(BotState.ABSENT)
        watched.watch.replace(watched.plan.session_id)
        await asyncio.sleep(0.5)
        assert watched.dispatches == 2
        # A worker may be there any moment.
        await asyncio.sleep(10.0)
        assert watched.dispatches > 6
        watched.set_bot(BotState.READY)
        await asyncio.sleep(60.0)
        assert watched.plan.room_name in watched.rooms.live

    watching(story)


def test_bot_that_left_while_another_is_in_the_room_is_not_replaced() -> None:
    async def story(watched: Watched) -> None:
        watched.set_bot(BotState.STARTING)
        watched.watch.replace(watched.plan.session_id)
        await asyncio.sleep(10.0)
        watched.set_bot(BotState.READY)
        await asyncio.sleep(60.0)
        assert watched.dispatches == 1

    watching(story)


@pytest.mark.promise("Lost bots", "While no bot is in its room, the room says that one is coming.")
def test_room_says_that_another_bot_comes_and_which_one_it_is() -> None:
    async def story(watched: Watched) -> None:
        room = watched.rooms.live[watched.plan.room_name]
        room.has_caller = True
        for number in (1, 2, 3):
            watched.set_bot(BotState.READY)
            await asyncio.sleep(5.0)
            assert not room.metadata.is_recovering
            watched.set_bot(BotState.ABSENT)
            # By the webhook, and by whoever noticed it.
            watched.watch.replace(watched.plan.session_id)
            await asyncio.sleep(0.3)
            watched.watch.replace(watched.plan.session_id)
            await asyncio.sleep(1.0)
            assert (room.metadata.is_recovering, room.metadata.takeovers) == (True, number)
            assert room.takeover == number
            assert room.metadata.session_id == watched.plan.session_id

    watching(story)


@pytest.mark.promise(
    "Lost bots", "After three takeovers the next bot says goodbye, and the call has ended."
)
def test_call_that_loses_one_bot_after_the_other_ends_by_name() -> None:
    async def story(watched: Watched) -> None:
        room = watched.rooms.live[watched.plan.room_name]
        room.has_caller = True
        watched.watch.replace(watched.plan.session_id)
        await asyncio.sleep(1.0)
        for _ in range(4):
            watched.set_bot(BotState.STARTING)
            await asyncio.sleep(2.0)
            assert watched.plan.room_name in watched.rooms.live
            watched.set_bot(BotState.ABSENT)
            watched.watch.replace(watched.plan.session_id)
            await asyncio.sleep(1.0)
        assert watched.rooms.live == {}
        record = watched.records.find(watched.plan.session_id)
        assert record is not None
        assert record.end_reason == "error"

    watching(story)


def test_bot_that_is_lost_before_the_call_is_no_takeover() -> None:
    async def story(watched: Watched) -> None:
        watched.watch.replace(watched.plan.session_id)
        await asyncio.sleep(1.0)
        room = watched.rooms.live[watched.plan.room_name]
        assert (room.dispatches, room.takeover, room.metadata.is_recovering) == (2, 0, False)

    watching(story)


@pytest.mark.promise("Lost bots", "A worker that dies leaves no bot in a room.")
@pytest.mark.parametrize(("worker", "dispatches"), [("dead", 2), ("alive", 1)])
def test_bots_of_a_dead_worker_are_replaced_though_they_seem_to_be_there(
    worker: str, dispatches: int
) -> None:
    async def story(watched: Watched) -> None:
        watched.set_bot(BotState.READY)
        watched.rooms.live[watched.plan.room_name].worker = worker
        await asyncio.sleep(1.0)
        watched.watch.worker_died("dead")
        await asyncio.sleep(1.0)
        assert watched.dispatches == dispatches

    watching(story)


def test_session_that_has_ended_gets_no_other_bot_though_its_room_still_stands() -> None:
    async def story(watched: Watched) -> None:
        watched.records.note_ended(watched.plan.session_id, "goodbye")
        await asyncio.sleep(_LONG_SECS)
        assert watched.dispatches == 1

    watching(story)


def test_bot_that_comes_with_the_last_look_keeps_its_session() -> None:
    async def story(watched: Watched) -> None:
        async def come_late(call: str) -> None:
            if call == "find" and asyncio.get_running_loop().time() > 16.9:
                watched.set_bot(BotState.READY)

        watched.rooms.on_answer = come_late
        await asyncio.sleep(_LONG_SECS)
        assert watched.plan.room_name in watched.rooms.live

    watching(story)


async def test_real_worker_that_refuses_first_is_asked_again(
    rooms: Rooms, bots: FakeBots, agent_name: str
) -> None:
    bots.takes_jobs = False
    plan = RoomPlan(agent_name=agent_name, session_id=new_session_id())
    async with TaskSet() as tasks:
        watch = BotWatch(rooms=rooms, records=SessionRecords(), tasks=tasks, agent_name=agent_name)
        await rooms.create(plan)
        watch.watch(plan.session_id)

        async def is_refused() -> bool:
            return bool(bots.offers)

        async def is_ready() -> bool:
            return await rooms.bot_state(plan.room_name) is BotState.READY

        await until(is_refused)
        bots.takes_jobs = True
        await until(is_ready)
    assert len(bots.jobs) == 1
