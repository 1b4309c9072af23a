"""Who is sent a bot and how often: a room that lives, once for each one that is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.errors import RoomError
from bot.rooms.plan import RoomMetadata, RoomPlan, new_session_id
from bot.rooms.rooms import BotState, Rooms
from bot.rooms.watch.sender import BotSender
from tests.bot.http.api_client import Api, open_api
from tests.fake_rooms import FakeRoom, FakeRooms
from tests.virtual_time import run_in_virtual_time

_SWEEP_SECS = 5.0
_ROUNDS = 8
"""More than a call may lose bots."""


def a_plan(agent_name: str = "parley") -> RoomPlan:
    return RoomPlan(agent_name=agent_name, session_id=new_session_id(), takeover=1)


class Gone:
    """A call whose room is gone just as it is asked about; its bot was only listed."""

    def __init__(self, *, at: str, is_back: Callable[[FakeRooms, RoomPlan], Awaitable[None]]):
        self.rooms, self.plan = FakeRooms(agent_name="parley"), a_plan()
        self.rooms.auto_create = True
        self._at, self._is_back = at, is_back

    async def asked(self) -> bool:
        """Ask, and return whether there is a room that somebody wants."""
        rooms, name = self.rooms, self.plan.room_name
        await rooms.create(self.plan)
        rooms.live[name].bot_sid = "PA_dead"
        rooms.count_no_more(name, "PA_dead")
        room = await rooms.find(name)
        assert room is not None
        rooms.on_request = self._end
        if self._at == "redispatch":
            return await BotSender(rooms).send(self.plan, room)
        return await BotSender(rooms).look_at(room) is not None

    async def _end(self, call: str) -> None:
        if call == self._at:
            self.rooms.on_request = _nothing
            del self.rooms.live[self.plan.room_name]
            await self._is_back(self.rooms, self.plan)


async def _nothing(*_: object) -> None:
    await asyncio.sleep(0)


async def _made_by_a_runner(rooms: FakeRooms, plan: RoomPlan) -> None:
    """As by a caller's ticket; the caller is on the way."""
    await rooms.create(plan)


async def _made_by_who_is_in_it(rooms: FakeRooms, plan: RoomPlan) -> None:
    rooms.bring_back(plan)
    rooms.live[plan.room_name].has_caller = True


async def _made_by_who_comes(rooms: FakeRooms, plan: RoomPlan) -> None:
    """LiveKit makes it before it has let them in."""
    rooms.bring_back(plan)
    room = rooms.live[plan.room_name]

    def come() -> None:
        room.has_caller = True

    asyncio.get_running_loop().call_later(0.1, come)


@pytest.mark.promise("Rooms", "No request about a room that is gone brings it back as a call.")
@pytest.mark.promise("Lost bots", "A room that was made anew for a call is not taken from it.")
@pytest.mark.parametrize("at", ["redispatch", "move"])
@pytest.mark.parametrize(
    ("is_back", "is_wanted"),
    [
        (_nothing, False),
        (_made_by_a_runner, True),
        (_made_by_who_is_in_it, True),
        (_made_by_who_comes, True),
    ],
)
def test_room_that_is_gone_as_it_is_asked_about_is_left_to_whoever_made_it_anew(
    at: str, is_back: Callable[..., Awaitable[None]], *, is_wanted: bool
) -> None:
    async def story() -> None:
        gone = Gone(at=at, is_back=is_back)
        assert await gone.asked() is is_wanted
        assert (gone.plan.room_name in gone.rooms.live) is is_wanted

    run_in_virtual_time(story())


async def test_room_that_is_there_gets_its_bot() -> None:
    rooms, plan = FakeRooms(agent_name="parley"), a_plan()
    await rooms.create(plan)
    room = await rooms.find(plan.room_name)
    assert room is not None
    assert await BotSender(rooms).send(plan, room)
    assert rooms.live[plan.room_name].dispatches == 2


@pytest.mark.promise("Rooms", "No request about a room that is gone brings it back as a call.")
async def test_a_real_livekit_makes_a_room_for_a_bot_and_it_is_gone_again(
    rooms: Rooms, agent_name: str
) -> None:
    plan = a_plan(agent_name)
    await rooms.create(plan)
    room = await rooms.find(plan.room_name)
    assert room is not None
    await rooms.delete(plan.room_name)
    await rooms.redispatch(plan)
    brought_back = await rooms.find(plan.room_name)
    assert brought_back is not None
    assert brought_back.is_bare and brought_back.sid != room.sid
    await rooms.move(plan.room_name)
    moved = await rooms.find(plan.room_name)
    assert moved is not None and moved.sid == brought_back.sid
    await rooms.delete(plan.room_name)
    assert not await BotSender(rooms).send(plan, room)
    assert await rooms.find(plan.room_name) is None


@pytest.mark.promise("Rooms", "No request about a room that is gone brings it back as a call.")
@pytest.mark.parametrize("is_joined", [True, False])
async def test_room_that_nobody_has_made_is_for_whoever_is_in_it(*, is_joined: bool) -> None:
    async with open_api() as api:
        plan = a_plan()
        api.rooms.bring_back(plan)
        room = api.rooms.live[plan.room_name]
        await api.backend.sweep.sweep()
        # Whoever joins just now is not put out again.
        assert api.rooms.live == {plan.room_name: room}
        room.has_caller = is_joined
        await api.backend.sweep.sweep()
        for _ in range(100):
            await asyncio.sleep(0)
        assert room.dispatches == is_joined
        assert (plan.room_name in api.rooms.live) is is_joined


