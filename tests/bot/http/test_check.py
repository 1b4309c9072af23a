"""`POST /api/check`: a room to try the line in, and what it cannot be used for."""

from __future__ import annotations

import jwt
import pytest

from bot.errors import RoomError
from tests.bot.http.api_client import bearer, error_code, open_api
from tests.fake_rooms import API_SECRET

_KEY = "correct horse battery"


def _claims(token: str) -> dict[str, object]:
    return jwt.decode(token, API_SECRET.get_secret_value(), algorithms=["HS256"])


async def test_a_check_gets_a_room_of_its_own_without_a_bot() -> None:
    async with open_api() as api:
        answer = await api.http.post("/api/check", json={})
        assert answer.status_code == 201
        body = answer.json()
        assert body["server_url"] == "ws://127.0.0.1:7880"
        claims = _claims(body["participant_token"])
        ((name, request),) = api.rooms.bare.items()
        assert claims["video"] == {
            "roomJoin": True,
            "room": name,
            "canPublish": True,
            "canPublishSources": ["microphone"],
            "canSubscribe": False,
            "canPublishData": False,
            "canUpdateOwnMetadata": False,
        }
        assert "roomConfig" not in claims and "attributes" not in claims
        assert int(str(claims["exp"])) - int(str(claims["nbf"])) <= body["secs"] == 60
        # Nobody answers to that name.
        assert [dispatch.agent_name for dispatch in request.agents] == [name]
        assert request.max_participants == 1


async def test_a_check_takes_no_line_and_is_no_session() -> None:
    async with open_api(max_sessions=1) as api:
        assert (await api.http.post("/api/check")).status_code == 201
        assert (await api.http.post("/api/sessions")).status_code == 201
        # Nor is it refused while every line is busy: then somebody may well want to know why.
        assert (await api.http.post("/api/check")).status_code == 201
        assert api.count() == 1
        health = (await api.http.get("/api/health")).json()
        assert health["capacity"]["used"] == 1


async def test_two_checks_share_nothing() -> None:
    async with open_api() as api:
        tokens = [(await api.http.post("/api/check")).json()["participant_token"] for _ in range(2)]
        first, second = (_claims(token)["video"] for token in tokens)
        assert first != second


async def test_checks_are_counted_by_address_and_in_all() -> None:
    async with open_api() as api:
        answers = [(await api.http.post("/api/check")) for _ in range(7)]
        assert [one.status_code for one in answers] == [201] * 6 + [429]
        assert error_code(answers[-1]) == "rate_limited"
        # Starts are counted apart.
        assert (await api.http.post("/api/sessions")).status_code == 201
        others = [
            (await api.client_at(f"192.0.2.{number}").post("/api/check")).status_code
            for number in range(40)
        ]
        assert others.count(201) == 24
        assert len(api.rooms.bare) == 30


async def test_checks_are_behind_the_door() -> None:
    async with open_api(access="key", access_key=_KEY) as api:
        refused = await api.http.post("/api/check")
        assert (refused.status_code, error_code(refused)) == (401, "key_needed")
        assert not api.rooms.bare
        allowed = await api.http.post("/api/check", headers=bearer(_KEY))
        assert allowed.status_code == 201


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Host": "evil"}],
)
async def test_no_page_of_another_site_makes_rooms(headers: dict[str, str]) -> None:
    async with open_api() as api:
        answer = await api.http.post("/api/check", headers=headers)
        assert error_code(answer) == "forbidden"
        assert not api.rooms.bare


async def test_no_link_or_picture_makes_rooms() -> None:
    async with open_api() as api:
        assert (await api.http.get("/api/check")).status_code == 405


async def test_a_token_of_a_check_opens_no_session() -> None:
    async with open_api() as api:
        started = (await api.http.post("/api/sessions")).json()
        token = (await api.http.post("/api/check")).json()["participant_token"]
        for method in ("GET", "DELETE"):
            path = f"/api/sessions/{started['session_id']}"
            answer = await api.http.request(method, path, headers=bearer(token))
            assert answer.status_code == 403
        assert api.count() == 1


async def test_a_livekit_that_is_away_is_told_as_such() -> None:
    async with open_api() as api:
        api.rooms.error = RoomError("livekit_unreachable", "LiveKit does not answer.")
        answer = await api.http.post("/api/check")
        assert (answer.status_code, error_code(answer)) == (503, "livekit_unreachable")


async def test_an_end_leaves_no_room_behind() -> None:
    async with open_api() as api:
        await api.http.post("/api/check")
        await api.backend.drain()
        assert not api.rooms.bare
        refused = await api.http.post("/api/check")
        assert (refused.status_code, error_code(refused)) == (503, "draining")
