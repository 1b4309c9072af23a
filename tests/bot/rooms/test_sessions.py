"""Starts from parked rooms, and what happens when they are not what they seemed."""

from __future__ import annotations

import asyncio

from bot.errors import RoomError
from bot.rooms.rooms import BotState
from tests.bot.http.api_client import Api, bearer, open_api


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
        assert len(api.rooms.created) == 2  # one for visitors, one behind the join link
        headers = bearer(session["participant_token"])
        state = await api.http.get(f"/api/sessions/{session['session_id']}", headers=headers)
        assert state.json()["state"] == "live"


async def test_no_parked_room_is_ever_given_twice() -> None:
    async with open_api(parked_bots=4, max_sessions=50, starts_per_minute=100) as api:
        await park(api)
        sessions = await asyncio.gather(*(start(api) for _ in range(20)))
        assert len({session["room_name"] for session in sessions}) == 20
        assert api.count() == 20


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
