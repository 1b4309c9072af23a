"""LiveKit's clock, as heard from its answers, whatever becomes of ours."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest
from aiohttp import web
from livekit.protocol.room import ListRoomsRequest
from pydantic import SecretStr

from bot.livekit.server import LiveKitServer
from bot.livekit.server_api import open_api
from bot.livekit.server_clock import ServerClock
from bot.rooms.rooms import Rooms
from tests.fake_clock import FakeClock
from tests.ports import free_port

_THEIRS = 1_700_000_000


@pytest.mark.promise(
    "Rooms", "A runner and a LiveKit whose clocks differ agree on how old a room is."
)
@pytest.mark.parametrize("our_error_secs", [-7200.0, 0.0, 7200.0])
def test_what_our_clock_says_or_is_set_to_changes_nothing(our_error_secs: float) -> None:
    ours, steady = FakeClock(), FakeClock()
    ours.now = _THEIRS + our_error_secs
    clock = ServerClock(now=ours, clock_secs=steady)
    assert clock.now_secs() == ours.now
    clock.hear(formatdate(_THEIRS, usegmt=True))
    ours.now -= 5_000.0
    steady.now += 10.0
    assert clock.now_secs() == pytest.approx(_THEIRS + 10.0, abs=1.0)


@pytest.mark.parametrize("date", [None, "", "nonsense", "Fri, 99 Nov 2026 99:00:00 GMT", "\0"])
def test_an_answer_without_a_date_says_nothing(date: str | None) -> None:
    clock = ServerClock(now=lambda: 7.0)
    clock.hear(date)
    assert clock.now_secs() == 7.0


@pytest.mark.promise(
    "Rooms", "A runner and a LiveKit whose clocks differ agree on how old a room is."
)
@pytest.mark.parametrize(("status", "is_heard"), [(200, True), (503, False)])
async def test_a_livekit_that_answers_is_heard_and_a_proxy_that_refuses_is_not(
    status: int, *, is_heard: bool
) -> None:
    async def answer(_: web.Request) -> web.Response:
        date = formatdate(_THEIRS, usegmt=True)
        return web.Response(
            status=status, headers={"Date": date}, content_type="application/protobuf"
        )

    app, port = web.Application(), free_port()
    app.router.add_post("/{any:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    rooms = Rooms(
        url=f"http://127.0.0.1:{port}", api_key="k", api_secret=SecretStr("s" * 32), agent_name="a"
    )
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        async with rooms:
            if is_heard:
                await rooms.survey()
            else:
                with pytest.raises(Exception, match="LiveKit"):
                    await rooms.survey()
    finally:
        await runner.cleanup()
    apart_secs = rooms.clock.now_secs() - (_THEIRS if is_heard else time.time())
    assert abs(apart_secs) < 60.0


@pytest.mark.promise(
    "Rooms", "A runner and a LiveKit whose clocks differ agree on how old a room is."
)
async def test_a_real_livekit_tells_its_time(livekit_server: LiveKitServer) -> None:
    clock = ServerClock(now=lambda: 0.0)
    server = livekit_server
    async with open_api(
        url=server.url, api_key=server.api_key, api_secret=server.api_secret, clock=clock
    ) as api:
        await api.room.list_rooms(ListRoomsRequest())
    assert abs(clock.now_secs() - time.time()) < 60.0
