"""Who may delete a job's room, on the real server; and how, on one that is not well."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import cast

import aiohttp
import pytest
from google.protobuf.message import DecodeError
from livekit import rtc
from livekit.agents import JobContext
from livekit.api import AccessToken, LiveKitAPI, VideoGrants
from livekit.api.twirp_client import ServerError
from livekit.protocol.models import ParticipantInfo
from livekit.protocol.room import ListParticipantsResponse

from bot.call.job_room import JobRoom
from bot.errors import SessionError
from bot.livekit.server import LiveKitServer
from bot.rooms.end_note import session_id_of_end_note
from bot.rooms.plan import JobPlan, RoomMetadata, RoomPlan, new_session_id
from bot.rooms.rooms import Rooms
from bot.rooms.tokens import TOKEN_TTL_SECS
from tests.bot.http.unkind_api import UnkindApi
from tests.fake_room import FakeRoom
from tests.virtual_time import run_in_virtual_time
from tests.waiting import until


@pytest.fixture
def plan(agent_name: str) -> RoomPlan:
    return RoomPlan(agent_name=agent_name, session_id=new_session_id())


@asynccontextmanager
async def joined(livekit: LiveKitServer, plan: RoomPlan) -> AsyncGenerator[JobRoom]:
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
    async with LiveKitAPI(livekit.url, livekit.api_key, secret) as api:
        job = SimpleNamespace(id="AJ_job", room=SimpleNamespace(name=plan.room_name))
        context = SimpleNamespace(room=room, api=api, job=job)
        job_room = JobRoom(
            context=cast("JobContext", context), plan=JobPlan(session_id=plan.session_id)
        )
        await room.connect(livekit.url, token)
        try:
            yield job_room
        finally:
            await room.disconnect()


@pytest.mark.promise("Ending a call", "The room of a caller who left is deleted.")
async def test_bot_deletes_its_room_at_the_end(
    livekit_server: LiveKitServer, rooms: Rooms, plan: RoomPlan
) -> None:
    await rooms.create(plan)
    async with joined(livekit_server, plan) as bot:
        await bot.delete(reason="goodbye")
        assert await rooms.find(plan.room_name) is None


@pytest.mark.promise("Ending a call", "The room of a caller who left is deleted.")
async def test_bot_that_lost_its_connection_deletes_its_room_all_the_same(
    livekit_server: LiveKitServer, rooms: Rooms, plan: RoomPlan
) -> None:
    await rooms.create(plan)
    async with joined(livekit_server, plan) as bot:
        await bot.room.disconnect()
        await bot.delete(reason="error")
        assert await rooms.find(plan.room_name) is None


async def test_bot_that_was_replaced_leaves_the_room_to_the_other(
    livekit_server: LiveKitServer, rooms: Rooms, plan: RoomPlan
) -> None:
    await rooms.create(plan)
    async with joined(livekit_server, plan) as late:

        async def is_out() -> bool:
            return not late.room.isconnected()

        async with joined(livekit_server, plan):
            await until(is_out)
            await late.delete(reason="error")
            assert await rooms.find(plan.room_name) is not None


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
    context = cast("JobContext", SimpleNamespace(room=room))
    job_room = JobRoom(context=context, plan=JobPlan(session_id="s"))
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
        api, room = UnkindApi(), rtc.Room()
        context = SimpleNamespace(**vars(api.context("their-room")) | {"room": room})
        job_room = JobRoom(context=cast("JobContext", context), plan=JobPlan(session_id="s"))
        deleting = asyncio.ensure_future(job_room.delete(reason="error"))
        await asyncio.sleep(0.1)
        assert api.tried == []
        if reason is not None:
            room.emit("disconnected", reason)
        await deleting
        assert ("delete_room" in api.done) is is_deleted

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
        context = cast("JobContext", SimpleNamespace(room=room))
        plan = JobPlan(session_id="s")
        job_room = JobRoom(context=context, plan=plan, may_give_up=may_give_up)
        room.emit("reconnecting")
        await asyncio.sleep(gone_secs)
        room.emit("reconnected")
        await asyncio.sleep(7.0)
        assert job_room.is_replaced is is_left_to_another

    run_in_virtual_time(story())


def a_refusal(status: int = 503, code: str = "unavailable") -> ServerError:
    return ServerError(code, "no", status=status)


UNKIND: dict[str, tuple[dict[str, list[BaseException | str | None]], set[str]]] = {
    # What LiveKit does, and what must be done all the same.
    "the mark is refused": (
        {"update_room_metadata": [a_refusal()]},
        {"create_room", "delete_room"},
    ),
    "the mark is not allowed": (
        {"update_room_metadata": [a_refusal(403, "permission_denied")]},
        {"create_room", "delete_room"},
    ),
    "the mark hangs": ({"update_room_metadata": ["hang"]}, {"create_room", "delete_room"}),
    "the mark breaks": (
        {"update_room_metadata": [aiohttp.ClientPayloadError()]},
        {"create_room", "delete_room"},
    ),
    "the note is refused": (
        {"create_room": [a_refusal()]},
        {"update_room_metadata", "delete_room"},
    ),
    "the note hangs": ({"create_room": ["hang"]}, {"update_room_metadata", "delete_room"}),
    "mark and note hang": (
        {"update_room_metadata": ["hang"], "create_room": ["hang"]},
        {"delete_room"},
    ),
    "mark and note are refused": (
        {"create_room": [a_refusal()], "update_room_metadata": [a_refusal()]},
        {"delete_room"},
    ),
    "the room is gone": (
        {
            "update_room_metadata": [a_refusal(404, "not_found")],
            "delete_room": [a_refusal(404, "not_found")],
        },
        {"create_room"},
    ),
    "the deletion is refused at first": (
        {"delete_room": [a_refusal(), a_refusal(500, "internal")]},
        {"update_room_metadata", "create_room", "delete_room"},
    ),
    "the deletion hangs at first": (
        {"delete_room": ["hang", "hang"]},
        {"update_room_metadata", "create_room", "delete_room"},
    ),
    "no answer can be read": (
        {"delete_room": [DecodeError()], "create_room": [DecodeError()]},
        {"update_room_metadata", "delete_room"},
    ),
    "the room stays": (
        {"delete_room": [a_refusal() for _ in range(100)]},
        {"update_room_metadata", "create_room"},
    ),
}


@pytest.mark.promise("Ending a call", "Why a call ended is written down before its room goes.")
@pytest.mark.promise(
    "Ending a call", "A step of leaving that fails or hangs keeps no other from being done."
)
@pytest.mark.parametrize("name", UNKIND)
def test_end_of_a_room_on_a_server_that_is_not_well(name: str) -> None:
    moods, done = UNKIND[name]
    # A mood is used up, and the table is for everybody.
    api = UnkindApi(**{method: list(one) for method, one in moods.items()})
    session_id = new_session_id()
    room = JobRoom(context=api.context(f"parley-{session_id}"), plan=JobPlan(session_id=session_id))

    async def main() -> float:
        await room.delete(reason="goodbye", usage="what it used")
        return asyncio.get_running_loop().time()

    took_secs = run_in_virtual_time(main())
    assert set(api.done) == done
    assert set(api.tried[:2]) == {"update_room_metadata", "create_room"}
    assert set(api.tried[2:]) == {"delete_room"}
    assert took_secs < (4.0 if api.tried.count("delete_room") == 1 else 40.0)
    if "update_room_metadata" in done:
        mark = RoomMetadata.from_json(api.requests["update_room_metadata"].metadata)
        assert (mark.session_id, mark.end_reason) == (session_id, "goodbye")
    if "create_room" in done:
        note = api.requests["create_room"]
        assert session_id_of_end_note(note.name, agent_name="parley") == session_id
        noted = RoomMetadata.from_json(note.metadata)
        assert (noted.end_reason, noted.usage) == ("goodbye", "what it used")
        assert note.empty_timeout > TOKEN_TTL_SECS


def test_room_of_somebody_else_is_deleted_without_a_note() -> None:
    api = UnkindApi()
    room = JobRoom(context=api.context("their-room"), plan=JobPlan(session_id="their-room"))
    run_in_virtual_time(room.delete(reason="goodbye"))
    assert api.done == ["update_room_metadata", "delete_room"]


class Door:
    """A job's way into its room, which opens after some attempts."""

    def __init__(self, *, opens_at: int) -> None:
        self.room = FakeRoom().room
        self.job = SimpleNamespace(id="AJ_job", room=SimpleNamespace(name="room"))
        self.api = SimpleNamespace(room=self)
        self.there: list[ParticipantInfo] = []
        self.attempts = 0
        self._opens_at = opens_at

    async def list_participants(self, _: object) -> ListParticipantsResponse:
        return ListParticipantsResponse(participants=self.there)

    async def connect(self, **_: object) -> None:
        self.attempts += 1
        if self.attempts < self._opens_at:
            raise rtc.ConnectError("the room does not answer")


