"""What belongs to nobody, and who ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from loguru import logger

from bot.rooms.lines.capacity import Capacity
from bot.rooms.parking import Parking
from bot.rooms.plan import RoomPlan, new_session_id
from bot.rooms.records import SessionRecords
from bot.rooms.rooms import RoomState, Survey
from bot.rooms.watch.bot_watch import BotWatch
from bot.rooms.watch.lost_rooms import LostRooms
from bot.rooms.watch.reaper import Reaper
from bot.store.session_rows import SessionRow, write_batch
from bot.store.sessions import load_session
from bot.store.store import Store, open_store
from tests.bot.http.api_client import bearer, open_api
from tests.fake_rooms import FakeRooms
from tests.virtual_time import run_in_virtual_time


def a_plan(*, is_parked: bool = False) -> RoomPlan:
    return RoomPlan(agent_name="parley", session_id=new_session_id(), is_parked=is_parked)


def logged(text: str) -> tuple[list[str], Callable[[], None]]:
    """Return the lines of the log that hold a text, as they come, and what stops it."""
    lines = list[str]()
    number = logger.add(lines.append, format="{message}", filter=lambda r: text in r["message"])
    return lines, lambda: logger.remove(number)


@pytest.mark.promise(
    "Rooms", "What belongs to nobody is ended within seconds, and named in the log once."
)
@pytest.mark.parametrize(
    ("age_secs", "is_left"), [(0.0, True), (280.0, True), (310.0, False), (9_000.0, False)]
)
def test_room_parked_by_a_runner_that_is_gone_is_taken_away(age_secs: float, is_left: bool) -> None:
    async def story() -> None:
        async with open_api(parked_bots=1) as api:
            await api.backend.parking.tend()
            mine = set(api.rooms.live)
            orphan = a_plan(is_parked=True)
            await api.rooms.create(orphan)
            for room in api.rooms.live.values():
                room.created_at = api.rooms.clock.now_secs() - age_secs
            lines, stop = logged(orphan.session_id)
            for _ in range(4):
                await api.backend.sweep.sweep()
            stop()
            # One that this runner holds is its own affair, however old LiveKit says it is.
            assert mine <= set(api.rooms.live)
            assert (orphan.room_name in api.rooms.live) is is_left
            assert len([line for line in lines if "no runner" in line]) == (not is_left)

    run_in_virtual_time(story())


@pytest.mark.promise(
    "Rooms", "What belongs to nobody is ended within seconds, and named in the log once."
)
def test_session_whose_room_was_lost_between_two_looks_is_over() -> None:
    async def story() -> None:
        async with open_api() as api:
            begun = (await api.client_at("203.0.113.9").post("/api/sessions")).json()
            api.backend.records.note_joined(begun["session_id"])
            # LiveKit was started anew before anybody looked.
            api.rooms.live.clear()
            for _ in range(3):
                await api.backend.sweep.sweep()
            # It may be that its room is still being made.
            assert not api.backend.records.has_ended(begun["session_id"])
            await asyncio.sleep(31.0)
            for _ in range(2):
                await api.backend.sweep.sweep()
            assert api.backend.records.has_ended(begun["session_id"])
            headers = bearer(begun["participant_token"])
            answer = await api.http.get(f"/api/sessions/{begun['session_id']}", headers=headers)
            assert answer.json() == {"state": "ended", "reason": "ended"}

    run_in_virtual_time(story())


@pytest.mark.promise(
    "Rooms", "What belongs to nobody is ended within seconds, and named in the log once."
)
def test_room_that_is_left_of_a_session_is_named_once() -> None:
    async def story() -> None:
        async with open_api() as api:
            plan = a_plan()
            await api.rooms.create(plan)
            api.backend.records.note_ended(plan.session_id, "goodbye")
            lines, stop = logged(plan.room_name)

            async def refuse(call: str) -> None:
                if call == "delete":
                    await asyncio.sleep(0)
                    api.rooms.live.setdefault(plan.room_name, room)

            room = api.rooms.live[plan.room_name]
            api.rooms.on_answer = refuse
            for _ in range(4):
                await api.backend.sweep.sweep()
            stop()
            assert lines == [f"{plan.room_name} is left of a session that has ended: goodbye\n"]

    run_in_virtual_time(story())


class Written:
    """A reaper over a store, whose clock is a test's."""

    def __init__(self, store: Store, *, livekit: str = "here") -> None:
        self.store = store
        self.records = SessionRecords()
        self.now = 1_800_000_000.0
        rooms = FakeRooms(agent_name="parley")
        parking = Parking(
            rooms=rooms,
            capacity=Capacity(rooms=rooms, limit=8),
            records=self.records,
            agent_name="parley",
            wanted=lambda: 0,
            resume_secs=60.0,
        )
        lost = LostRooms(
            rooms=rooms,
            watch=cast(BotWatch, None),
            records=self.records,
            store=store,
            waits_secs=0.0,
            lasts_secs=600.0,
        )
        self.reaper = Reaper(
            records=self.records,
            parking=parking,
            store=store,
            lost=lost,
            livekit=livekit,
            now=lambda: self.now,
        )

    async def write(self, session_id: str, *, seen_secs_ago: float) -> None:
        seen_at = round(1000 * (self.now - seen_secs_ago))
        row = SessionRow(id=session_id, began_at=seen_at - 60_000, seen_at=seen_at)
        await write_batch(self.store, row, is_first=True)

    async def reap(self, *alive: str, times: int = 1) -> None:
        rooms = [
            RoomState(room_name=one, session_id=one, is_parked=False, created_at=self.now)
            for one in alive
        ]
        for _ in range(times):
            await self.reaper.reap(Survey(live=rooms, ends={}))

    async def end_of(self, session_id: str) -> tuple[str, str | None]:
        kept = await load_session(self.store, session_id)
        assert kept is not None
        return kept.state, kept.end_reason


