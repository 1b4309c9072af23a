from __future__ import annotations

import asyncio

from processors.room.own_attributes import WRITE_TIMEOUT_SECS
from processors.room.own_metadata import OwnMetadata
from tests.fake_room import FakeRoom, settle
from tests.virtual_time import run_in_virtual_time


async def test_a_value_is_written_once() -> None:
    room = FakeRoom()
    metadata = OwnMetadata(room=room.room)
    metadata.set("1")
    metadata.set("1")
    await settle()
    metadata.set("1")
    await metadata.close()
    assert room.local_participant.metadata_writes == ["1"]


async def test_a_slow_network_skips_values_and_ends_with_the_last() -> None:
    room = FakeRoom()
    metadata = OwnMetadata(room=room.room)
    room.local_participant.network.clear()
    for value in ("1", "2", "3"):
        metadata.set(value)
        await settle()
    room.local_participant.network.set()
    await metadata.close()
    assert room.local_participant.metadata_writes[-1] == "3"
    assert "2" not in room.local_participant.metadata_writes


async def test_a_new_connection_gets_it_again_if_there_is_any() -> None:
    room = FakeRoom()
    metadata = OwnMetadata(room=room.room)
    room.handlers["reconnected"]()
    await settle()
    assert room.local_participant.metadata_writes == []
    metadata.set("1")
    await settle()
    room.handlers["reconnected"]()
    await metadata.close()
    assert room.local_participant.metadata_writes == ["1", "1"]


def test_closing_gives_up_on_a_dead_network() -> None:
    async def close_dead() -> float:
        room = FakeRoom()
        room.local_participant.network.clear()
        metadata = OwnMetadata(room=room.room)
        metadata.set("1")
        await metadata.close()
        return asyncio.get_running_loop().time()

    assert run_in_virtual_time(close_dead()) == WRITE_TIMEOUT_SECS


async def test_after_closing_nothing_is_written() -> None:
    room = FakeRoom()
    metadata = OwnMetadata(room=room.room)
    await metadata.close()
    metadata.set("1")
    await settle()
    assert room.local_participant.metadata_writes == []
