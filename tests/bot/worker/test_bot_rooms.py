"""What a worker does in its bots' rooms: on the real server, and on one that is not well."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext

import aiohttp
import pytest
from google.protobuf.message import DecodeError
from livekit import rtc
from livekit.api import AccessToken, TokenVerifier, VideoGrants
from livekit.api.twirp_client import ServerError
from loguru import logger

from bot.errors import LaunchError
from bot.livekit.server import LiveKitServer
from bot.rooms.end_note import session_id_of_end_note
from bot.rooms.plan import RoomMetadata, RoomPlan, new_session_id
from bot.rooms.rooms import BotState, Rooms
from bot.rooms.tokens import TOKEN_TTL_SECS
from bot.settings import Settings
from bot.worker.bot_job import BotJob
from bot.worker.bot_rooms import BotRooms, open_bot_rooms
from bot.worker.worker_line import Errand
from tests.bot.worker.unkind_api import UnkindApi
from tests.ports import free_port
from tests.virtual_time import run_in_virtual_time


@pytest.fixture
def plan(agent_name: str) -> RoomPlan:
    return RoomPlan(agent_name=agent_name, session_id=new_session_id())


@asynccontextmanager
async def a_bot(
    livekit: LiveKitServer, plan: RoomPlan, **attributes: str
) -> AsyncGenerator[rtc.Room]:
    """A bot that LiveKit still shows."""
    token = (
        AccessToken(livekit.api_key, livekit.api_secret.get_secret_value())
        .with_identity(f"bot-{plan.session_id}")
        .with_kind("agent")
        .with_attributes({"lk.agent.state": "listening", "parley.job": "AJ_1", **attributes})
        .with_grants(VideoGrants(room_join=True, room=plan.room_name))
        .to_jwt()
    )
    room = rtc.Room()
    await room.connect(livekit.url, token)
    try:
        yield room
    finally:
        await room.disconnect()


def job_of(
    plan: RoomPlan,
    job_id: str = "AJ_job",
    given_by: str | None = None,
    instead_of: str | None = None,
) -> BotJob:
    return BotJob(
        job_id=job_id,
        room_name=plan.room_name,
        session_id=plan.session_id,
        agent_name=plan.agent_name,
        given_by=given_by,
        instead_of=instead_of,
        attributes={"lk.agent.state": "listening", "parley.job": job_id},
    )


@asynccontextmanager
async def rooms_of_bots(livekit: LiveKitServer) -> AsyncGenerator[BotRooms]:
    settings = Settings.model_validate(
        {
            "livekit_url": livekit.url,
            "livekit_api_key": livekit.api_key,
            "livekit_api_secret": livekit.api_secret.get_secret_value(),
        }
    )
    async with open_bot_rooms(settings) as rooms:
        yield rooms


async def remove(livekit: LiveKitServer, plan: RoomPlan, *, job_id: str) -> None:
    async with rooms_of_bots(livekit) as rooms:
        await rooms.remove(job_of(plan, job_id))


@pytest.mark.promise("Lost bots", "A bot that dies or hangs is out of its room within two seconds.")
@pytest.mark.parametrize(
    ("job_id", "state"), [("AJ_dead", BotState.ABSENT), ("AJ_other", BotState.READY)]
)
async def test_a_dead_bot_is_taken_out_and_the_next_one_stays(
    livekit_server: LiveKitServer, rooms: Rooms, plan: RoomPlan, job_id: str, state: BotState
) -> None:
    await rooms.create(plan)
    async with a_bot(livekit_server, plan, **{"parley.job": "AJ_dead"}):
        await remove(livekit_server, plan, job_id=job_id)
        assert await rooms.bot_state(plan.room_name) is state


@pytest.mark.promise("Lost bots", "A call whose bot dies while it ends has ended as it said.")
async def test_what_a_dead_bot_was_ending_is_ended(
    livekit_server: LiveKitServer, rooms: Rooms, plan: RoomPlan
) -> None:
    await rooms.create(plan)
    ending = {"parley.job": "AJ_dead", "parley.end_reason": "goodbye"}
    async with a_bot(livekit_server, plan, **ending):
        await remove(livekit_server, plan, job_id="AJ_dead")
        assert await rooms.find(plan.room_name) is None


async def test_a_room_that_is_gone_has_nobody_to_take_out(
    livekit_server: LiveKitServer, plan: RoomPlan
) -> None:
    await remove(livekit_server, plan, job_id="AJ_dead")


@pytest.mark.promise("Lost bots", "A worker that dies leaves no bot in a room.")
@pytest.mark.parametrize(("mark", "is_there"), [("mine", False), ("another's", True)])
async def test_a_dead_worker_s_bots_are_taken_out_and_no_others(
    livekit_server: LiveKitServer, rooms: Rooms, plan: RoomPlan, mark: str, is_there: bool
) -> None:
    await rooms.create(plan)
    async with a_bot(livekit_server, plan, **{"parley.worker": mark}):
        assert await rooms.remove_bots(plan.room_name, worker="mine") is not is_there
        assert (await rooms.bot_state(plan.room_name) is BotState.READY) is is_there


@pytest.mark.promise("Ending a call", "The room of a caller who left is deleted.")
@pytest.mark.parametrize("is_connected", [True, False])
async def test_a_bot_s_room_is_deleted_at_the_end(
    livekit_server: LiveKitServer, rooms: Rooms, plan: RoomPlan, *, is_connected: bool
) -> None:
    await rooms.create(plan)
    async with a_bot(livekit_server, plan) as room, rooms_of_bots(livekit_server) as theirs:
        if not is_connected:
            await room.disconnect()
        await theirs.run(Errand.END, {"reason": "goodbye"}, job_of(plan))
        assert await rooms.find(plan.room_name) is None


@pytest.mark.promise("Lost bots", "A bot that comes late leaves the room to the one that is in it.")
@pytest.mark.promise("Lost bots", "An agent of another program is taken for no bot of ours.")
@pytest.mark.parametrize(
    ("there", "given_by", "is_another"),
    [
        ({"parley.job": "AJ_other"}, None, True),
        ({"parley.job": "AJ_other"}, "AJ_other", False),
        ({"parley.job": "AJ_job"}, None, False),
        ({"parley.job": ""}, None, False),
        (None, None, False),
    ],
    ids=["another", "who gives the call", "itself", "of another program", "nobody"],
)
async def test_another_bot_in_the_room_is_found(
    livekit_server: LiveKitServer,
    rooms: Rooms,
    plan: RoomPlan,
    there: dict[str, str] | None,
    given_by: str | None,
    *,
    is_another: bool,
) -> None:
    await rooms.create(plan)
    async with AsyncExitStack() as stack:
        theirs = await stack.enter_async_context(rooms_of_bots(livekit_server))
        if there is not None:
            await stack.enter_async_context(a_bot(livekit_server, plan, **there))
        found = await theirs.run(Errand.FIND_OTHER_BOT, {}, job_of(plan, given_by=given_by))
        assert bool(found) is is_another


@pytest.mark.promise("Lost bots", "A worker and a LiveKit node that die at once lose no call.")
@pytest.mark.parametrize("is_it", [True, False])
async def test_a_bot_that_is_only_listed_is_in_nobodys_way(
    livekit_server: LiveKitServer, rooms: Rooms, plan: RoomPlan, *, is_it: bool
) -> None:
    await rooms.create(plan)
    async with (
        rooms_of_bots(livekit_server) as theirs,
        a_bot(livekit_server, plan, **{"parley.job": "AJ_other"}) as room,
    ):
        gone = room.local_participant.sid if is_it else "PA_before"
        job = job_of(plan, instead_of=gone)
        assert (await theirs.run(Errand.FIND_OTHER_BOT, {}, job) == "") is is_it


@pytest.mark.promise("Parts on this machine", "A bot holds nothing that opens a room but its own.")
@pytest.mark.parametrize("errand", [Errand.EAR_TOKEN, Errand.BOT_TOKEN])
async def test_a_token_for_a_bot_opens_its_room_and_nothing_else(
    livekit_server: LiveKitServer, plan: RoomPlan, errand: Errand
) -> None:
    async with rooms_of_bots(livekit_server) as theirs:
        token = await theirs.run(errand, {}, job_of(plan, given_by="AJ_other"))
    secret = livekit_server.api_secret.get_secret_value()
    claims = TokenVerifier(livekit_server.api_key, secret).verify(token)
    grants = claims.video
    assert grants is not None
    assert (grants.room_join, grants.room) == (True, plan.room_name)
    assert not (grants.room_admin or grants.room_create or grants.room_list)
    is_ear = errand is Errand.EAR_TOKEN
    assert claims.identity == ("ear-AJ_job" if is_ear else f"bot-{plan.session_id}")
    assert bool(grants.hidden) is is_ear


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
    job = BotJob(job_id="AJ_job", room_name=f"parley-{session_id}", session_id=session_id)

    async def main() -> float:
        await api.rooms.run(Errand.END, {"reason": "goodbye", "usage": "what it used"}, job)
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
    job = BotJob(job_id="AJ_job", room_name="their-room", session_id="their-room")
    run_in_virtual_time(api.rooms.run(Errand.END, {"reason": "goodbye"}, job))
    assert api.done == ["update_room_metadata", "delete_room"]


@pytest.mark.promise(
    "Parts on this machine", "A key that LiveKit refuses ends the start at once, by its name."
)
async def test_a_key_that_livekit_refuses_is_told_at_once(livekit_server: LiveKitServer) -> None:
    given = {"livekit_url": livekit_server.url, "livekit_api_key": livekit_server.api_key}
    for secret in (livekit_server.api_secret.get_secret_value(), "w" * 40):
        settings = Settings.model_validate({**given, "livekit_api_secret": secret})
        async with open_bot_rooms(settings) as rooms:
            if secret[0] != "w":
                await rooms.check_key(settings.livekit_url)
                continue
            with pytest.raises(LaunchError, match="LIVEKIT_API_SECRET must be those"):
                await rooms.check_key(settings.livekit_url)


async def test_a_livekit_that_is_late_is_left_to_whoever_waits_for_it() -> None:
    url, lines = f"ws://127.0.0.1:{free_port()}", list[str]()
    given = {"livekit_url": url, "livekit_api_key": "key", "livekit_api_secret": "s" * 40}
    sink = logger.add(lines.append, format="{message}")
    try:
        async with open_bot_rooms(Settings.model_validate(given)) as rooms:
            await rooms.check_key(url)
    finally:
        logger.remove(sink)
    assert [line for line in lines if f"LiveKit does not answer at {url};" in line]


@pytest.mark.parametrize(("status", "is_final"), [(401, True), (403, False), (429, False)])
def test_only_a_key_that_is_not_known_ends_a_start(status: int, *, is_final: bool) -> None:
    api = UnkindApi(list_rooms=[ServerError("no", "no", status=status)])
    with pytest.raises(LaunchError) if is_final else nullcontext():
        run_in_virtual_time(api.rooms.check_key("ws://127.0.0.1:1"))


@pytest.mark.promise("Rooms", "No request about a room that is gone brings it back as a call.")
@pytest.mark.parametrize("is_there", [True, False])
def test_a_call_that_is_over_is_not_sent_on(*, is_there: bool) -> None:
    api = UnkindApi()
    api.listed = ["parley-a"] if is_there else []
    run_in_virtual_time(api.rooms.send_on("parley-a", "{}", agent_name="parley"))
    assert ("create_dispatch" in api.done) is is_there
