"""Rooms to try a line in: gone in time, whatever their holder or LiveKit does."""

from __future__ import annotations

import asyncio

import pytest

from bot.errors import RoomError
from bot.processes.task_set import TaskSet
from bot.rooms.check_rooms import CheckRooms
from bot.rooms.plan import session_id_of_room
from tests.fake_rooms import API_KEY, API_SECRET, FakeRooms
from tests.virtual_time import run_in_virtual_time


def _checks(rooms: FakeRooms, tasks: TaskSet) -> CheckRooms:
    return CheckRooms(
        rooms=rooms, api_key=API_KEY, api_secret=API_SECRET, tasks=tasks, agent_name="parley"
    )


def test_a_room_is_removed_when_its_token_ends_and_when_it_opens_nothing_more() -> None:
    async def scenario() -> None:
        rooms = FakeRooms(agent_name="parley")
        async with TaskSet() as tasks:
            await _checks(rooms, tasks).open()
            (name,) = rooms.bare
            assert session_id_of_room(name, agent_name="parley") is None
            await asyncio.sleep(59)
            assert rooms.deleted == []
            await asyncio.sleep(2)
            assert rooms.deleted == [name]
            await asyncio.sleep(61)
            assert rooms.deleted == [name, name]

    run_in_virtual_time(scenario())


def test_a_room_that_cannot_be_removed_is_tried_again() -> None:
    async def scenario() -> None:
        rooms = FakeRooms(agent_name="parley")
        async with TaskSet() as tasks:
            await _checks(rooms, tasks).open()
            await asyncio.sleep(59)
            rooms.error = RoomError("livekit_unreachable", "LiveKit does not answer.")
            await asyncio.sleep(2)
            rooms.error = None
            await asyncio.sleep(61)
            assert not rooms.bare

    run_in_virtual_time(scenario())


def test_a_room_whose_answer_is_lost_is_removed_too() -> None:
    async def scenario() -> None:
        rooms = FakeRooms(agent_name="parley")

        async def fail(_: str) -> None:
            raise RoomError("livekit_unreachable", "LiveKit does not answer.")

        rooms.on_answer, answers = fail, rooms.on_answer
        async with TaskSet() as tasks:
            with pytest.raises(RoomError):
                await _checks(rooms, tasks).open()
            assert len(rooms.bare) == 1
            rooms.on_answer = answers
            await asyncio.sleep(61)
            assert not rooms.bare

    run_in_virtual_time(scenario())
