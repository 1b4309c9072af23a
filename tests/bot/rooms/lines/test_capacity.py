"""Capacity is what LiveKit says is alive, plus starts under way, minus parked rooms."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.errors import SessionError
from bot.rooms.lines.capacity import Capacity
from bot.rooms.plan import RoomMetadata, RoomPlan, new_session_id
from bot.rooms.rooms import Rooms
from tests.fake_rooms import FakeRooms


def a_plan(agent_name: str = "parley", *, is_parked: bool = False) -> RoomPlan:
    return RoomPlan(agent_name=agent_name, session_id=new_session_id(), is_parked=is_parked)


async def test_parked_rooms_are_not_sessions() -> None:
    rooms = FakeRooms(agent_name="parley")
    await rooms.create(a_plan())
    await rooms.create(a_plan(is_parked=True))
    assert await Capacity(rooms=rooms, limit=3).used() == 1


async def test_start_under_way_is_counted_once() -> None:
    rooms = FakeRooms(agent_name="parley")
    capacity = Capacity(rooms=rooms, limit=3)
    async with capacity.slot() as slot:
        assert await capacity.used() == 1
        plan = a_plan()
        slot.room_name = plan.room_name
        await rooms.create(plan)
        assert await capacity.used() == 1
    assert await capacity.used() == 1


@pytest.mark.promise(
    "Limits", "MAX_SESSIONS calls live at once; one more is refused and leaves nothing."
)
@pytest.mark.parametrize("begins_before", [True, False])
async def test_start_that_ends_or_begins_while_livekit_answers_is_counted(
    begins_before: bool,
) -> None:
    rooms = FakeRooms(agent_name="parley")
    capacity = Capacity(rooms=rooms, limit=3)
    is_asked, may_answer = asyncio.Event(), asyncio.Event()

    async def hold(call: str) -> None:
        if call == "survey" and not is_asked.is_set():
            is_asked.set()
            await may_answer.wait()

    async def count() -> asyncio.Task[int]:
        rooms.on_answer = hold
        counting = asyncio.create_task(capacity.used())
        await is_asked.wait()
        return counting

    counting = None if begins_before else await count()
    async with capacity.slot() as slot:
        counting = counting or await count()
        if begins_before:
            plan = a_plan()
            slot.room_name = plan.room_name
            await rooms.create(plan)
        else:
            may_answer.set()
            assert await counting == 1
    may_answer.set()
    assert await counting == 1


@pytest.mark.promise(
    "Limits", "MAX_SESSIONS calls live at once; one more is refused and leaves nothing."
)
async def test_a_whole_start_while_livekit_answers_another_one_is_counted() -> None:
    rooms = FakeRooms(agent_name="parley")
    capacity = Capacity(rooms=rooms, limit=1)
    is_asked, may_answer = asyncio.Event(), asyncio.Event()

    async def hold_the_first(call: str) -> None:
        if call == "survey" and not is_asked.is_set():
            is_asked.set()
            await may_answer.wait()

    async def start() -> None:
        async with capacity.slot() as slot:
            plan = a_plan()
            slot.room_name = plan.room_name
            await rooms.create(plan)

    rooms.on_answer = hold_the_first
    first = asyncio.create_task(start())
    await is_asked.wait()
    second = asyncio.create_task(start())
    for _ in range(20):
        await asyncio.sleep(0)
    may_answer.set()
    outcomes = await asyncio.gather(first, second, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [type(None), SessionError]
    assert len(rooms.created) == 1


async def test_taken_parked_room_counts_at_once() -> None:
    rooms = FakeRooms(agent_name="parley")
    capacity = Capacity(rooms=rooms, limit=1)
    plan = a_plan(is_parked=True)
    await rooms.create(plan)
    async with capacity.slot() as slot:
        slot.room_name = plan.room_name
        assert slot.is_last_bot
        with pytest.raises(SessionError):
            async with capacity.slot():
                pass


async def test_slot_of_a_failed_start_is_free_again() -> None:
    capacity = Capacity(rooms=FakeRooms(agent_name="parley"), limit=1)
    with pytest.raises(ZeroDivisionError):
        async with capacity.slot():
            raise ZeroDivisionError
    async with capacity.slot():
        pass


async def test_newest_room_is_the_one_too_many() -> None:
    rooms = FakeRooms(agent_name="parley")
    plans = [a_plan() for _ in range(3)]
    for plan in plans:
        await rooms.create(plan)
    capacity = Capacity(rooms=rooms, limit=2)
    assert [await capacity.is_beyond(plan.room_name) for plan in plans] == [False, False, True]


@pytest.mark.promise("Limits", "Rooms of tokens beyond MAX_SESSIONS are ended, and no others.")
async def test_neither_parked_rooms_nor_ended_ones_make_another_one_too_many() -> None:
    rooms = FakeRooms(agent_name="parley")
    waits, over, lives, late = a_plan(is_parked=True), a_plan(), a_plan(), a_plan()
    for plan in (waits, over, lives, late):
        await rooms.create(plan)
    ending = RoomMetadata(session_id=over.session_id, end_reason="goodbye")
    await rooms.set_metadata(over.room_name, ending)
    live = await rooms.list_live()
    assert Capacity(rooms=rooms, limit=2).beyond(live) == set()
    assert Capacity(rooms=rooms, limit=1).beyond(live) == {late.room_name}


@pytest.mark.promise("Limits", "Rooms of tokens beyond MAX_SESSIONS are ended, and no others.")
async def test_rooms_of_starts_come_before_older_ones_of_tokens() -> None:
    rooms = FakeRooms(agent_name="parley")
    by_token = a_plan()
    await rooms.create(by_token)
    for _ in range(2):
        await rooms.create(replace(a_plan(), is_admitted=True))
    live = await rooms.list_live()
    assert Capacity(rooms=rooms, limit=2).beyond(live) == {by_token.room_name}
    assert Capacity(rooms=rooms, limit=1).beyond(live) == {by_token.room_name}


async def test_simultaneous_starts_never_exceed_the_limit_on_a_real_server(
    rooms: Rooms, agent_name: str
) -> None:
    capacity = Capacity(rooms=rooms, limit=3)

    async def start() -> bool:
        try:
            async with capacity.slot() as slot:
                plan = a_plan(agent_name)
                slot.room_name = plan.room_name
                await rooms.create(plan)
        except SessionError as error:
            assert error.code == "at_capacity"
            return False
        return True

    started = await asyncio.gather(*(start() for _ in range(12)))
    assert sum(started) == 3
    assert len(await rooms.list_live()) == 3
