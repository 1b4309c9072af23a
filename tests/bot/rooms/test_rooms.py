"""Rooms on a real LiveKit server."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from dataclasses import replace

import pytest
from livekit.api import LiveKitAPI
from livekit.api.twirp_client import ServerError
from livekit.protocol.models import Room
from livekit.protocol.room import CreateRoomRequest, DeleteRoomRequest, ListRoomsRequest
from pydantic import SecretStr

from bot.errors import RoomError
from bot.livekit.server import LiveKitServer
from bot.livekit.server_api import limited
from bot.rooms.end_note import create_end_note_request
from bot.rooms.plan import (
    MAX_PARTICIPANTS,
    PARKED_EMPTY_TIMEOUT_SECS,
    RoomMetadata,
    RoomPlan,
    new_session_id,
)
from bot.rooms.rooms import BotSeen, BotState, Rooms
from tests.fake_bot import FakeBots
from tests.virtual_time import run_in_virtual_time
from tests.waiting import until


def plan_for(agent_name: str, *, is_parked: bool = False) -> RoomPlan:
    return RoomPlan(agent_name=agent_name, session_id=new_session_id(), is_parked=is_parked)


@pytest.mark.promise(
    "Rooms", "What LiveKit lists says which rooms wait, were admitted or are over."
)
async def test_created_room_is_listed_with_its_session(rooms: Rooms, agent_name: str) -> None:
    plan = plan_for(agent_name, is_parked=True)

    await rooms.create(plan)

    (state,) = await rooms.list_live()
    assert (state.room_name, state.session_id) == (plan.room_name, plan.session_id)
    assert state.is_parked
    assert not state.is_admitted
    assert abs(state.created_at - time.time()) < 60.0
    assert state.end_reason is None
    assert await rooms.find(plan.room_name) == state


@pytest.mark.promise("Rooms", "LiveKit closes a room nobody is in: at once, or before a minute.")
async def test_livekit_is_told_how_long_a_room_may_be_empty_and_how_many_may_join(
    rooms: Rooms, agent_name: str
) -> None:
    for is_parked in (False, True):
        plan = plan_for(agent_name, is_parked=is_parked)
        if is_parked:
            plan = replace(plan, empty_timeout_secs=PARKED_EMPTY_TIMEOUT_SECS)
        await rooms.create(plan)
        room = await as_livekit_has_it(rooms, plan.room_name)
        # Parking replaces one that nobody took after 270 s at the latest.
        assert (room.empty_timeout > 275) if is_parked else (0 < room.empty_timeout <= 60)
        # A phone may change its network; a session outlives its caller by 20 s at most.
        assert 61 <= room.departure_timeout <= 90
        assert room.max_participants == MAX_PARTICIPANTS


@pytest.mark.promise("Rooms", "LiveKit closes a room nobody is in: at once, or before a minute.")
def test_livekit_elsewhere_is_told_too_by_starts_and_by_tokens() -> None:
    plan = plan_for("parley")
    for asked in (plan.create_request(), plan.configuration()):
        # Its own settings would be 5 min and 20 s.
        assert 0 < asked.empty_timeout <= 60
        assert 61 <= asked.departure_timeout <= 90
        assert asked.max_participants == MAX_PARTICIPANTS
        assert asked.metadata == plan.metadata


async def as_livekit_has_it(rooms: Rooms, name: str) -> Room:
    api = rooms._api  # pyright: ignore[reportPrivateUsage]
    (room,) = (await api.room.list_rooms(ListRoomsRequest(names=[name]))).rooms
    return room


@pytest.mark.promise("Rooms", "Rooms that are not ours change nothing here.")
async def test_rooms_of_others_are_not_listed(
    rooms: Rooms, livekit_server: LiveKitServer, agent_name: str
) -> None:
    other = plan_for(f"{agent_name}-two")
    await rooms.create(other)

    assert await rooms.list_live() == []

    await rooms.delete(other.room_name)


async def test_deleting_twice_is_fine(rooms: Rooms, agent_name: str) -> None:
    plan = plan_for(agent_name)
    await rooms.create(plan)

    await rooms.delete(plan.room_name)
    await rooms.delete(plan.room_name)

    assert await rooms.find(plan.room_name) is None


@pytest.mark.promise("Starting a call", "One start makes one room, with one bot in it.")
async def test_creating_a_room_brings_exactly_one_warm_bot(
    rooms: Rooms, bots: FakeBots, agent_name: str
) -> None:
    plan = plan_for(agent_name)

    await rooms.create(plan)

    async def is_ready() -> bool:
        return await rooms.bot_state(plan.room_name) is BotState.READY

    await until(is_ready)
    assert [json.loads(job.metadata) for job in bots.jobs] == [
        {"session_id": plan.session_id, "is_parked": False}
    ]


async def test_bot_that_is_not_warm_is_starting(
    rooms: Rooms, bots: FakeBots, agent_name: str
) -> None:
    bots.gets_ready = False
    plan = plan_for(agent_name)
    await rooms.create(plan)

    async def is_there() -> bool:
        return await rooms.bot_state(plan.room_name) is not BotState.ABSENT

    await until(is_there)
    assert await rooms.bot_state(plan.room_name) is BotState.STARTING


@pytest.mark.promise("Rooms", "A room without a bot gets one.")
async def test_room_without_bot_gets_one_by_a_second_dispatch(
    rooms: Rooms, bots: FakeBots, agent_name: str
) -> None:
    bots.takes_jobs = False
    plan = plan_for(agent_name)
    await rooms.create(plan)

    async def is_refused() -> bool:
        return len(bots.offers) > 0

    await until(is_refused)
    assert await rooms.bot_state(plan.room_name) is BotState.ABSENT

    bots.takes_jobs = True
    await rooms.redispatch(plan)

    async def is_ready() -> bool:
        return await rooms.bot_state(plan.room_name) is BotState.READY

    await until(is_ready)
    (job,) = bots.jobs
    assert json.loads(job.metadata)["session_id"] == plan.session_id


async def test_room_that_is_gone_has_no_bot_and_takes_no_metadata(
    rooms: Rooms, agent_name: str
) -> None:
    plan = plan_for(agent_name)

    assert await rooms.bot_state(plan.room_name) is BotState.ABSENT
    with pytest.raises(RoomError) as caught:
        await rooms.set_metadata(plan.room_name, RoomMetadata(session_id=plan.session_id))
    assert caught.value.code == "room_not_found"


@pytest.mark.promise(
    "Rooms", "What LiveKit lists says which rooms wait, were admitted or are over."
)
async def test_claiming_a_parked_room_shows_in_its_metadata(rooms: Rooms, agent_name: str) -> None:
    plan = plan_for(agent_name, is_parked=True)
    await rooms.create(plan)

    claimed = RoomMetadata(session_id=plan.session_id, is_admitted=True)
    await rooms.set_metadata(plan.room_name, claimed)

    # What is listed may be what was before, for a few milliseconds (in 6 of 900 tries).
    async def shows(end_reason: str | None) -> bool:
        (state,) = await rooms.list_live()
        told = (state.is_parked, state.is_admitted, state.end_reason)
        return told == (False, True, end_reason)

    await until(lambda: shows(None))
    await rooms.set_metadata(plan.room_name, replace(claimed, end_reason="goodbye"))
    await until(lambda: shows("goodbye"))


async def test_silent_server_is_an_error_with_a_code() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"ws://127.0.0.1:{closed.getsockname()[1]}"
        async with Rooms(
            url=url, api_key="key", api_secret=SecretStr("s" * 32), agent_name="x"
        ) as rooms:
            with pytest.raises(RoomError) as caught:
                await rooms.list_live()
    assert caught.value.code == "livekit_unreachable"


async def test_wrong_key_is_a_refusal(livekit_server: LiveKitServer) -> None:
    async with Rooms(
        url=livekit_server.url, api_key="other", api_secret=SecretStr("s" * 32), agent_name="x"
    ) as rooms:
        with pytest.raises(RoomError) as caught:
            await rooms.list_live()
    assert caught.value.code == "livekit_refused"


async def test_note_of_an_end_is_found_and_is_no_room_of_ours(
    rooms: Rooms, livekit_server: LiveKitServer, agent_name: str
) -> None:
    plan = plan_for(agent_name)
    assert await rooms.find_end(plan.room_name) is None
    secret = livekit_server.api_secret.get_secret_value()
    async with LiveKitAPI(livekit_server.url, livekit_server.api_key, secret) as api:
        note = create_end_note_request(plan.room_name, session_id=plan.session_id, reason="idle")
        await api.room.create_room(note)
        assert await rooms.find_end(plan.room_name) == "idle"
        survey = await rooms.survey()
        assert (survey.live, survey.ends) == ([], {plan.session_id: "idle"})
        await rooms.delete(note.name)


@pytest.mark.promise("Rooms", "The note of an end brings no bot of anybody's.")
async def test_note_of_an_end_sends_for_no_worker_not_even_one_without_a_name(
    livekit_server: LiveKitServer, agent_name: str
) -> None:
    key, secret = livekit_server.api_key, livekit_server.api_secret.get_secret_value()
    bots = FakeBots(url=livekit_server.url, api_key=key, api_secret=secret, agent_name="")
    bots.takes_jobs = False
    plan = plan_for(agent_name)
    note = create_end_note_request(plan.room_name, session_id=plan.session_id, reason="idle")
    # A room for everybody, of which such a worker is told.
    plain = CreateRoomRequest(name=f"{agent_name}.plain")
    async with LiveKitAPI(livekit_server.url, key, secret) as api, bots:
        for request in (note, plain):
            await api.room.create_room(request)

        async def is_offered() -> bool:
            return plain.name in [job.room.name for job in bots.offers]

        await until(is_offered)
        assert note.name not in [job.room.name for job in bots.offers]
        for request in (note, plain):
            await api.room.delete_room(DeleteRoomRequest(room=request.name))


@pytest.mark.promise("Rooms", "A LiveKit server that hangs or fails is an error within 5 s.")
def test_answer_that_never_comes_is_no_answer() -> None:
    async def story() -> None:
        with pytest.raises(RoomError) as caught:
            await limited(asyncio.Event().wait())
        assert caught.value.code == "livekit_unreachable"
        assert asyncio.get_running_loop().time() < 5.5

    run_in_virtual_time(story())


@pytest.mark.promise("Rooms", "A LiveKit server that hangs or fails is an error within 5 s.")
@pytest.mark.parametrize(
    ("code", "status", "told"),
    [
        ("unavailable", 503, "livekit_unreachable"),
        ("internal", 500, "livekit_unreachable"),
        ("not_found", 404, "room_not_found"),
        ("permission_denied", 403, "livekit_refused"),
    ],
)
async def test_every_refusal_has_its_code(code: str, status: int, told: str) -> None:
    async def refuse() -> None:
        raise ServerError(code, "no", status=status)

    with pytest.raises(RoomError) as caught:
        await limited(refuse())
    assert caught.value.code == told


@pytest.mark.promise("Lost bots", "A bot that one runner has found to be gone is so for all.")
async def test_newest_bot_that_is_gone_is_the_one(
    rooms: Rooms, bots: FakeBots, agent_name: str
) -> None:
    plan = plan_for(agent_name)
    await rooms.create(plan)
    told = RoomMetadata(session_id=plan.session_id, instead_of="PA_of_before")
    await rooms.set_metadata(plan.room_name, told)

    async def is_ready() -> bool:
        return await rooms.bot_state(plan.room_name) is BotState.READY

    await until(is_ready)
    rooms.count_no_more(plan.room_name, bots.bots[plan.room_name].local_participant.sid)
    assert await rooms.find(plan.room_name)
    assert await rooms.bot_state(plan.room_name) is BotState.ABSENT


async def test_bot_that_ends_the_call_is_seen_to(
    rooms: Rooms, bots: FakeBots, agent_name: str
) -> None:
    plan = plan_for(agent_name)
    await rooms.create(plan)

    async def is_ready() -> bool:
        return await rooms.bot_state(plan.room_name) is BotState.READY

    await until(is_ready)
    assert (await rooms.look_at(plan.room_name))[:2] == (BotState.READY, None)
    bot = bots.bots[plan.room_name].local_participant
    for state in ("thinking", "speaking"):
        await bot.set_attributes({"lk.agent.state": state})
        assert (await rooms.look_at(plan.room_name))[:2] == (BotState.READY, None)
    await bot.set_attributes({"parley.end_reason": "goodbye"})
    await bot.set_metadata("{}")

    async def is_ending() -> bool:
        ending = BotSeen(BotState.READY, "goodbye", usage="{}", has_caller=False)
        return (await rooms.look_at(plan.room_name))[:4] == ending[:4]

    await until(is_ending)


@pytest.mark.parametrize("body", [b"\xff\xff\xff", b"<h1>Hello</h1>", b"{}"])
async def test_answer_that_cannot_be_read_is_no_answer(body: bytes) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with Rooms(
            url=url, api_key="key", api_secret=SecretStr("s" * 32), agent_name="x"
        ) as rooms:
            with pytest.raises(RoomError) as caught:
                await rooms.list_live()
    assert caught.value.code == "livekit_unreachable"
