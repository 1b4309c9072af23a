"""How a job joins its room, leaves it, and has it ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit import rtc
from livekit.agents import JobContext
from livekit.api import AccessToken, VideoGrants
from typing_extensions import override

from bot.errors import RoomError, SessionError
from bot.livekit.server import LiveKitServer
from bot.rooms.job_plan import JobPlan
from bot.rooms.plan import RoomPlan, new_session_id
from bot.rooms.rooms import Rooms
from bot.settings import Settings
from bot.worker.job_room import JobRoom
from bot.worker.worker_line import Errand, WorkerLine
from tests.fake_room import FakeRoom
from tests.virtual_time import run_in_virtual_time
from tests.waiting import until

_PLAN = JobPlan(session_id="0123456789abcdef0123")


@pytest.fixture
def plan(agent_name: str) -> RoomPlan:
    return RoomPlan(agent_name=agent_name, session_id=new_session_id())


class Worker(WorkerLine):
    """Does errands, in every mood."""

    def __init__(self, *moods: str | RoomError) -> None:
        super().__init__()
        self.moods = list(moods)
        """Its answers, in order; afterwards empty ones."""
        self.asked: list[tuple[Errand, dict[str, str]]] = []

    @override
    async def ask(self, errand: Errand, *, limit_secs: float = 5.0, **details: str) -> str:
        self.asked.append((errand, details))
        mood = self.moods.pop(0) if self.moods else ""
        if isinstance(mood, RoomError):
            raise mood
        return mood


def a_job(room: rtc.Room) -> JobContext:
    job = SimpleNamespace(id="AJ_job", room=SimpleNamespace(name="room"))
    return cast("JobContext", SimpleNamespace(room=room, job=job))


@asynccontextmanager
async def joined(
    livekit: LiveKitServer, plan: RoomPlan, worker: WorkerLine
) -> AsyncGenerator[JobRoom]:
    """A bot in the room, with as much of a job around it as it needs."""
    secret = livekit.api_secret.get_secret_value()
    token = (
        AccessToken(livekit.api_key, secret)
        .with_identity(f"bot-{plan.session_id}")
        .with_kind("agent")
        .with_grants(VideoGrants(room_join=True, room=plan.room_name))
        .to_jwt()
    )
    room = rtc.Room()
    job_room = JobRoom(context=a_job(room), worker=worker, plan=JobPlan(session_id=plan.session_id))
    await room.connect(livekit.url, token)
    try:
        yield job_room
    finally:
        await room.disconnect()


@pytest.mark.promise("Ending a call", "The room of a caller who left is deleted.")
@pytest.mark.parametrize("is_connected", [True, False])
async def test_bot_has_its_room_ended_by_its_worker(
    livekit_server: LiveKitServer, rooms: Rooms, plan: RoomPlan, *, is_connected: bool
) -> None:
    await rooms.create(plan)
    worker = Worker()
    async with joined(livekit_server, plan, worker) as bot:
        if not is_connected:
            await bot.room.disconnect()
        await bot.delete(reason="goodbye", usage="what it used")
    assert worker.asked == [(Errand.END, {"reason": "goodbye", "usage": "what it used"})]


async def test_bot_whose_worker_cannot_end_the_room_ends_all_the_same(
    livekit_server: LiveKitServer, rooms: Rooms, plan: RoomPlan
) -> None:
    await rooms.create(plan)
    worker = Worker(RoomError("livekit_unreachable", "The worker does not answer."))
    async with joined(livekit_server, plan, worker) as bot:
        await bot.delete(reason="goodbye")


async def test_bot_that_was_replaced_leaves_the_room_to_the_other(
    livekit_server: LiveKitServer, rooms: Rooms, plan: RoomPlan
) -> None:
    await rooms.create(plan)
    worker = Worker()
    async with joined(livekit_server, plan, worker) as late:

        async def is_out() -> bool:
            return not late.room.isconnected()

        async with joined(livekit_server, plan, Worker()):
            await until(is_out)
            await late.delete(reason="error")
    assert worker.asked == []


@pytest.mark.promise(
    "Lost bots", "After a restart of LiveKit the call goes on in a new room, with its memory."
)
@pytest.mark.parametrize(
    ("reason", "is_left_to_another"),
    [
        (rtc.DisconnectReason.CLIENT_INITIATED, False),
        (rtc.DisconnectReason.ROOM_DELETED, False),
        (rtc.DisconnectReason.ROOM_CLOSED, False),
        (rtc.DisconnectReason.DUPLICATE_IDENTITY, True),
        (rtc.DisconnectReason.PARTICIPANT_REMOVED, True),
        (rtc.DisconnectReason.SERVER_SHUTDOWN, True),
        (rtc.DisconnectReason.SIGNAL_CLOSE, True),
        (rtc.DisconnectReason.UNKNOWN_REASON, True),
    ],
)
@pytest.mark.promise("Ending a call", "The room of a caller who left is deleted.")
async def test_a_bot_that_loses_its_room_ends_the_call_only_if_the_call_is_over(
    reason: rtc.DisconnectReason.ValueType, *, is_left_to_another: bool
) -> None:
    room = rtc.Room()
    job_room = JobRoom(context=a_job(room), worker=Worker(), plan=_PLAN)
    room.emit("disconnected", reason)
    assert job_room.is_replaced is is_left_to_another


@pytest.mark.parametrize(
    ("reason", "is_deleted"),
    [
        (rtc.DisconnectReason.DUPLICATE_IDENTITY, False),
        (rtc.DisconnectReason.ROOM_CLOSED, True),
        (None, True),
    ],
)
def test_a_room_that_was_lost_is_kept_until_it_is_known_why(
    reason: rtc.DisconnectReason.ValueType | None, *, is_deleted: bool
) -> None:
    async def story() -> None:
        worker, room = Worker(), rtc.Room()
        job_room = JobRoom(context=a_job(room), worker=worker, plan=_PLAN)
        deleting = asyncio.ensure_future(job_room.delete(reason="error"))
        await asyncio.sleep(0.1)
        assert worker.asked == []
        if reason is not None:
            room.emit("disconnected", reason)
        await deleting
        assert bool(worker.asked) is is_deleted

    run_in_virtual_time(story())


@pytest.mark.promise(
    "Lost bots", "After a restart of LiveKit the call goes on in a new room, with its memory."
)
@pytest.mark.parametrize(
    ("gone_secs", "may_give_up", "is_left_to_another"),
    [(5.0, True, False), (7.0, True, True), (7.0, False, False)],
    ids=["back soon", "back late", "nobody else knows the call"],
)
def test_a_bot_comes_back_to_a_livekit_that_is_gone_for_a_moment_only(
    gone_secs: float, *, may_give_up: bool, is_left_to_another: bool
) -> None:
    async def story() -> None:
        room = rtc.Room()
        job_room = JobRoom(
            context=a_job(room), worker=Worker(), plan=_PLAN, may_give_up=may_give_up
        )
        room.emit("reconnecting")
        await asyncio.sleep(gone_secs)
        room.emit("reconnected")
        await asyncio.sleep(7.0)
        assert job_room.is_replaced is is_left_to_another

    run_in_virtual_time(story())


class HangingRoom(rtc.Room):
    """A room on a LiveKit that answers nothing, not even a goodbye."""

    @override
    async def disconnect(
        self, *, reason: rtc.DisconnectReason.ValueType = rtc.DisconnectReason.CLIENT_INITIATED
    ) -> None:
        await asyncio.sleep(3600.0)


@pytest.mark.promise(
    "Lost bots", "A bot that a LiveKit which hangs does not let go comes back no more."
)
@pytest.mark.parametrize("is_told", [True, False])
@pytest.mark.parametrize("hangs", [True, False])
def test_a_bot_that_cannot_leave_is_gone_all_the_same(*, hangs: bool, is_told: bool) -> None:
    async def story() -> None:
        why: list[str] = []
        room = HangingRoom() if hangs else rtc.Room()
        job_room = JobRoom(
            context=a_job(room), worker=Worker(), plan=_PLAN, may_give_up=True, abandon=why.append
        )
        if is_told:
            # Its worker goes, and nobody has come yet.
            await job_room.leave()
        else:
            room.emit("reconnecting")
        await asyncio.sleep(10.0)
        assert len(why) == hangs

    run_in_virtual_time(story())


class Door:
    """A job's way into its room, which opens after some attempts."""

    def __init__(self, *, opens_at: int) -> None:
        self.room = FakeRoom().room
        self.job = SimpleNamespace(id="AJ_job", room=SimpleNamespace(name="room"))
        self.attempts = 0
        self._opens_at = opens_at

    async def connect(self, **_: object) -> None:
        self.attempts += 1
        if self.attempts < self._opens_at:
            raise rtc.ConnectError("the room does not answer")


