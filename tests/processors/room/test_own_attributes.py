from __future__ import annotations

import asyncio

from processors.room.own_attributes import WRITE_TIMEOUT_SECS, OwnAttributes
from tests.fake_room import FakeRoom, settle
from tests.virtual_time import run_in_virtual_time


async def test_a_value_is_written_once() -> None:
    room = FakeRoom()
    attributes = OwnAttributes(room=room.room)
    attributes.set("a", "1")
    attributes.set("a", "1")
    await settle()
    attributes.set("a", "1")
    await settle()
    assert room.local_participant.attribute_writes == [{"a": "1"}]


async def test_a_slow_network_skips_values_and_ends_with_the_last() -> None:
    room = FakeRoom()
    attributes = OwnAttributes(room=room.room)
    room.local_participant.network.clear()
    for value in ("1", "2", "3", "4"):
        attributes.set("a", value)
        await settle()
    room.local_participant.network.set()
    await attributes.close()
    assert room.local_participant.attribute_writes == [{"a": "1"}, {"a": "4"}]


async def test_a_new_connection_gets_everything_again() -> None:
    room = FakeRoom()
    attributes = OwnAttributes(room=room.room)
    attributes.set("a", "1")
    attributes.set("b", "2")
    await settle()
    room.local_participant.attribute_writes.clear()
    room.handlers["reconnected"]()
    await attributes.close()
    assert room.local_participant.attribute_writes == [{"a": "1", "b": "2"}]


def test_closing_gives_up_on_a_dead_network() -> None:
    async def close_dead() -> float:
        room = FakeRoom()
        room.local_participant.network.clear()
        attributes = OwnAttributes(room=room.room)
        attributes.set("a", "1")
        await attributes.close()
        attributes.set("a", "2")
        return asyncio.get_running_loop().time()

    assert run_in_virtual_time(close_dead()) == WRITE_TIMEOUT_SECS


def test_nothing_is_waited_for_in_a_room_that_is_gone() -> None:
    async def close_left() -> float:
        room = FakeRoom()
        room.is_connected = False
        room.local_participant.network.clear()
        attributes = OwnAttributes(room=room.room)
        attributes.set("a", "1")
        await attributes.close()
        return asyncio.get_running_loop().time()

    assert run_in_virtual_time(close_left()) == 0
