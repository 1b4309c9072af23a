"""How the calls of a front end that closes; how it opens is in tests/test_runner_run.py."""

from __future__ import annotations

import asyncio

from bot.errors import RoomError
from bot.front import end_rooms
from tests.bot.http.api_client import open_api


async def test_one_room_that_refuses_does_not_keep_the_others_from_their_goodbye() -> None:
    async with open_api() as api:
        for _ in range(3):
            await api.http.post("/api/sessions")
        refusals = iter([True, False, False])

        async def refuse_once(call: str) -> None:
            if call == "set_metadata" and next(refusals):
                raise RoomError("livekit_unreachable", "The LiveKit server is silent.")

        api.rooms.on_request = refuse_once
        ending = asyncio.create_task(end_rooms(api.backend, 0.5))
        await asyncio.sleep(0.3)
        told = [room.metadata.end_reason for room in api.rooms.live.values()]
        assert sorted(map(str, told)) == ["None", "drained", "drained"]
        await ending
        assert api.rooms.live == {}