def losing(story: Callable[[Api, FakeRoom], Awaitable[None]]) -> None:
    """Run a story of a call that has its bot and its caller."""

    async def main() -> None:
        async with open_api() as api:
            plan = RoomPlan(agent_name="parley", session_id=new_session_id(), is_admitted=True)
            await api.rooms.create(plan)
            room = api.rooms.live[plan.room_name]
            room.has_caller = True
            await api.backend.sweep.sweep()
            await story(api, room)

    run_in_virtual_time(main())


async def _comes(api: Api, room: FakeRoom) -> None:
    """Have the next bot come, and see that the call goes on with it."""
    room.bot = BotState.READY
    await api.backend.sweep.sweep()
    await asyncio.sleep(2.0)
    assert list(api.rooms.live.values()) == [room]
    assert (room.takeover, room.metadata.takeovers) == (1, 1)
    assert not room.metadata.is_recovering
    assert not api.backend.records.has_ended(room.plan.session_id)


@pytest.mark.promise("Lost bots", "One bot that is lost is one takeover, however long it takes.")
def test_a_livekit_that_takes_no_dispatch_for_long_costs_no_further_takeover() -> None:
    async def story(api: Api, room: FakeRoom) -> None:
        fails = _ROUNDS

        async def fail(call: str) -> None:
            nonlocal fails
            if call == "redispatch" and fails:
                fails -= 1
                raise RoomError("livekit_unreachable", "The LiveKit server is silent.")

        api.rooms.on_request = fail
        room.bot = BotState.ABSENT
        api.backend.watch.replace(room.plan.session_id)
        while fails:
            await asyncio.sleep(_SWEEP_SECS)
            await api.backend.sweep.sweep()
        await asyncio.sleep(1.0)
        await api.backend.sweep.sweep()
        await asyncio.sleep(1.0)
        await _comes(api, room)

    losing(story)


@pytest.mark.promise("Lost bots", "One bot that is lost is one takeover, however long it takes.")
def test_a_worker_that_dies_again_and_again_as_it_starts_costs_no_further_takeover() -> None:
    async def story(api: Api, room: FakeRoom) -> None:
        room.bot = BotState.ABSENT
        api.backend.watch.replace(room.plan.session_id)
        for _ in range(_ROUNDS):
            await asyncio.sleep(2.0)
            api.backend.watch.worker_died("dead")
            api.backend.watch.worker_came()
        await asyncio.sleep(1.0)
        await _comes(api, room)

    losing(story)


@pytest.mark.promise("Lost bots", "One bot that is lost is one takeover, however long it takes.")
def test_a_worker_that_dies_loses_no_bot_that_is_only_on_its_way() -> None:
    async def story(api: Api, room: FakeRoom) -> None:
        room.bot = BotState.ABSENT
        api.backend.watch.watch(room.plan.session_id)
        await asyncio.sleep(1.0)
        api.backend.watch.worker_died("dead")
        await asyncio.sleep(1.0)
        assert room.dispatches == 2
        assert (room.takeover, room.metadata.takeovers) == (0, 0)

    losing(story)


@pytest.mark.promise("Lost bots", "A bot that is lost in a call is replaced at once.")
@pytest.mark.parametrize("at", ["find", "set_metadata"])
def test_a_bot_that_is_lost_as_it_is_told_of_is_replaced_at_once(at: str) -> None:
    async def story(api: Api, room: FakeRoom) -> None:
        room.bot = BotState.ABSENT
        api.backend.watch.replace(room.plan.session_id)
        await asyncio.sleep(1.0)
        assert room.dispatches == 2
        dies = iter([True])

        async def die(call: str) -> None:
            if call == at and room.bot is BotState.READY and next(dies, False):
                # The webhook tells it while the room is told that its bot is there.
                room.bot = BotState.ABSENT
                api.backend.watch.replace(room.plan.session_id)

        api.rooms.on_answer = die
        room.bot = BotState.READY
        await asyncio.sleep(0.6)
        assert (room.dispatches, room.metadata.takeovers) == (3, 2)
        assert room.metadata.is_recovering

    losing(story)


@pytest.mark.promise("Lost bots", "A call that gets no bot has ended by name, whoever is asked.")
@pytest.mark.parametrize("is_refused", [False, True], ids=["noted", "LiveKit takes no note"])
def test_a_call_that_gets_no_bot_leaves_word_why(*, is_refused: bool) -> None:
    async def story(api: Api, room: FakeRoom) -> None:
        async def refuse(call: str) -> None:
            if call == "create_bare" and is_refused:
                raise RoomError("livekit_unreachable", "The LiveKit server is silent.")

        api.rooms.on_request = refuse
        room.bot = BotState.ABSENT
        api.backend.watch.replace(room.plan.session_id)
        await asyncio.sleep(60.0)
        assert api.rooms.live == {}
        record = api.backend.records.find(room.plan.session_id)
        assert record is not None and record.end_reason == "error"
        noted = [RoomMetadata.from_json(one.metadata) for one in api.rooms.bare.values()]
        left = RoomMetadata(session_id=room.plan.session_id, end_reason="error")
        assert noted == ([] if is_refused else [left])

    losing(story)
