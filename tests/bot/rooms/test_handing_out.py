"""A parked room on its way to a caller: gone before, or failing half-way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from livekit.protocol.models import ParticipantInfo, Room
from livekit.protocol.webhook import WebhookEvent

from bot.errors import RoomError
from bot.rooms.rooms import BotState
from bot.rooms.tokens import Caller
from tests.bot.http.api_client import Api, open_api
from tests.waiting import until

_SILENT = RoomError("livekit_unreachable", "The LiveKit server is silent.")


@asynccontextmanager
async def parked(*, max_sessions: int = 8) -> AsyncGenerator[tuple[Api, str]]:
    """An API with one warm room, for whoever comes; yields the room's name, too."""
    async with open_api(parked_bots=1, max_sessions=max_sessions) as api:
        with api.join_link.use(api.join_link.code):
            pass  # so that no room is kept for it
        for _ in range(2):
            await api.backend.parking.tend()
        (name,) = api.rooms.live
        yield api, name


async def start(api: Api, **body: str) -> str:
    """Start a session; returns its room's name."""
    answer = await api.http.post("/api/sessions", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["room_name"]


# --- gone before it is handed out


def tell(api: Api, name: str, event: str) -> None:
    bot = ParticipantInfo(kind=ParticipantInfo.Kind.AGENT, attributes={"parley.job": "AJ_1"})
    api.backend.events.handle(
        WebhookEvent(event=event, room=Room(name=name), participant=bot)
        if event == "participant_left"
        else WebhookEvent(event=event, room=Room(name=name))
    )


async def closed_by_webhook(api: Api, name: str) -> None:
    api.rooms.live.pop(name)
    tell(api, name, "room_finished")


async def left_by_webhook(api: Api, name: str) -> None:
    # LiveKit may still list the bot for a moment.
    tell(api, name, "participant_left")


async def closed_by_the_next_look(api: Api, name: str) -> None:
    api.rooms.live.pop(name)
    await api.backend.parking.tend()


async def left_by_the_next_look(api: Api, name: str) -> None:
    api.rooms.live[name].bot = BotState.ABSENT
    await api.backend.parking.tend()


async def closed_and_nobody_says(api: Api, name: str) -> None:
    api.rooms.live.pop(name)


async def left_and_nobody_says(api: Api, name: str) -> None:
    api.rooms.live[name].bot = BotState.ABSENT


async def closed_at_the_claim(api: Api, name: str) -> None:
    async def close(call: str) -> None:
        if call == "set_metadata":
            api.rooms.live.pop(name, None)

    api.rooms.on_request = close


_Way = Callable[[Api, str], Awaitable[None]]
_TOLD: list[_Way] = [
    closed_by_webhook,
    left_by_webhook,
    closed_by_the_next_look,
    left_by_the_next_look,
]
_UNTOLD: list[_Way] = [closed_and_nobody_says, left_and_nobody_says, closed_at_the_claim]


@pytest.mark.promise("Rooms", "A parked room that is gone, or whose bot is, is never handed out.")
@pytest.mark.parametrize("goes", [*_TOLD, *_UNTOLD])
async def test_start_gets_a_room_that_lives_with_a_bot_in_it(goes: _Way) -> None:
    async with parked() as (api, gone):
        await goes(api, gone)
        given = await start(api)
        assert given != gone
        assert api.rooms.live[given].bot is BotState.READY

        async def is_the_only_call() -> bool:
            live = api.rooms.live.items()
            return [name for name, room in live if not room.metadata.is_parked] == [given]

        await until(is_the_only_call)


@pytest.mark.promise("Rooms", "A parked room that is gone, or whose bot is, is never handed out.")
@pytest.mark.parametrize("goes", _TOLD)
async def test_nor_is_it_when_it_would_be_the_last_place(goes: _Way) -> None:
    async with parked(max_sessions=1) as (api, gone):
        await goes(api, gone)
        assert await start(api) != gone


@pytest.mark.promise("Rooms", "A parked room that is gone, or whose bot is, is never handed out.")
@pytest.mark.parametrize("goes", _TOLD)
async def test_what_is_known_to_be_gone_is_no_longer_counted_as_warm(goes: _Way) -> None:
    async with parked() as (api, gone):
        assert (await api.http.get("/api/health")).json()["capacity"]["parked"] == 1
        await goes(api, gone)
        assert (await api.http.get("/api/health")).json()["capacity"]["parked"] == 0
        for _ in range(2):
            await api.backend.parking.tend()
        # Another one stands in its place, and the old one is gone for good.
        assert (await api.http.get("/api/health")).json()["capacity"]["parked"] == 1
        assert gone not in api.rooms.live


# --- failing half-way


class Halfway:
    """Breaks one call of LiveKit's, before or after it has its effect: refuses, or is cut off."""

    def __init__(self, api: Api, call: str, *, has_effect: bool, is_cut: bool) -> None:
        self._api = api
        self._call = call
        self._is_cut = is_cut
        self._is_there = asyncio.Event()
        setattr(api.rooms, "on_answer" if has_effect else "on_request", self._break)

    async def _break(self, call: str) -> None:
        if call == self._call:
            self._is_there.set()
            if not self._is_cut:
                raise _SILENT
            await asyncio.Event().wait()

    async def run(self, work: Awaitable[object]) -> None:
        """Do the work up to there."""
        task = asyncio.ensure_future(work)
        async with asyncio.timeout(30.0):
            await self._is_there.wait()
        if self._is_cut:
            task.cancel()
        with suppress(RoomError, asyncio.CancelledError):
            await task
        self._api.rooms.on_request = self._api.rooms.on_answer = _at_once


async def _at_once(_: str) -> None:
    pass


_BREAKS = pytest.mark.parametrize(
    ("has_effect", "is_cut"), [(False, False), (True, False), (False, True), (True, True)]
)


async def nothing_is_left(api: Api) -> bool:
    ids = [name.removeprefix("parley-") for name in api.rooms.created]
    return (
        not api.rooms.live
        and await api.backend.sessions._capacity.used() == 0  # pyright: ignore[reportPrivateUsage]
        and all(api.backend.records.has_ended(session_id) for session_id in ids)
    )


@pytest.mark.promise("Rooms", "A room whose preparation fails half-way leaves nothing behind.")
@_BREAKS
async def test_parking_that_fails_leaves_nothing(has_effect: bool, is_cut: bool) -> None:
    async with open_api(parked_bots=1) as api:
        halfway = Halfway(api, "create", has_effect=has_effect, is_cut=is_cut)
        await halfway.run(api.backend.parking.tend())
        await until(lambda: nothing_is_left(api))
        assert api.backend.parking.take(is_last_bot=True) is None


@pytest.mark.promise("Rooms", "A room whose preparation fails half-way leaves nothing behind.")
@_BREAKS
@pytest.mark.parametrize("call", ["set_metadata", "look_at"])
async def test_claim_that_fails_leaves_nothing(call: str, has_effect: bool, is_cut: bool) -> None:
    async with open_api(parked_bots=0) as api:
        for _ in range(2):
            await api.backend.parking.tend()  # the room behind the join link
        halfway = Halfway(api, call, has_effect=has_effect, is_cut=is_cut)
        code = api.join_link.code
        await halfway.run(api.backend.sessions.start(caller=Caller(), join_code=code))
        await until(lambda: nothing_is_left(api))
        given = await start(api, join_code=code)
        assert list(api.rooms.live) == [given]


@pytest.mark.promise("Rooms", "A room whose preparation fails half-way leaves nothing behind.")
@_BREAKS
async def test_start_that_fails_leaves_nothing(has_effect: bool, is_cut: bool) -> None:
    async with open_api(max_sessions=1) as api:
        halfway = Halfway(api, "create", has_effect=has_effect, is_cut=is_cut)
        code = api.join_link.code
        await halfway.run(api.backend.sessions.start(caller=Caller(), join_code=code))
        await until(lambda: nothing_is_left(api))
        given = await start(api, join_code=code)
        assert list(api.rooms.live) == [given]


async def fail_to_park(api: Api) -> None:
    with suppress(RoomError):
        await api.backend.parking.tend()


async def fail_to_start(api: Api) -> None:
    with api.join_link.use(api.join_link.code):
        assert (await api.http.post("/api/sessions")).status_code == 503


async def by_the_next_look(api: Api) -> None:
    await api.backend.sweep.sweep()


async def by_its_webhook(api: Api) -> None:
    for name in api.rooms.created:
        room = Room(name=name, metadata=api.rooms.live[name].metadata.to_json())
        api.backend.events.handle(WebhookEvent(event="room_started", room=room))


@pytest.mark.promise("Rooms", "A room whose preparation fails half-way leaves nothing behind.")
@pytest.mark.parametrize("found", [by_the_next_look, by_its_webhook])
@pytest.mark.parametrize("fails", [fail_to_park, fail_to_start])
async def test_room_that_could_not_be_deleted_either_goes_as_soon_as_it_is_seen(
    fails: Callable[[Api], Awaitable[None]], found: Callable[[Api], Awaitable[None]]
) -> None:
    async with open_api(parked_bots=1) as api:
        refused = asyncio.Event()

        async def refuse(call: str) -> None:
            if call == "delete":
                refused.set()
                raise _SILENT

        api.rooms.create_error, api.rooms.on_request = _SILENT, refuse
        await fails(api)
        async with asyncio.timeout(30.0):
            await refused.wait()
        assert api.rooms.live
        api.rooms.create_error, api.rooms.on_request = None, _at_once
        await found(api)
        await until(lambda: nothing_is_left(api))