@pytest.mark.promise(
    "Rooms", "What belongs to nobody is ended within seconds, and named in the log once."
)
async def test_every_session_of_the_store_gets_its_end(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        written = Written(store)
        ids = [new_session_id() for _ in range(4)]
        lost, living, fresh, told = ids
        for session_id in (lost, living, told):
            await written.write(session_id, seen_secs_ago=500.0)
        await written.write(fresh, seen_secs_ago=5.0)
        written.records.note_ended(told, "goodbye")
        await written.reap(living)
        # One look may be wrong.
        assert (await written.end_of(lost))[0] != "ended"
        await written.reap(living)
        assert await written.end_of(lost) == ("ended", "ended")
        assert await written.end_of(told) == ("ended", "goodbye")
        for session_id in (living, fresh):
            assert (await written.end_of(session_id))[0] != "ended"
        written.now += 130.0
        await written.reap(living, times=2)
        assert await written.end_of(fresh) == ("ended", "ended")


@pytest.mark.promise(
    "Rooms", "What belongs to nobody is ended within seconds, and named in the log once."
)
async def test_session_that_a_wrong_look_has_missed_goes_on(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        written, session_id = Written(store), new_session_id()
        await written.write(session_id, seen_secs_ago=500.0)
        for alive in ((), (session_id,), (), (session_id,)):
            await written.reap(*alive)
        assert (await written.end_of(session_id))[0] != "ended"


@pytest.mark.promise("Rooms", "A call in a room of another program is ended by no runner.")
async def test_a_silent_call_in_somebody_elses_room_goes_on(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        written = Written(store)
        elsewhere, dead = "lobby.RM_1", "lobby.RM_0"
        await written.write(elsewhere, seen_secs_ago=5_000.0)
        await written.write(dead, seen_secs_ago=90_000.0)
        await written.reap(times=3)
        assert (await written.end_of(elsewhere))[0] == "live"
        # No call lasts as long.
        assert await written.end_of(dead) == ("ended", "ended")


@pytest.mark.promise(
    "Rooms", "Runners on different LiveKits that share a database end none of each other's calls."
)
async def test_each_livekit_has_its_own_sessions(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store, open_store(tmp_path) as other_store:
        here, there = Written(store), Written(other_store, livekit="there")
        ids = [new_session_id() for _ in range(4)]
        mine, theirs, unseen, ancient = ids
        for session_id in (mine, theirs, unseen):
            await here.write(session_id, seen_secs_ago=5.0)
        await here.write(ancient, seen_secs_ago=90_000.0)
        await here.reap(mine)
        await there.reap(theirs)
        # Both say nothing for long, and each lives.
        for written in (here, there):
            written.now += 500.0
        for _ in range(3):
            await here.reap(mine)
            await there.reap(theirs)
        states = [(await here.end_of(session_id))[0] for session_id in ids]
        # Of the one that nobody has seen either may be right; not for ever.
        assert states == ["live", "live", "live", "ended"]
        # One that is lost is ended where it was, also by a runner that was started anew.
        await Written(store).reap(times=2)
        there = Written(other_store, livekit="there")
        there.now += 500.0
        await there.reap(times=2)
        states = [(await here.end_of(session_id))[0] for session_id in (mine, theirs)]
        assert states == ["live", "ended"]
        here = Written(store)
        here.now += 500.0
        await here.reap(times=2)
        assert (await here.end_of(mine))[0] == "ended"


@pytest.mark.promise(
    "Rooms", "What belongs to nobody is ended within seconds, and named in the log once."
)
async def test_session_of_a_livekit_that_never_comes_back_has_an_end(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        gone, session_id = Written(store, livekit="gone"), new_session_id()
        await gone.write(session_id, seen_secs_ago=5.0)
        await gone.reap(session_id)
        here = Written(store)
        here.now += 90_000.0
        await here.reap(times=2)
        assert (await here.end_of(session_id))[0] == "ended"
