"""A start that comes again with its `Idempotency-Key`: what it costs, and whose it is."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from bot.errors import RoomError
from tests.bot.http.api_client import Api, error_code, open_api

_KEY = {"Idempotency-Key": "one-click-of-a-visitor"}


async def start(http: httpx.AsyncClient, key: str | None = None) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return await http.post("/api/sessions", headers=headers)


async def repeat(api: Api, times: int) -> set[str]:
    """Start with one key, at once and again later; returns the different answers."""
    at_once = [api.http.post("/api/sessions", headers=_KEY) for _ in range(times)]
    answers = [*await asyncio.gather(*at_once)]
    answers += [await api.http.post("/api/sessions", headers=_KEY) for _ in range(times)]
    assert {answer.status_code for answer in answers} == {201}
    return {answer.text for answer in answers}


@pytest.mark.promise(
    "Starting a call", "A start that is repeated with its key costs no second one."
)
async def test_repetitions_take_nothing_from_what_an_address_may_start() -> None:
    async with open_api(starts_per_minute=2) as api:
        assert len(await repeat(api, 5)) == 1
        assert (await start(api.http)).status_code == 201
        assert error_code(await start(api.http)) == "rate_limited"
        # Nor does a full count refuse what has been started.
        assert len(await repeat(api, 1)) == 1


@pytest.mark.promise(
    "Starting a call", "A start that is repeated with its key costs no second one."
)
async def test_repetitions_take_one_place_and_one_parked_room() -> None:
    async with open_api(max_sessions=2, parked_bots=1) as api:
        with api.join_link.use(api.join_link.code):
            pass  # so that no room is kept for it
        for _ in range(2):
            await api.backend.parking.tend()
        assert len(await repeat(api, 5)) == 1
        health = (await api.http.get("/api/health")).json()
        assert health["capacity"]["used"] == 1
        assert api.count() == 1
        assert (await start(api.http)).status_code == 201
        assert error_code(await start(api.http)) == "at_capacity"
        # The house being full, a repetition is still the call that lives.
        assert len(await repeat(api, 1)) == 1


@pytest.mark.promise(
    "Starting a call", "A start that failed may be repeated with its key, and then is one start."
)
async def test_repetitions_of_a_start_that_fails_are_one_start() -> None:
    async with open_api() as api:
        fails = iter([True])

        async def fail_once(call: str) -> None:
            if call == "create" and next(fails, False):
                raise RoomError("livekit_unreachable", "The LiveKit server does not answer.")

        api.rooms.on_request = fail_once
        answers = await asyncio.gather(
            *(api.http.post("/api/sessions", headers=_KEY) for _ in range(5))
        )
        assert sorted(answer.status_code for answer in answers) == [201, 201, 201, 201, 503]
        assert len({answer.text for answer in answers}) == 2
        assert api.count() == 1


@pytest.mark.promise(
    "Starting a call", "A start that failed may be repeated with its key, and then is one start."
)
async def test_start_refused_for_want_of_a_place_is_not_remembered() -> None:
    async with open_api(max_sessions=1) as api:
        first = (await start(api.http)).json()
        assert error_code(await start(api.http, "key-of-the-second")) == "at_capacity"
        api.rooms.live.pop(first["room_name"])
        answers = [await start(api.http, "key-of-the-second") for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert answers[0].text == answers[1].text


@pytest.mark.promise(
    "Starting a call", "Two visitors who choose the same key never get one call between them."
)
async def test_same_key_from_another_address_is_another_visitor() -> None:
    async with open_api() as api:
        answers = [
            (await start(api.client_at(address), "retry-0001")).json()
            for address in ("192.0.2.1", "192.0.2.2", "192.0.2.1")
        ]
        rooms = [answer["room_name"] for answer in answers]
        assert rooms[0] == rooms[2] != rooms[1]
        assert api.count() == 2


@pytest.mark.promise(
    "Starting a call", "A start that is repeated with its key costs no second one."
)
async def test_a_phone_that_changes_its_ipv6_address_is_the_same_visitor() -> None:
    async with open_api() as api:
        answers = [
            (await start(api.client_at(address), "retry-0001")).json()
            for address in ("2001:db8::1", "2001:db8::f00:2", "2001:db8:0:1::1")
        ]
        rooms = [answer["room_name"] for answer in answers]
        assert rooms[0] == rooms[1] != rooms[2]
        assert api.count() == 2
