"""Starts from parked rooms, and what happens when they are not what they seemed."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from livekit.api import AccessToken, VideoGrants

from bot.errors import RoomError
from bot.rooms.rooms import BotState
from bot.rooms.tokens import Caller
from tests.bot.http.api_client import Api, bearer, open_api, send_event
from tests.fake_rooms import API_KEY, API_SECRET
from tests.virtual_time import run_in_virtual_time
from tests.waiting import until


async def park(api: Api) -> None:
    for _ in range(2):
        await api.backend.parking.tend()


async def start(api: Api, **body: str) -> dict[str, str]:
    answer = await api.http.post("/api/sessions", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_start_takes_the_parked_room_and_marks_it() -> None:
    async with open_api(parked_bots=1) as api:
        await park(api)
        session = await start(api)
        room = api.rooms.live[session["room_name"]]
        assert not room.metadata.is_parked
        assert room.metadata.is_admitted
        assert len(api.rooms.created) == 2  # one for visitors, one behind the join link
        headers = bearer(session["participant_token"])
        state = await api.http.get(f"/api/sessions/{session['session_id']}", headers=headers)
        assert state.json()["state"] == "live"


@pytest.mark.promise(
    "Limits", "MAX_SESSIONS calls live at once; one more is refused and leaves nothing."
)
async def test_start_whose_room_lives_already_takes_one_place_and_not_two() -> None:
    async with open_api(max_sessions=2) as api:
        api.rooms.gate = asyncio.Event()
        first = asyncio.create_task(start(api))
        await until(lambda: is_true(len(api.rooms.live) == 1))
        second = asyncio.create_task(start(api))
        await until(lambda: is_true(len(api.rooms.live) == 2 or second.done()))
        api.rooms.gate.set()
        assert (await first)["room_name"] != (await second)["room_name"]


async def is_true(answer: bool) -> bool:
    return answer


@pytest.mark.promise("Rooms", "A room without a bot gets one.")
def test_bot_of_a_start_is_watched_from_the_first() -> None:
    async def story() -> None:
        async with open_api() as api:
            api.rooms.bot_of_new_rooms = BotState.ABSENT
            started = await api.backend.sessions.start(caller=Caller())
            await asyncio.sleep(5.5)
            assert api.rooms.live[started.plan.room_name].dispatches == 2

    run_in_virtual_time(story())


async def test_no_parked_room_is_ever_given_twice() -> None:
    async with open_api(parked_bots=4, max_sessions=50, starts_per_minute=100) as api:
        await park(api)
        sessions = await asyncio.gather(*(start(api) for _ in range(20)))
        assert len({session["room_name"] for session in sessions}) == 20
        assert api.count() == 20


@pytest.mark.promise("Rooms", "The room behind the printed link is kept for it.")
async def test_room_behind_the_join_link_is_kept_for_it() -> None:
    async with open_api(parked_bots=0) as api:
        await park(api)
        (kept,) = api.rooms.live
        assert (await start(api))["room_name"] != kept
        assert (await start(api, join_code=api.join_link.code))["room_name"] == kept


async def test_last_place_goes_to_whoever_comes_first() -> None:
    async with open_api(parked_bots=1, max_sessions=1) as api:
        await park(api)
        (only,) = api.rooms.live
        assert (await start(api))["room_name"] == only
        assert len(api.rooms.created) == 1


async def test_last_place_is_given_while_its_bot_is_on_its_way() -> None:
    async with open_api(parked_bots=1, max_sessions=1) as api:
        api.rooms.bot_of_new_rooms = BotState.ABSENT
        await park(api)
        (only,) = api.rooms.live
        assert (await start(api))["room_name"] == only
        assert api.rooms.deleted == []


async def test_parked_room_that_vanished_is_passed_over() -> None:
    async with open_api(parked_bots=1) as api:
        await park(api)
        api.rooms.live.clear()
        session = await start(api)
        assert list(api.rooms.live) == [session["room_name"]]


async def test_parked_room_whose_bot_just_died_is_passed_over() -> None:
    async with open_api(parked_bots=1) as api:
        await park(api)
        for room in api.rooms.live.values():
            room.bot = BotState.ABSENT
        session = await start(api)
        assert api.rooms.live[session["room_name"]].bot is BotState.READY


async def test_token_of_the_token_endpoint_is_starting_until_it_is_used() -> None:
    async with open_api() as api:
        prepared = (await api.http.post("/api/token", json={})).json()
        session_id = prepared["room_name"].removeprefix("parley-")
        headers = bearer(prepared["participant_token"])
        state = await api.http.get(f"/api/sessions/{session_id}", headers=headers)
        assert state.json() == {"state": "starting", "reason": None}


async def test_session_livekit_has_forgotten_has_ended() -> None:
    async with open_api() as api:
        session = await start(api)
        api.rooms.live.clear()
        headers = bearer(session["participant_token"])
        state = await api.http.get(f"/api/sessions/{session['session_id']}", headers=headers)
        assert state.json() == {"state": "ended", "reason": "ended"}


async def test_end_that_livekit_did_not_hear_is_not_claimed() -> None:
    async with open_api() as api:
        session = await start(api)
        path, headers = (
            f"/api/sessions/{session['session_id']}",
            bearer(session["participant_token"]),
        )
        api.rooms.error = RoomError("livekit_unreachable", "The LiveKit server is silent.")
        assert (await api.http.delete(path, headers=headers)).status_code == 503
        api.rooms.error = None
        assert (await api.http.get(path, headers=headers)).json()["state"] == "live"


async def test_draining_deletes_parked_rooms_and_keeps_calls() -> None:
    async with open_api(parked_bots=2) as api:
        await park(api)
        session = await start(api)
        await api.backend.drain()
        assert list(api.rooms.live) == [session["room_name"]]


# --- what the settings say


@pytest.mark.promise(
    "Limits", "A caller may ask about and end a call for as long as SESSION_MAX_SECS lets it last."
)
@pytest.mark.parametrize(("session_max_secs", "status"), [(120.0, 401), (7200.0, 204)])
async def test_token_is_good_for_as_long_as_a_call_may_last(
    session_max_secs: float, status: int
) -> None:
    async with open_api(session_max_secs=session_max_secs) as api:
        session = await start(api)
        token = (
            AccessToken(API_KEY, API_SECRET.get_secret_value())
            .with_identity(f"caller-{session['session_id']}")
            .with_ttl(timedelta(seconds=-3600.0))
            .with_grants(VideoGrants(room_join=True, room=session["room_name"]))
            .to_jwt()
        )
        path = f"/api/sessions/{session['session_id']}"
        assert (await api.http.delete(path, headers=bearer(token))).status_code == status


@pytest.mark.promise("Starting a call", "A caller is sent to LiveKit by the address of its socket.")
@pytest.mark.parametrize(
    ("url", "given"),
    [
        ("http://127.0.0.1:7880", "ws://127.0.0.1:7880"),
        ("https://lk.example.com/path", "wss://lk.example.com/path"),
        ("wss://lk.example.com", "wss://lk.example.com"),
    ],
)
async def test_caller_is_sent_to_livekit_by_a_socket(url: str, given: str) -> None:
    async with open_api(livekit_url=url) as api:
        assert (await start(api))["server_url"] == given
        answer = await api.http.post("/api/token", json={})
        assert answer.json()["serverUrl"] == given


@pytest.mark.promise("Settings", "AGENT_NAME names every room, every bot and every token.")
async def test_agents_name_is_the_name_of_everything() -> None:
    async with open_api(agent_name="anna", parked_bots=1) as api:
        await park(api)
        sessions = [await start(api) for _ in range(2)]
        for name, room in api.rooms.live.items():
            assert name.startswith("anna-")
            assert room.plan.dispatch().agent_name == "anna"
        prepared = (await api.http.post("/api/token", json={})).json()
        assert prepared["room_name"].startswith("anna-")
        for session in sessions:
            path = f"/api/sessions/{session['session_id']}"
            headers = bearer(session["participant_token"])
            room = {"name": session["room_name"], "metadata": '{"end_reason": "goodbye"}'}
            api.rooms.live.pop(session["room_name"])
            assert await send_event(api, {"event": "room_finished", "room": room}) == 204
            assert (await api.http.get(path, headers=headers)).json()["reason"] == "goodbye"


@pytest.mark.promise("Limits", "As many rooms wait with a bot in them as PARKED_BOTS says.")
@pytest.mark.parametrize("parked_bots", [0, 1, 3])
def test_rooms_wait_as_the_setting_says_and_one_more_for_the_link(parked_bots: int) -> None:
    async def story() -> None:
        async with open_api(parked_bots=parked_bots) as api:
            api.backend.start()
            await asyncio.sleep(3.0)
            assert api.backend.parking.ready_count == api.count(parked=True) == parked_bots + 1
            with api.join_link.use(api.join_link.code):
                pass
            await asyncio.sleep(3.0)
            assert api.backend.parking.ready_count == api.count(parked=True) == parked_bots
            if parked_bots:
                taken = await api.backend.sessions.start(caller=Caller())
                await asyncio.sleep(1.0)  # at once, not with the next look
                assert api.backend.parking.ready_count == parked_bots
                assert taken.plan.room_name in api.rooms.live

    run_in_virtual_time(story())


@pytest.mark.promise(
    "Rooms", "A bot that has got ready is handed out, a lost one replaced, at once."
)
def test_changes_of_parked_rooms_are_seen_at_once() -> None:
    async def story() -> None:
        async with open_api(parked_bots=0) as api:
            api.rooms.bot_of_new_rooms = BotState.STARTING
            api.backend.start()
            await asyncio.sleep(3.0)
            (room,) = api.rooms.live.values()
            assert api.backend.parking.ready_count == 0
            room.bot = BotState.READY
            await asyncio.sleep(0.6)
            assert api.backend.parking.ready_count == 1
            await asyncio.sleep(61.0)
            api.backend.parking.drop(room.plan.room_name)
            await asyncio.sleep(0.1)
            assert api.count(parked=True) == 1
            assert room.plan.room_name not in api.rooms.live

    run_in_virtual_time(story())


@pytest.mark.promise("Limits", "Parked rooms and calls together never exceed MAX_SESSIONS.")
def test_parked_rooms_make_way_for_calls() -> None:
    async def story() -> None:
        async with open_api(parked_bots=3, max_sessions=3) as api:
            api.backend.start()
            for calls in range(1, 4):
                await asyncio.sleep(3.0)
                await api.backend.sessions.start(caller=Caller())
                await asyncio.sleep(3.0)
                assert (api.count(), api.count(parked=True)) == (calls, 3 - calls)

    run_in_virtual_time(story())
