"""How a front end opens where something is late or fails, and how its calls end.

Whole runs are in tests/test_runner_run.py.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.errors import LaunchError, RoomError
from bot.front import end_rooms, open_front
from bot.http.listener import bind
from bot.livekit.access import LiveKitAccess
from bot.local_stack import LocalStack
from bot.settings import Settings
from tests.bot.http.api_client import open_api
from tests.bot.small_part import small_part
from tests.fake_rooms import API_KEY, API_SECRET
from tests.ports import free_port


@pytest.mark.promise(
    "Parts on this machine", "A part that does not start is told at once, also while others wait."
)
@pytest.mark.parametrize("after_secs", [0.0, 0.3])
@pytest.mark.parametrize("hangs", [False, True])
async def test_a_part_that_does_not_start_is_told_while_the_store_is_waited_for(
    tmp_path: Path, after_secs: float, hangs: bool
) -> None:
    async def fail() -> None:
        await asyncio.sleep(after_secs)
        raise LaunchError("child_ended", "worker ended at once with exit code 3")

    with bind("127.0.0.1", 0) as listener, bind("127.0.0.1", 0) as silent:
        port = silent.getsockname()[1] if hangs else free_port()
        url = f"postgresql://parley@127.0.0.1:{port}/parley"
        settings = Settings.model_validate({"database_url": url, "data_dir": tmp_path})
        parts = LocalStack(
            worker=small_part(on_line=lambda _: None),
            providers=None,
            ready=asyncio.create_task(fail()),
        )
        livekit = LiveKitAccess(url="ws://127.0.0.1:9", api_key=API_KEY, api_secret=API_SECRET)
        async with asyncio.timeout(3.0):
            with pytest.raises(LaunchError, match="exit code 3"):
                async with open_front(
                    settings, livekit=livekit, parts=parts, listener=listener, reach=None
                ):
                    pass
        task = asyncio.current_task()
        assert task is not None and not task.cancelling()


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
