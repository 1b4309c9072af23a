"""Parked rooms: ready ahead, handed out once, never too old, never too many."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from bot.errors import RoomError
from bot.rooms.lines.capacity import Capacity
from bot.rooms.parking import Parking
from bot.rooms.plan import PARKED_EMPTY_TIMEOUT_SECS, RoomPlan, new_session_id
from bot.rooms.records import SessionRecords
from bot.rooms.rooms import BotState, Rooms
from tests.fake_bot import FakeBots
from tests.fake_clock import FakeClock
from tests.fake_rooms import FakeRooms
from tests.waiting import until


class Lot:
    """A parking under test with everything around it."""

    def __init__(self, *, wanted: int = 2, limit: int = 8) -> None:
        self.rooms = FakeRooms(agent_name="parley")
        self.clock = FakeClock()
        self.records = SessionRecords()
        self.wanted = wanted
        self.parking = Parking(
            rooms=self.rooms,
            capacity=Capacity(rooms=self.rooms, limit=limit),
            records=self.records,
            agent_name="parley",
            wanted=lambda: self.wanted,
            resume_secs=60.0,
            clock=self.clock,
        )

    async def tend(self, times: int = 2) -> None:
        for _ in range(times):
            await self.parking.tend()


async def test_wanted_rooms_get_ready() -> None:
    lot = Lot(wanted=2)
    await lot.tend()
    assert lot.parking.ready_count == 2
    assert all(room.metadata.is_parked for room in lot.rooms.live.values())
    assert {room.plan.empty_timeout_secs for room in lot.rooms.live.values()} == {
        PARKED_EMPTY_TIMEOUT_SECS
    }


@pytest.mark.promise("Rooms", "A parked room is handed out once, and then is its caller's alone.")
async def test_room_is_handed_out_once_and_replaced() -> None:
    lot = Lot(wanted=1)
    await lot.tend()
    first = lot.parking.take()
    assert first is not None
    assert lot.parking.take() is None
    await lot.tend()
    second = lot.parking.take()
    assert second is not None
    assert second.room_name != first.room_name
    assert lot.rooms.deleted == []


async def test_room_kept_for_the_join_link_is_not_given_to_others() -> None:
    lot = Lot(wanted=2)
    await lot.tend()
    assert lot.parking.take(keep=1) is not None
    assert lot.parking.take(keep=1) is None
    assert lot.parking.take(keep=0) is not None


async def test_last_place_is_given_from_what_is_there() -> None:
    lot = Lot(wanted=1)
    lot.rooms.bot_of_new_rooms = BotState.STARTING
    await lot.tend()
    assert lot.parking.take() is None
    assert lot.parking.take(is_last_bot=True) is not None


async def test_room_whose_bot_died_is_replaced() -> None:
    lot = Lot(wanted=1)
    await lot.tend()
    (name,) = lot.rooms.live
    lot.rooms.live[name].bot = BotState.ABSENT
    await lot.tend()
    assert lot.rooms.deleted == [name]
    assert lot.parking.ready_count == 1


@pytest.mark.promise("Lost bots", "No call begins in the room of a bot that is dead or dying.")
async def test_no_room_of_a_dead_worker_is_handed_out_and_new_ones_come_at_once() -> None:
    lot = Lot(wanted=2)
    await lot.tend()
    # LiveKit shows its bots for a while yet.
    for _ in range(4):
        old = set(lot.rooms.live)
        lot.parking.give_up()
        assert lot.parking.take(is_last_bot=True) is None
        await lot.tend()
        assert lot.parking.ready_count == 2
        assert old.isdisjoint(lot.rooms.live)


@pytest.mark.promise(
    "Rooms", "Parked bots that leave at once are replaced after pauses, up to a minute."
)
async def test_bots_that_leave_at_once_are_replaced_less_and_less_often() -> None:
    lot = Lot(wanted=1)
    for _ in range(600):
        await lot.parking.tend()
        for name in [*lot.rooms.live]:
            lot.parking.drop(name)
        lot.clock.now += 1.0
    assert 8 < len(lot.rooms.deleted) < 20
    lot.clock.now += 60.0
    await lot.tend()
    assert lot.parking.ready_count == 1


@pytest.mark.promise(
    "Rooms", "Parked bots that leave at once are replaced after pauses, up to a minute."
)
async def test_bots_that_leave_after_a_while_are_replaced_at_once_each_time() -> None:
    lot = Lot(wanted=1)
    await lot.tend()
    for _ in range(6):
        lot.clock.now += 40.0
        for name in [*lot.rooms.live]:
            lot.parking.drop(name)
        await lot.tend()
        assert lot.parking.ready_count == 1


@pytest.mark.promise("Rooms", "Parked bots that are lost together are replaced at once.")
async def test_bots_that_leave_together_are_replaced_at_once() -> None:
    lot = Lot(wanted=6)
    await lot.tend()
    lot.clock.now += 5.0
    for name in [*lot.rooms.live]:
        lot.parking.drop(name)
    await lot.tend()
    assert lot.parking.ready_count == 6


@pytest.mark.promise("Rooms", "Parked bots that are lost together are replaced at once.")
async def test_rooms_that_no_worker_took_are_made_anew_as_soon_as_one_does() -> None:
    lot = Lot(wanted=2)
    await lot.tend()
    (kept, lost) = lot.rooms.live
    lot.parking.drop(lost)
    lot.rooms.bot_of_new_rooms = BotState.ABSENT
    await lot.tend()
    assert lot.parking.ready_count == 1
    lot.rooms.bot_of_new_rooms = BotState.READY
    lot.clock.now += 0.1
    lot.parking.worker_came()
    await lot.tend()
    await lot.tend()
    assert lot.parking.ready_count == 2 and kept in lot.rooms.live


@pytest.mark.promise("Rooms", "Parked bots that are lost together are replaced at once.")
@pytest.mark.parametrize("seen", [BotState.STARTING, BotState.READY])
async def test_a_room_whose_bot_is_there_is_kept_as_a_worker_comes(seen: BotState) -> None:
    lot = Lot(wanted=1)
    lot.rooms.bot_of_new_rooms = BotState.ABSENT
    await lot.tend()
    (name,) = lot.rooms.live
    # It has come since the last look, as at a worker elsewhere.
    lot.rooms.live[name].bot = seen
    lot.clock.now += 0.1
    lot.parking.worker_came()
    await lot.tend()
    assert [*lot.rooms.live] == [name]


async def test_room_that_cannot_be_deleted_keeps_no_other_from_being_made() -> None:
    lot = Lot(wanted=1)
    await lot.tend()
    (name,) = lot.rooms.live

    async def refuse(call: str) -> None:
        if call == "delete":
            raise RoomError("livekit_unreachable", "The LiveKit server is silent.")

    lot.rooms.on_request = refuse
    lot.parking.drop(name)
    await lot.parking.tend()
    assert len(lot.rooms.live) == 2
    assert lot.records.has_ended(name.removeprefix("parley-"))


async def test_room_whose_bot_never_comes_is_given_up() -> None:
    lot = Lot(wanted=1)
    lot.rooms.bot_of_new_rooms = BotState.STARTING
    await lot.tend()
    lot.clock.now += 16.0
    await lot.parking.tend()
    assert len(lot.rooms.deleted) == 1


@pytest.mark.promise("Rooms", "A parked room is replaced before LiveKit closes it.")
async def test_old_room_is_replaced_before_it_goes() -> None:
    lot = Lot(wanted=1)
    await lot.tend()
    (old,) = lot.rooms.live
    lot.rooms.bot_of_new_rooms = BotState.STARTING
    lot.clock.now += 241.0
    await lot.tend()
    assert old in lot.rooms.live
    assert lot.parking.ready_count == 1
    for room in lot.rooms.live.values():
        room.bot = BotState.READY
    await lot.tend()
    assert old not in lot.rooms.live
    assert lot.parking.ready_count == 1


@pytest.mark.promise("Rooms", "A parked room is replaced before LiveKit closes it.")
async def test_room_is_never_older_than_livekit_lets_it_be() -> None:
    lot = Lot(wanted=1)
    await lot.tend()
    lot.rooms.bot_of_new_rooms = BotState.ABSENT
    lot.clock.now += 271.0
    await lot.parking.tend()
    assert lot.parking.take() is None


async def test_parked_rooms_and_sessions_stay_within_capacity() -> None:
    lot = Lot(wanted=3, limit=3)
    for _ in range(2):
        await lot.rooms.create(RoomPlan(agent_name="parley", session_id=new_session_id()))
    await lot.tend()
    assert len(lot.rooms.live) == 3
    await lot.rooms.create(RoomPlan(agent_name="parley", session_id=new_session_id()))
    await lot.tend()
    assert sum(room.metadata.is_parked for room in lot.rooms.live.values()) == 0


async def test_room_that_is_still_being_made_is_not_given() -> None:
    lot = Lot(wanted=1)
    lot.rooms.gate = asyncio.Event()
    tending = asyncio.create_task(lot.parking.tend())
    await asyncio.sleep(0)
    assert lot.parking.take(is_last_bot=True) is None
    lot.rooms.gate.set()
    await tending
    assert lot.parking.take(is_last_bot=True) is not None


async def test_discarded_room_is_known_to_be_over() -> None:
    lot = Lot(wanted=1)
    await lot.tend()
    (room,) = lot.rooms.live.values()
    await lot.parking.close()
    assert lot.records.has_ended(room.plan.session_id)


async def test_fewer_wanted_means_fewer_parked() -> None:
    lot = Lot(wanted=2)
    await lot.tend()
    lot.wanted = 1
    await lot.tend()
    assert len(lot.rooms.live) == 1


async def test_close_deletes_what_nobody_took() -> None:
    lot = Lot(wanted=2)
    await lot.tend()
    taken = lot.parking.take()
    assert taken is not None
    await lot.parking.close()
    assert list(lot.rooms.live) == [taken.room_name]
    await lot.tend()
    assert list(lot.rooms.live) == [taken.room_name]


async def test_room_being_made_while_closing_is_deleted() -> None:
    lot = Lot(wanted=1)
    lot.rooms.gate = asyncio.Event()
    tending = asyncio.create_task(lot.parking.tend())
    while not lot.rooms.live:  # noqa: ASYNC110 - one turn of the loop at a time
        await asyncio.sleep(0)
    await lot.parking.close()
    lot.rooms.gate.set()
    await tending
    assert lot.rooms.live == {}


async def test_failing_livekit_leaves_no_room_behind_in_the_list() -> None:
    lot = Lot(wanted=1)
    lot.rooms.create_error = RoomError("livekit_unreachable", "The LiveKit server is silent.")
    with pytest.raises(RoomError):
        await lot.parking.tend()
    assert lot.parking.take(is_last_bot=True) is None


@asynccontextmanager
async def running(parking: Parking) -> AsyncGenerator[None]:
    task = asyncio.create_task(parking.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        await parking.close()


async def test_real_rooms_get_warm_bots_and_are_replaced(
    rooms: Rooms, bots: FakeBots, agent_name: str
) -> None:
    parking = Parking(
        rooms=rooms,
        capacity=Capacity(rooms=rooms, limit=8),
        records=SessionRecords(),
        agent_name=agent_name,
        wanted=lambda: 2,
        resume_secs=60.0,
    )

    async def are_ready() -> bool:
        return parking.ready_count == 2

    async with running(parking):
        await until(are_ready)
        first = parking.take()
        assert first is not None
        await until(are_ready)
        dying = next(room for room in bots.bots if room != first.room_name)
        await bots.leave(dying)
        parking.drop(dying)
        await until(are_ready)
    live = {room.room_name for room in await rooms.list_live()}
    assert first.room_name in live
    assert live <= {first.room_name, dying}
