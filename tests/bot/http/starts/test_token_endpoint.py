"""LiveKit's standard token endpoint and its older names."""

from __future__ import annotations

from typing import Any

import jwt
import pytest

from tests.bot.http.api_client import error_code, open_api

_PATHS = ("/api/token", "/api/connection-details", "/api/v2/sandbox/connection-details")


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
            *("participant_identity", "participantIdentity"),
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
async def test_each_token_makes_a_room_of_its_own_and_sends_for_no_bot() -> None:
    async with open_api() as api:
        bodies = [(await api.http.post("/api/token", json={})).json() for _ in range(2)]
        assert bodies[0]["room_name"] != bodies[1]["room_name"]
        claims = jwt.decode(bodies[0]["participant_token"], options={"verify_signature": False})
        assert bodies[0]["session_id"] in claims["roomConfig"]["metadata"]
        # Who comes back with it when the call is over brings none either.
        assert "agents" not in claims["roomConfig"]
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


async def _claims(request_body: object) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the answer to a request, and what its token holds."""
    async with open_api() as api:
        answer = await api.http.post("/api/token", json=request_body)
    assert answer.status_code == 201, answer.text
    token = answer.json()["participant_token"]
    return answer.json(), jwt.decode(token, options={"verify_signature": False})


@pytest.mark.promise(
    "Captions and clients",
    "What LiveKit's own clients ask for is served; room and identity are always the call's own.",
)
@pytest.mark.parametrize(
    "request_body",
    [
        # agents-playground: always a random room, and what is typed into its form.
        {"room_name": "playground-x", "participant_identity": "bot-1", "participant_name": "A"},
        # components-js' examples.
        {"room_name": "test-room", "participant_identity": "user"},
        # Swift, Android, Flutter.
        {"room_config": {}},
        {"room_config": {"agents": [{"agent_name": "parley", "metadata": "", "deployment": ""}]}},
        # What the options of TokenSource.endpoint make of it.
        {"room_config": {"agents": [{"agent_name": "parley", "metadata": "x", "deployment": "y"}]}},
        {"room_config": {"agents": [{"agentName": "parley", "metadata": "x"}]}},
        {"roomConfig": {"agents": [{"agentName": "parley"}]}},
        {"room_config": {"agents": [{}, {}]}},
        {"room_config": {"agents": []}},
        {"room_config": {"agents": None}},
        {"room_config": None},
        # A writer of protobuf that spells out every field.
        {"room_name": "", "participant_identity": None, "participant_attributes": {}},
        {"room_config": {"name": "mine", "empty_timeout": 0, "max_participants": 100}},
        {"room_config": {"egress": {"room": {}}, "min_playout_delay": 0, "tags": {}}},
        # What newer clients may send.
        {"can_publish": True, "room_preset": "x"},
    ],
)
async def test_what_livekits_own_clients_send_is_served(request_body: dict[str, object]) -> None:
    body, claims = await _claims(request_body)
    assert body["room_name"] == body["roomName"] == f"parley-{body['session_id']}"
    assert claims["video"]["room"] == body["room_name"]
    assert claims["sub"] == body["participant_identity"] == body["participantIdentity"]
    assert claims["sub"] not in ("bot-1", "user")
    assert "canPublish" not in claims["roomConfig"]
    plain = (await _claims({}))[1]
    assert claims["roomConfig"].keys() == plain["roomConfig"].keys()
    assert claims["video"].keys() == plain["video"].keys()


@pytest.mark.promise(
    "Captions and clients",
    "What LiveKit's own clients ask for is served; room and identity are always the call's own.",
)
@pytest.mark.parametrize(
    "name",
    ["山田\u3000太郎", "علی\u200cرضا", "Zoé\u00a0!", "\U0001f469\u200d\U0001f4bb", "\U0001fae9"],
)
async def test_a_name_is_taken_as_it_is_written_anywhere(name: str) -> None:
    body, claims = await _claims({"participant_name": name})
    assert body["participant_name"] == claims["name"] == name


async def test_names_and_attributes_in_either_spelling() -> None:
    body, claims = await _claims(
        {"participantName": "Ada", "participantMetadata": "m", "participantAttributes": {"a": "b"}}
    )
    assert body["participant_name"] == claims["name"] == "Ada"
    assert (claims["metadata"], claims["attributes"]) == ("m", {"a": "b"})


@pytest.mark.parametrize("key", ["lk.agent.state", "parley.end_reason", "parley.person"])
async def test_attributes_that_have_a_meaning_are_not_a_callers_to_set(key: str) -> None:
    _, claims = await _claims({"participant_attributes": {key: "x", "colour": "blue"}})
    assert claims["attributes"] == {"colour": "blue"}


@pytest.mark.promise(
    "Captions and clients", "Who asks for somebody else's agent is told, instead of getting ours."
)
@pytest.mark.parametrize("agents", [[{"agent_name": "other"}], [{}, {"agentName": "other"}]])
async def test_somebody_elses_agent_is_refused(agents: list[dict[str, str]]) -> None:
    async with open_api() as api:
        answer = await api.http.post("/api/token", json={"room_config": {"agents": agents}})
        assert (answer.status_code, error_code(answer)) == (422, "field_not_allowed")


@pytest.mark.parametrize(
    "request_body",
    [
        {"room_config": "parley"},
        {"room_config": {"agents": "parley"}},
        {"room_config": {"agents": [{}] * 17}},
        {"room_config": {"agents": [{"agent_name": 5}]}},
        {"participant_attributes": {"k" * 65: "v"}},
        {"participant_attributes": {"k": "v" * 257}},
        {"participant_attributes": {"k": 1}},
        {"participant_attributes": {str(number): "v" for number in range(17)}},
        {"participant_metadata": "x" * 2049},
        {"participant_name": "two\nlines"},
    ],
)
async def test_unfit_fields_are_bad_requests(request_body: dict[str, object]) -> None:
    async with open_api() as api:
        answer = await api.http.post("/api/token", json=request_body)
        assert (answer.status_code, error_code(answer)) == (422, "bad_request")


@pytest.mark.parametrize(
    ("query", "status", "name"),
    [
        ("?roomName=mine&participantName=Ada%20L", 200, "Ada L"),
        ("?roomName=mine", 200, ""),
        ("?participantName=a%0Ab", 422, None),
        (f"?participantName={'x' * 65}", 422, None),
    ],
)
async def test_meet_says_its_name_in_the_query(query: str, status: int, name: str | None) -> None:
    async with open_api() as api:
        answer = await api.http.get(f"/api/connection-details{query}")
        assert answer.status_code == status
        assert answer.json().get("participantName") == name
        assert answer.json().get("roomName") != "mine"


async def test_full_house_gives_no_tokens() -> None:
    async with open_api(max_sessions=1) as api:
        await api.http.post("/api/sessions")
        answer = await api.http.post("/api/token", json={})
        assert (answer.status_code, error_code(answer)) == (503, "at_capacity")