def room_behind(door: Door, worker: WorkerLine) -> JobRoom:
    return JobRoom(context=cast("JobContext", door), worker=worker, plan=JobPlan(session_id="s1"))


@pytest.mark.promise("Lost bots", "A bot that comes late leaves the room to the one that is in it.")
@pytest.mark.parametrize(
    ("answer", "attempts"),
    [("another", 0), ("", 1), (RoomError("livekit_unreachable", "It does not answer."), 1)],
    ids=["another is there", "nobody is", "nobody knows"],
)
def test_a_late_bot_does_not_put_another_one_out(answer: str | RoomError, attempts: int) -> None:
    door, worker = Door(opens_at=1), Worker(answer)
    late = room_behind(door, worker)
    if attempts:
        run_in_virtual_time(late.connect())
    else:
        with pytest.raises(SessionError, match="Another bot"):
            run_in_virtual_time(late.connect())
        run_in_virtual_time(late.delete(reason="error"))
    assert door.attempts == attempts
    assert [errand for errand, _ in worker.asked] == [Errand.FIND_OTHER_BOT]


@pytest.mark.parametrize("refused_at", [0, 1])
def test_a_bot_that_gets_no_token_leaves_the_call_to_who_has_it(refused_at: int) -> None:
    refusal = RoomError("livekit_unreachable", "The worker does not answer.")
    room = room_behind(Door(opens_at=1), Worker(*["a token"] * refused_at, refusal))

    async def listen() -> None:
        async with room.ear(Settings()):
            pass

    with pytest.raises(SessionError) as caught:
        run_in_virtual_time(listen())
    assert caught.value.code == "room_unreachable"