def room_behind(door: Door) -> JobRoom:
    return JobRoom(context=cast("JobContext", door), plan=JobPlan(session_id="s1"))


@pytest.mark.promise("Lost bots", "A bot that comes late leaves the room to the one that is in it.")
@pytest.mark.parametrize(("job_id", "attempts"), [("AJ_other", 0), ("", 0), ("AJ_job", 1)])
def test_a_late_bot_does_not_put_another_one_out(job_id: str, attempts: int) -> None:
    door = Door(opens_at=1)
    there = ParticipantInfo(identity="bot-s1", kind=ParticipantInfo.Kind.AGENT)
    there.attributes["parley.job"] = job_id
    door.there.append(there)
    late = room_behind(door)
    if attempts:
        run_in_virtual_time(late.connect())
    else:
        with pytest.raises(SessionError, match="Another bot"):
            run_in_virtual_time(late.connect())
        # It touches nothing of the room: there is no API to do it with.
        run_in_virtual_time(late.delete(reason="error"))
    assert door.attempts == attempts


@pytest.mark.promise("Starting a call", "A bot that cannot join its room at once tries again.")
@pytest.mark.parametrize("opens_at", [1, 2, 3])
def test_a_room_that_does_not_answer_at_once_is_joined_all_the_same(opens_at: int) -> None:
    door = Door(opens_at=opens_at)
    run_in_virtual_time(room_behind(door).connect())
    assert door.attempts == opens_at


def test_a_room_that_does_not_answer_is_given_up() -> None:
    door = Door(opens_at=10)
    with pytest.raises(SessionError) as caught:
        run_in_virtual_time(room_behind(door).connect())
    assert caught.value.code == "room_unreachable"
