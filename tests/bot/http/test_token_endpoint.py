"""LiveKit's standard token endpoint and its older names."""

from __future__ import annotations

import jwt
import pytest

from tests.bot.http.api_client import error_code, open_api

_PATHS = ("/api/token", "/api/connection-details")


@pytest.mark.promise(
    "Captions and clients",
    "LiveKit's own clients get a token at /api/token, and start nothing yet.",
)
@pytest.mark.parametrize("path", _PATHS)
async def test_answer_has_both_spellings_and_starts_nothing(path: str) -> None:
    async with open_api() as api:
        answer = await api.http.post(path, json={})
        body = answer.json()
        assert answer.status_code == 201
        assert set(body) == {
            *("server_url", "participant_token", "room_name", "participant_name"),
            *("serverUrl", "participantToken", "roomName", "participantName"),
            *("session_id", "sessionId", "resume_ticket", "resumeTicket"),
        }
        assert body["server_url"] == body["serverUrl"] == "ws://127.0.0.1:7880"
        assert api.rooms.created == []
        assert answer.headers["cache-control"] == "no-store"


async def test_older_apps_may_ask_by_get() -> None:
    async with open_api() as api:
        answer = await api.http.get("/api/connection-details")
        assert answer.status_code == 200
        assert answer.json()["participantToken"]


@pytest.mark.promise("Starting a call", "One start makes one room, with one bot in it.")
async def test_token_dispatches_the_bot_into_a_fresh_room() -> None:
    async with open_api() as api:
        bodies = [(await api.http.post("/api/token", json={})).json() for _ in range(2)]
        assert bodies[0]["room_name"] != bodies[1]["room_name"]
        claims = jwt.decode(bodies[0]["participant_token"], options={"verify_signature": False})
        (agent,) = claims["roomConfig"]["agents"]
        assert agent["agentName"] == "parley"
        assert claims["exp"] - claims["nbf"] <= 600


async def test_what_a_caller_says_about_themselves_is_in_the_token() -> None:
    async with open_api() as api:
        request = {
            "participant_name": "Ada",
            "participant_metadata": "{}",
            "participant_attributes": {"colour": "blue"},
        }
        body = (await api.http.post("/api/token", json=request)).json()
        claims = jwt.decode(body["participant_token"], options={"verify_signature": False})
        assert (claims["name"], claims["metadata"]) == ("Ada", "{}")
        assert claims["attributes"] == {"colour": "blue"}
        assert body["participant_name"] == "Ada"


@pytest.mark.parametrize(
    "request_body",
    [
        {"room_name": "mine"},
        {"participant_identity": "bot-1"},
        {"participant_attributes": {"lk.agent.state": "speaking"}},
        {"participant_attributes": {"parley.end_reason": "x"}},
        {"room_config": {"agents": [{"agent_name": "somebody-elses"}]}},
        {"room_config": {"agents": [{"agent_name": "parley", "metadata": "x"}]}},
        {"room_config": {"agents": [{"agent_name": "parley", "deployment": "x"}]}},
        {"room_config": {"name": "mine"}},
    ],
)
async def test_fields_that_are_ours_may_not_be_set(request_body: dict[str, object]) -> None:
    async with open_api() as api:
        answer = await api.http.post("/api/token", json=request_body)
        assert (answer.status_code, error_code(answer)) == (422, "field_not_allowed")


@pytest.mark.parametrize(
    "request_body",
    [
        {"room_config": {"egress": {}}},
        {"room_config": {"max_participants": 100}},
        {"room_config": {"agents": [{}, {}]}},
        {"room_config": {"agents": "parley"}},
        {"participant_attributes": {"k" * 65: "v"}},
        {"participant_attributes": {"k": "v" * 257}},
        {"participant_attributes": {"k": 1}},
        {"participant_attributes": {str(number): "v" for number in range(17)}},
        {"participant_metadata": "x" * 2049},
        {"can_publish": True},
    ],
)
async def test_unfit_fields_are_bad_requests(request_body: dict[str, object]) -> None:
    async with open_api() as api:
        answer = await api.http.post("/api/token", json=request_body)
        assert (answer.status_code, error_code(answer)) == (422, "bad_request")


@pytest.mark.parametrize(
    "request_body",
    [
        {"room_name": "", "participant_identity": None},
        {"room_config": {"agents": [{"agent_name": "parley", "metadata": "", "deployment": ""}]}},
        {"room_config": {"agents": [{"agentName": "parley"}]}},
        {"room_config": {"agents": []}},
        {"room_config": None},
    ],
)
async def test_what_livekits_own_clients_send_is_taken(request_body: dict[str, object]) -> None:
    async with open_api() as api:
        assert (await api.http.post("/api/token", json=request_body)).status_code == 201


async def test_full_house_gives_no_tokens() -> None:
    async with open_api(max_sessions=1) as api:
        await api.http.post("/api/sessions")
        answer = await api.http.post("/api/token", json={})
        assert (answer.status_code, error_code(answer)) == (503, "at_capacity")
