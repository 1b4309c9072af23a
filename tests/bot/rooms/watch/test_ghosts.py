"""Bots that LiveKit goes on listing are found out, and no other is taken for one."""

from __future__ import annotations

import asyncio

import pytest

from bot.errors import RoomError
from bot.rooms.plan import RoomPlan, new_session_id
from bot.rooms.rooms import BotState
from tests.bot.http.api_client import Api, open_api
from tests.fake_rooms import FakeRoom
from tests.virtual_time import run_in_virtual_time

_SWEEP_SECS = 5.0


async def a_call(api: Api, *, has_begun: bool = True) -> FakeRoom:
    """A call that has its bot, and its caller if it has begun."""
    plan = RoomPlan(agent_name="parley", session_id=new_session_id(), is_admitted=True)
    await api.rooms.create(plan)
    room = api.rooms.live[plan.room_name]
    room.bot_sid, room.has_caller = "PA_first", has_begun
    await api.backend.sweep.sweep()
    return room


async def sweep_for(api: Api, room: FakeRoom, secs: float) -> float | None:
    """Look every few seconds; return after how many another bot was sent, if one was."""
    loop = asyncio.get_running_loop()
    since = loop.time()
    while loop.time() - since < secs:
        await api.backend.sweep.sweep()
        # What sends for it does so meanwhile.
        await asyncio.sleep(_SWEEP_SECS)
        if room.dispatches > 1:
            return loop.time() - since
    return None


@pytest.mark.promise(
    "Lost bots", "A bot that LiveKit goes on listing although its node is dead is replaced."
)
@pytest.mark.parametrize(
    ("counted", "at_least_secs", "at_most_secs"),
    [(1, 6.0, 20.0), (2, 45.0, 65.0)],
    ids=["the caller is back at another node", "nobody has come back"],
)
def test_bot_that_is_only_listed_is_replaced(
    counted: int, at_least_secs: float, at_most_secs: float
) -> None:
    async def story() -> None:
        async with open_api() as api:
            room = await a_call(api)
            room.publishers, room.is_bot_there = counted, False
            took_secs = await sweep_for(api, room, 100.0)
            assert took_secs is not None
            assert at_least_secs < took_secs < at_most_secs
            # The next one may come into it, and does not step back for the first.
            assert (room.is_moved, room.instead_of) == (True, "PA_first")
            assert (room.takeover, room.metadata.takeovers) == (1, 1)
            room.bot_sid, room.is_bot_there, room.publishers = "PA_second", True, 2
            room.dispatches = 1
            assert await sweep_for(api, room, 100.0) is None
            assert not room.metadata.is_recovering

    run_in_virtual_time(story())


@pytest.mark.promise("Lost bots", "A bot that one runner has found to be gone is so for all.")
@pytest.mark.parametrize("has_begun", [True, False])
def test_another_runner_does_not_take_it_for_the_bot_that_comes(*, has_begun: bool) -> None:
    async def story() -> None:
        async with open_api() as api, open_api() as other:
            room = await a_call(api, has_begun=has_begun)
            other.rooms.live = api.rooms.live
            await other.backend.sweep.sweep()
            room.publishers, room.is_bot_there = 1, False
            while room.dispatches == 1:
                await api.backend.sweep.sweep()
                await asyncio.sleep(0.5)
            for _ in range(3):
                assert room.metadata.instead_of == "PA_first"
                await other.backend.sweep.sweep()
                await asyncio.sleep(1.0)
                told = room.metadata.is_recovering, room.metadata.takeovers
                assert told == (has_begun, has_begun)
            # It sees to the next one as well, should the first runner be gone.
            assert room.instead_of == "PA_first"
            room.bot_sid, room.is_bot_there, room.publishers = "PA_second", True, 2
            await other.backend.sweep.sweep()
            await asyncio.sleep(2.0)
            assert not room.metadata.is_recovering

    run_in_virtual_time(story())


@pytest.mark.promise(
    "Lost bots", "A bot that LiveKit goes on listing although its node is dead is replaced."
)
@pytest.mark.parametrize("why", ["is well", "is on its way back", "hangs with its node", "is lost"])
def test_bot_that_comes_back_by_itself_is_not_replaced(why: str) -> None:
    async def story() -> None:
        async with open_api() as api:
            room = await a_call(api)
            if why == "is on its way back":
                room.publishers, room.is_bot_there = 1, False
                assert await sweep_for(api, room, _SWEEP_SECS) is None
                room.bot_sid, room.is_bot_there = "PA_again", True
                assert await sweep_for(api, room, _SWEEP_SECS) is None
                room.publishers = 2
            elif why == "hangs with its node":
                assert await sweep_for(api, room, 29.0) is None
                room.is_bot_there = False
                assert await sweep_for(api, room, 10.0) is None
                room.is_bot_there = True
            elif why == "is lost":
                # Webhook and sweep see that it has left: it is listed no more.
                room.publishers, room.is_bot_there = 1, False
                assert await sweep_for(api, room, _SWEEP_SECS) is None
                room.bot, room.bot_sid = BotState.ABSENT, ""
                assert await sweep_for(api, room, 20.0) is not None
                assert not room.is_moved
                return
            assert await sweep_for(api, room, 100.0) is None

    run_in_virtual_time(story())


@pytest.mark.promise(
    "Lost bots", "A bot that LiveKit goes on listing although its node is dead is replaced."
)
def test_livekit_that_does_not_answer_at_all_makes_no_ghosts() -> None:
    async def story() -> None:
        async with open_api() as api:
            room = await a_call(api)
            room.publishers, room.is_bot_there = 1, False
            await api.backend.sweep.sweep()
            api.rooms.error = RoomError("livekit_unreachable", "The LiveKit server is silent.")
            await asyncio.sleep(30.0)
            with pytest.raises(RoomError):
                await api.backend.sweep.sweep()
            api.rooms.error = None
            room.publishers, room.is_bot_there = 2, True
            assert await sweep_for(api, room, 100.0) is None

    run_in_virtual_time(story())


@pytest.mark.promise(
    "Lost bots", "A bot that LiveKit goes on listing although its node is dead is replaced."
)
def test_parked_room_whose_bot_is_only_listed_is_handed_out_no_more() -> None:
    async def story() -> None:
        async with open_api(parked_bots=1) as api:
            await api.backend.parking.tend()
            name, room = next(iter(api.rooms.live.items()))
            room.bot_sid = "PA_first"
            for is_there in (True, False):
                room.is_bot_there = is_there
                for _ in range(12):
                    await api.backend.sweep.sweep()
                    await asyncio.sleep(_SWEEP_SECS)
                await api.backend.parking.tend()
                assert (name in api.rooms.live) is is_there

    run_in_virtual_time(story())
