"""The waiting line as callers meet it: a place, a turn, and what ends the waiting."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from bot.errors import RoomError
from tests.bot.http.api_client import Api, error_code, open_api
from tests.virtual_time import run_in_virtual_time

_BUSY: dict[str, Any] = {"max_sessions": 1, "starts_per_minute": 1000}


async def ask(api: Api, number: int, *, wait: bool = True, **body: object) -> httpx.Response:
    """Ask for a session as caller `number`, who has an address and a key."""
    client = api.client_at(f"203.0.113.{number}")
    headers = {"Idempotency-Key": f"key-of-caller-{number}"}
    return await client.post("/api/sessions", json={"wait": wait, **body}, headers=headers)


async def told(api: Api, number: int, **body: Any) -> int | str:
    """Return the place a caller is told, "in", or why they are refused."""
    answer = await ask(api, number, **body)
    if answer.status_code == 202:
        assert set(answer.json()) == {"place", "kept_secs"}
        assert 1 <= int(answer.headers["retry-after"]) < answer.json()["kept_secs"]
        return answer.json()["place"]
    return "in" if answer.status_code == 201 else error_code(answer)


async def fill(api: Api, lines: int = 1) -> None:
    for number in range(200, 200 + lines):
        assert await told(api, number) == "in"
        api.rooms.live[list(api.rooms.live)[-1]].has_caller = True


def hang_up(api: Api) -> None:
    """End the oldest session."""
    name = next(iter(api.rooms.live))
    del api.rooms.live[name]
    api.backend.records.note_ended(name.split("-")[1], "goodbye")


@pytest.mark.promise(
    "Starting a call", "Who waits for a line gets the next one, before anybody who came later."
)
@pytest.mark.parametrize("parked_bots", [0, 1])
def test_lines_are_given_in_the_order_of_arrival(parked_bots: int) -> None:
    async def story() -> None:
        async with open_api(**_BUSY, parked_bots=parked_bots) as api:
            await fill(api)
            assert [await told(api, n) for n in (1, 2, 3)] == [1, 2, 3]
            hang_up(api)
            for _ in range(2):
                await api.backend.parking.tend()
            await asyncio.sleep(2.0)
            # Neither those behind nor those who do not wait, nor LiveKit's own clients.
            assert await told(api, 3) == 3
            assert await told(api, 2) == 2
            assert await told(api, 4) == 4
            assert await told(api, 5, wait=False) == "at_capacity"
            minted = await api.client_at("203.0.113.9").post("/api/token")
            assert error_code(minted) == "at_capacity"
            assert await told(api, 1) == "in"
            await asyncio.sleep(2.0)
            assert [await told(api, n) for n in (2, 3, 4)] == [1, 2, 3]

    run_in_virtual_time(story())


@pytest.mark.promise(
    "Starting a call", "Who waits for a line gets the next one, before anybody who came later."
)
def test_two_free_lines_are_two_peoples() -> None:
    async def story() -> None:
        async with open_api(max_sessions=2, starts_per_minute=1000) as api:
            await fill(api, 2)
            assert [await told(api, n) for n in (1, 2, 3)] == [1, 2, 3]
            hang_up(api)
            hang_up(api)
            await asyncio.sleep(2.0)
            assert await asyncio.gather(*(told(api, n) for n in (3, 2, 1))) == [3, "in", "in"]

    run_in_virtual_time(story())


@pytest.mark.promise(
    "Starting a call", "Who waits for a line gets the next one, before anybody who came later."
)
def test_many_at_once_are_placed_as_they_came() -> None:
    async def story() -> None:
        async with open_api(max_sessions=10, starts_per_minute=1000) as api:
            answers = await asyncio.gather(*(told(api, n) for n in range(1, 51)))
            assert answers.count("in") == 10
            await asyncio.sleep(2.0)
            again = [await told(api, n) for n, answer in enumerate(answers, 1) if answer != "in"]
            assert again == list(range(1, 41))

    run_in_virtual_time(story())


@pytest.mark.promise("Starting a call", "A place in the line is kept for a minute without a word.")
@pytest.mark.parametrize(
    ("silent_secs", "expected"),
    [
        (10.0, {1: "in", 2: 1}),
        # Passed over, and first again.
        (20.0, {2: "in", 1: 1}),
        (59.0, {2: "in", 1: 1}),
        (61.0, {2: "in", 1: 2}),
    ],
)
def test_who_does_not_ask_loses_the_turn_and_then_the_place(
    silent_secs: float, expected: dict[int, int | str]
) -> None:
    async def story() -> None:
        async with open_api(**_BUSY) as api:
            await fill(api)
            assert [await told(api, n) for n in (1, 2)] == [1, 2]
            for _ in range(int(silent_secs) - 1):
                await asyncio.sleep(1.0)
                await ask(api, 2)
            await asyncio.sleep(silent_secs % 1.0 + 1.0)
            if silent_secs > 60.0:
                assert await told(api, 3) == 2
                expected[1] = 2
            hang_up(api)
            for number, answer in expected.items():
                assert await told(api, number) == answer

    run_in_virtual_time(story())


@pytest.mark.promise("Starting a call", "Waiting costs one start, however often it asks.")
def test_asking_again_costs_no_start() -> None:
    async def story() -> None:
        async with open_api(max_sessions=1, starts_per_minute=1) as api:
            await fill(api)
            for _ in range(30):
                assert await told(api, 1) == 1
                await asyncio.sleep(2.0)
            hang_up(api)
            first = await ask(api, 1)
            assert first.status_code == 201
            assert (await ask(api, 1)).json() == first.json()
            assert api.count() == 1

    run_in_virtual_time(story())


@pytest.mark.promise("Starting a call", "A place in the line is its own caller's alone.")
async def test_somebody_elses_key_is_not_theirs() -> None:
    async with open_api(**_BUSY) as api:
        await fill(api)
        assert await told(api, 1) == 1
        thief = api.client_at("198.51.100.1")
        headers = {"Idempotency-Key": "key-of-caller-1"}
        answer = await thief.post("/api/sessions", json={"wait": True}, headers=headers)
        assert answer.json()["place"] == 2
        assert (await thief.delete("/api/sessions", headers=headers)).status_code == 204
        assert await told(api, 2) == 2
        hang_up(api)
        answer = await thief.post("/api/sessions", json={}, headers=headers)
        assert error_code(answer) == "at_capacity"


async def test_place_that_is_given_up_is_the_next_ones() -> None:
    async with open_api(**_BUSY) as api:
        await fill(api)
        assert [await told(api, n) for n in (1, 2)] == [1, 2]
        headers = {"Idempotency-Key": "key-of-caller-1"}
        for _ in range(2):
            client = api.client_at("203.0.113.1")
            assert (await client.delete("/api/sessions", headers=headers)).status_code == 204
        assert await told(api, 2) == 1


@pytest.mark.promise("Limits", "One address has two places in the line at most.")
async def test_one_network_does_not_fill_the_line() -> None:
    async with open_api(max_sessions=4, starts_per_minute=1000) as api:
        await fill(api, 4)
        client, asked = api.client_at("198.51.100.1"), list[int]()
        for number in range(9):
            headers = {"Idempotency-Key": f"one-of-many-{number}"}
            answer = await client.post("/api/sessions", json={"wait": True}, headers=headers)
            asked.append(answer.status_code)
        assert asked == [202, 202] + [503] * 7
        assert await told(api, 1) == 3


@pytest.mark.promise("Limits", "Four callers wait for each line at most.")
async def test_line_is_bounded() -> None:
    async with open_api(max_sessions=2, starts_per_minute=1000) as api:
        await fill(api, 2)
        answers = [await told(api, n) for n in range(1, 12)]
        assert answers == [*range(1, 9)] + ["at_capacity"] * 3


@pytest.mark.promise("Starting a call", "Whoever does not ask to wait is refused as ever.")
async def test_clients_that_cannot_wait_are_refused() -> None:
    async with open_api(**_BUSY) as api:
        await fill(api)
        for path, method in (
            ("/api/sessions", "POST"),
            ("/api/token", "POST"),
            ("/api/connection-details", "POST"),
        ):
            answer = await api.http.request(method, path)
            assert (answer.status_code, error_code(answer)) == (503, "at_capacity")
            assert answer.headers["retry-after"] == "10"
        answer = await api.http.post("/api/sessions", json={"wait": True})
        assert (answer.status_code, error_code(answer)) == (422, "bad_request")


@pytest.mark.promise("Starting a call", "A drain, a pause and a spent day end the waiting by name.")
@pytest.mark.parametrize("code", ["draining", "paused"])
def test_line_that_is_closed_says_why(code: str) -> None:
    async def story() -> None:
        async with open_api(**_BUSY) as api:
            await fill(api)
            assert [await told(api, n) for n in (1, 2)] == [1, 2]
            await asyncio.sleep(1.1)
            if code == "draining":
                await api.backend.drain()
            else:
                api.backend.spending._is_paused = True  # pyright: ignore[reportPrivateUsage]
            assert [await told(api, n) for n in (1, 2)] == [code, code]
            assert len(api.backend.line) == 0

    run_in_virtual_time(story())


def test_place_outlives_a_livekit_that_fails() -> None:
    async def story() -> None:
        async with open_api(**_BUSY) as api:
            await fill(api)
            assert [await told(api, n) for n in (1, 2)] == [1, 2]
            hang_up(api)
            await asyncio.sleep(1.1)
            api.rooms.create_error = RoomError("livekit_unreachable", "It does not answer.")
            assert await told(api, 1) == "livekit_unreachable"
            api.rooms.create_error = None
            await asyncio.sleep(1.1)
            assert await told(api, 2) == 2
            assert await told(api, 1) == "in"

    run_in_virtual_time(story())


def test_full_network_holds_up_nobody_behind() -> None:
    async def story() -> None:
        async with open_api(max_sessions=2, sessions_per_address=1, starts_per_minute=1000) as api:
            await fill(api, 2)
            client = api.client_at("198.51.100.1")
            keys = [{"Idempotency-Key": f"one-of-two-{number}"} for number in range(2)]

            async def both(header: dict[str, str]) -> httpx.Response:
                return await client.post("/api/sessions", json={"wait": True}, headers=header)

            assert [(await both(key)).status_code for key in keys] == [202, 202]
            assert await told(api, 1) == 3
            hang_up(api)
            hang_up(api)
            await asyncio.sleep(1.1)
            assert [(await both(key)).status_code for key in keys] == [201, 202]
            assert await told(api, 1) == "in"

    run_in_virtual_time(story())


@pytest.mark.promise("Rooms", "The room behind the printed link is kept for it.")
async def test_link_passes_the_line() -> None:
    async with open_api(max_sessions=2, parked_bots=1, starts_per_minute=1000) as api:
        for _ in range(2):
            await api.backend.parking.tend()
        await fill(api)
        assert await told(api, 1) == 1
        assert await told(api, 2, wait=False, join_code=api.join_link.code) == "in"
