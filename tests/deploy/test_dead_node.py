"""A LiveKit node that dies, seen from the other one: who is listed, and who is there.

Needs Redis (on Debian: apt-get install redis-server).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest

from bot.errors import RoomError
from bot.rooms.rooms import BotState
from tests.deploy.nodes import in_room, make_room, start_nodes
from tests.deploy.parts import Parts
from tests.waiting import until


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    parts = Parts(folder=tmp_path)
    try:
        yield parts
    finally:
        parts.close()


@pytest.mark.promise(
    "Lost bots", "A bot that LiveKit goes on listing although its node is dead is replaced."
)
@pytest.mark.skipif(not shutil.which("redis-server"), reason="Redis is not installed")
async def test_a_bot_of_a_dead_node_is_listed_and_found_out(parts: Parts) -> None:
    nodes = await start_nodes(parts)
    plan = await make_room(nodes[0])
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(in_room(nodes[0].url, plan, is_bot=True))
        rooms = await stack.enter_async_context(nodes[1].rooms())

        async def is_published() -> bool:
            return (await rooms.look_at(plan.room_name)).publishers == 1

        await until(is_published)
        seen = await rooms.look_at(plan.room_name)
        assert await rooms.is_there(plan.room_name, seen)
        assert await rooms.look_at(plan.room_name) == seen  # it was asked, and nothing changed
        room = await rooms.find(plan.room_name)
        assert room is not None
        parts.kill(nodes[0].name)
        assert not await rooms.is_there(plan.room_name, seen)

        async def is_moved() -> bool:
            # As by a caller who comes back to the other node.
            with suppress(RoomError):
                await rooms.move(plan.room_name)
                return True
            return False

        await until(is_moved, limit_secs=30.0)

        async def is_counted_anew() -> bool:
            room = await rooms.find(plan.room_name)
            listed = await rooms.look_at(plan.room_name)
            assert (listed.state, listed.sid) == (BotState.READY, seen.sid)
            return room is not None and room.publishers < listed.publishers

        await until(is_counted_anew, limit_secs=20.0)
        assert not await rooms.is_there(plan.room_name, seen)
        rooms.count_no_more(plan.room_name, seen.sid)
        seen = await rooms.look_at(plan.room_name)
        assert (seen.state, bool(seen.ghost)) == (BotState.ABSENT, True)