@pytest.mark.promise("Starting a call", "A bot that cannot join its room at once tries again.")
@pytest.mark.parametrize("opens_at", [1, 2, 3])
def test_a_room_that_does_not_answer_at_once_is_joined_all_the_same(opens_at: int) -> None:
    door = Door(opens_at=opens_at)
    run_in_virtual_time(room_behind(door, Worker()).connect())
    assert door.attempts == opens_at


def test_a_room_that_does_not_answer_is_given_up() -> None:
    door = Door(opens_at=10)
    with pytest.raises(SessionError) as caught:
        run_in_virtual_time(room_behind(door, Worker()).connect())
    assert caught.value.code == "room_unreachable"


class RoomWith(rtc.Room):
    """A room with people in it."""

    def __init__(self, *publications: SimpleNamespace) -> None:
        super().__init__()
        there = {one.sid: one for one in publications}
        self._there = {"caller": SimpleNamespace(track_publications=there)}

    @property
    @override
    def remote_participants(self) -> Any:
        return self._there


@pytest.mark.promise(
    "Lost bots", "A bot whose connection was made anew hears the caller who was there before it."
)
@pytest.mark.parametrize(
    ("kind", "track", "is_asked_for"),
    [
        (rtc.TrackKind.KIND_AUDIO, None, True),
        (rtc.TrackKind.KIND_AUDIO, object(), False),
        (rtc.TrackKind.KIND_VIDEO, None, False),
    ],
    ids=["a microphone", "one that is heard", "a camera"],
)
async def test_a_bot_that_is_back_asks_for_microphones_again(
    kind: rtc.TrackKind.ValueType, track: object, *, is_asked_for: bool
) -> None:
    asked: list[bool] = []
    publication = SimpleNamespace(sid="TR_1", kind=kind, track=track, set_subscribed=asked.append)
    room = RoomWith(publication)
    JobRoom(context=a_job(room), worker=Worker(), plan=_PLAN)
    room.emit("reconnected")
    assert asked == ([True] if is_asked_for else [])
