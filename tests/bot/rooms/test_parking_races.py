"""Parking, starts, webhook, sweep and LiveKit's moods in any order: no room is lost or doubled."""

from __future__ import annotations

import asyncio
import contextlib
import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.errors import RoomError, SessionError
from bot.rooms.plan import RoomPlan
from bot.rooms.rooms import BotState
from bot.rooms.tokens import Caller
from tests.bot.http.api_client import Api, open_api
from tests.fake_rooms import FakeRooms
from tests.virtual_time import run_in_virtual_time

_STORY_SECS = 900.0
"""Long enough for parked rooms to get stale a few times."""
_STARTS = 12


class Moods:
    """What LiveKit does to each call: waits, refuses, answers late, does it later."""

    def __init__(self, rooms: FakeRooms, seed: int) -> None:
        self._rooms = rooms
        self._random = random.Random(seed)
        self.are_bad = True
        self.handed_out: list[str] = []
        rooms.on_request = self.on_request
        rooms.on_answer = self.on_answer

    async def on_request(self, call: str) -> None:
        await self.wait()
        if self._is_now(0.05):
            raise RoomError("livekit_unreachable", "The LiveKit server is silent.")

    async def on_answer(self, call: str) -> None:
        await self.wait()
        if self._is_now(0.05):
            if call == "create" and self._is_now(0.5):
                self._make_it_later()
            raise RoomError("livekit_unreachable", "The answer came late.")

    async def wait(self) -> None:
        if self._is_now(0.1):
            await asyncio.sleep(self._random.uniform(0.0, 4.0))
        for _ in range(self._random.randrange(6)):
            await asyncio.sleep(0)

    async def pause(self, most_secs: float) -> None:
        await asyncio.sleep(self._random.uniform(0.0, most_secs))

    async def change_bots(self) -> None:
        """Bots of parked rooms come and go; those of calls do their work."""
        while True:
            await self.pause(10.0)
            for room in self._rooms.live.values():
                room.bot = BotState.READY
                if room.metadata.is_parked and self._is_now(0.2):
                    room.bot = self._random.choice([BotState.ABSENT, BotState.STARTING])

    def _is_now(self, probability: float) -> bool:
        return self.are_bad and self._random.random() < probability

    def _make_it_later(self) -> None:
        name, room = self._rooms.live.popitem()
        asyncio.get_running_loop().call_later(
            self._random.uniform(0.0, 3.0), self._rooms.live.__setitem__, name, room
        )


async def _one_start(api: Api, moods: Moods) -> None:
    await moods.pause(_STORY_SECS)
    starting = asyncio.create_task(api.backend.sessions.start(caller=Caller()))
    if random.Random(len(api.rooms.created)).random() < 0.1:
        await moods.pause(0.5)
        starting.cancel()  # the visitor closes the page
    with contextlib.suppress(RoomError, SessionError, asyncio.CancelledError):
        plan = (await starting).plan
        moods.handed_out.append(plan.room_name)
        api.backend.records.note_joined(plan.session_id)


async def _webhook(api: Api, moods: Moods) -> None:
    """Tell of bots that have left, late and also of rooms that are taken by now."""
    while True:
        await moods.pause(20.0)
        for name, room in tuple(api.rooms.live.items()):
            if room.bot is BotState.ABSENT:
                await moods.wait()
                api.backend.parking.drop(name)


async def _story(seed: int) -> None:
    async with open_api(parked_bots=3, max_sessions=50) as api:
        parking = api.backend.parking
        parking._clock = asyncio.get_running_loop().time  # pyright: ignore[reportPrivateUsage]
        moods = Moods(api.rooms, seed)
        for count in range(3):
            api.backend.tasks.spawn(moods.change_bots(), name=f"bots {count}")
        api.backend.tasks.spawn(_webhook(api, moods), name="webhook")
        api.backend.start()
        await asyncio.gather(*(_one_start(api, moods) for _ in range(_STARTS)))
        moods.are_bad = False
        await asyncio.sleep(60.0)
        await parking.close()
        await asyncio.sleep(60.0)
        assert len(set(moods.handed_out)) == len(moods.handed_out)
        assert not set(moods.handed_out) & set(api.rooms.deleted)
        assert set(api.rooms.live) == set(moods.handed_out)
        assert len(moods.handed_out) > _STARTS / 3


@settings(max_examples=12, deadline=None, derandomize=True)
@given(seed=st.integers(min_value=0, max_value=2**32))
@example(seed=1)
def test_a_room_handed_out_stays_and_every_other_goes(seed: int) -> None:
    run_in_virtual_time(_story(seed))


@pytest.mark.promise("Rooms", "A parked room is handed out once, and then is its caller's alone.")
def test_stale_room_taken_while_another_one_is_deleted_stays() -> None:
    async def story() -> None:
        async with open_api(parked_bots=2) as api:
            parking = api.backend.parking
            clock = asyncio.get_running_loop()
            parking._clock = clock.time  # pyright: ignore[reportPrivateUsage]
            for _ in range(2):
                await parking.tend()
            old = set(api.rooms.live)
            await asyncio.sleep(245.0)
            await parking.tend()  # others are made beside the old ones
            taken: list[RoomPlan] = []

            async def take(call: str) -> None:
                while call == "delete" and (plan := parking.take()) is not None:
                    taken.append(plan)

            api.rooms.on_request = take
            await parking.tend()
            assert taken
            assert old & set(api.rooms.deleted)
            assert not {plan.room_name for plan in taken} & set(api.rooms.deleted)
            assert not any(api.backend.records.has_ended(plan.session_id) for plan in taken)

    run_in_virtual_time(story())


def test_call_that_comes_during_a_round_is_heard() -> None:
    async def story() -> None:
        async with open_api(parked_bots=1) as api:
            parking = api.backend.parking
            for _ in range(3):
                await parking.tend()
            running = asyncio.create_task(parking.run())
            loop = asyncio.get_running_loop()
            taken_secs: list[float] = []

            async def take(call: str) -> None:
                if call == "survey" and not taken_secs and parking.take() is not None:
                    taken_secs.append(loop.time())
                if call == "create" and taken_secs:
                    taken_secs.append(loop.time())

            api.rooms.on_answer = take
            await asyncio.sleep(3.0)
            running.cancel()
            await asyncio.wait((running,))
            assert taken_secs[1] - taken_secs[0] < 0.2

    run_in_virtual_time(story())


def test_another_room_is_made_after_the_start_that_took_one() -> None:
    async def story() -> None:
        async with open_api(parked_bots=1) as api:
            parking = api.backend.parking
            for _ in range(3):
                await parking.tend()
            running = asyncio.create_task(parking.run())
            await asyncio.sleep(0.1)
            calls: list[str] = []

            async def note(call: str) -> None:
                calls.append(call)
                await asyncio.sleep(0.01)

            api.rooms.on_request = note
            await api.backend.sessions.start(caller=Caller())
            assert len(calls) == 3, calls
            await asyncio.sleep(0.1)
            assert "create" in calls
            running.cancel()
            await asyncio.wait((running,))

    run_in_virtual_time(story())
