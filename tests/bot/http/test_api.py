"""The calls themselves, on the real app with fake rooms."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from bot.errors import RoomError
from bot.rooms.rooms import BotState
from tests.bot.http.api_client import Api, bearer, error_code, open_api, send_event


async def test_start_answers_with_everything_a_caller_needs() -> None:
    async with open_api() as api:
        answer = await api.http.post("/api/sessions", json={"participant_name": " Ada "})

    assert answer.status_code == 201
    body = answer.json()
    assert set(body) == {
        "session_id",
        "room_name",
        "server_url",
        "participant_token",
        "expires_at",
        "resume_ticket",
        "resume_secs",
        "lived_secs",
        "is_kept",
        "captions",
    }
    assert body["room_name"] == f"parley-{body['session_id']}"
    assert body["server_url"] == "ws://127.0.0.1:7880"
    assert datetime.fromisoformat(body["expires_at"]) <= datetime.now(UTC) + timedelta(minutes=10)
    claims = jwt.decode(body["participant_token"], options={"verify_signature": False})
    assert (claims["name"], claims["video"]["room"]) == ("Ada", body["room_name"])
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("content", [b"", b"{}"])
async def test_start_needs_no_body(content: bytes) -> None:
    async with open_api() as api:
        answer = await api.http.post(
            "/api/sessions", content=content, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 201
        assert api.count() == 1


async def test_every_start_gets_a_room_of_its_own() -> None:
    async with open_api() as api:
        answers = [(await api.http.post("/api/sessions")).json() for _ in range(3)]
        assert len({answer["room_name"] for answer in answers}) == 3
        assert api.count() == 3


# --- idempotency


@pytest.mark.promise(
    "Starting a call", "A start that is repeated with its key costs no second one."
)
async def test_simultaneous_duplicates_share_one_start() -> None:
    async with open_api() as api:
        answers = await asyncio.gather(
            *(
                api.http.post("/api/sessions", headers={"Idempotency-Key": "double-click"})
                for _ in range(20)
            )
        )
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.text for answer in answers}) == 1
        assert api.count() == 1


async def test_one_key_with_two_bodies_is_a_conflict() -> None:
    async with open_api() as api:
        headers = {"Idempotency-Key": "the-same-key"}
        await api.http.post("/api/sessions", json={"participant_name": "Ada"}, headers=headers)
        answer = await api.http.post(
            "/api/sessions", json={"participant_name": "Eve"}, headers=headers
        )
        assert (answer.status_code, error_code(answer)) == (409, "idempotency_conflict")
        assert api.count() == 1


async def test_failed_start_may_be_repeated_with_its_key() -> None:
    async with open_api() as api:
        headers = {"Idempotency-Key": "try-again"}
        api.rooms.error = RoomError("livekit_unreachable", "The LiveKit server does not answer.")
        failed = await api.http.post("/api/sessions", headers=headers)
        api.rooms.error = None
        answer = await api.http.post("/api/sessions", headers=headers)
        assert (failed.status_code, answer.status_code) == (503, 201)


# --- refusals: a code, and nothing created


@pytest.mark.promise(
    "Limits", "MAX_SESSIONS calls live at once; one more is refused and leaves nothing."
)
async def test_full_house_is_at_capacity() -> None:
    async with open_api(max_sessions=2) as api:
        answers = await asyncio.gather(*(api.http.post("/api/sessions") for _ in range(8)))
        refused = [answer for answer in answers if answer.status_code == 503]
        assert len(refused) == 6
        assert {error_code(answer) for answer in refused} == {"at_capacity"}
        assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)
        assert api.count() == 2
        assert len(api.rooms.created) == 2


@pytest.mark.promise(
    "Limits", "MAX_SESSIONS calls live at once; one more is refused and leaves nothing."
)
async def test_place_is_free_again_when_a_room_is_gone() -> None:
    async with open_api(max_sessions=1) as api:
        first = (await api.http.post("/api/sessions")).json()
        assert (await api.http.post("/api/sessions")).status_code == 503
        api.rooms.live.pop(first["room_name"])
        assert (await api.http.post("/api/sessions")).status_code == 201


async def test_too_many_starts_are_rate_limited() -> None:
    async with open_api(starts_per_minute=2, max_sessions=100) as api:
        answers = [await api.http.post("/api/sessions") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [201, 201, 429]
        assert error_code(answers[2]) == "rate_limited"
        assert 1 <= int(answers[2].headers["retry-after"]) <= 60
        assert (await api.http.post("/api/token", json={})).status_code == 429
        assert api.count() == 2


@pytest.mark.promise("Starting a call", "A runner that is being stopped starts no more calls.")
async def test_draining_refuses_starts_and_tokens() -> None:
    async with open_api() as api:
        await api.backend.drain()
        for path in ("/api/sessions", "/api/token"):
            answer = await api.http.post(path)
            assert (answer.status_code, error_code(answer)) == (503, "draining")
            assert answer.headers["retry-after"]
        assert api.rooms.created == []


async def test_silent_livekit_is_said_plainly() -> None:
    async with open_api() as api:
        api.rooms.error = RoomError("livekit_refused", "LiveKit refused (unauthenticated).")
        answer = await api.http.post("/api/sessions")
        assert (answer.status_code, error_code(answer)) == (503, "livekit_unreachable")
        assert int(answer.headers["retry-after"]) > 0
        assert "unauthenticated" not in answer.text


async def test_room_whose_creation_failed_late_is_deleted() -> None:
    async with open_api() as api:
        api.rooms.create_error = RoomError("livekit_unreachable", "too late")
        assert (await api.http.post("/api/sessions")).status_code == 503
        async with asyncio.timeout(1):
            while api.rooms.live:
                await asyncio.sleep(0)
                continue
        assert api.rooms.deleted == api.rooms.created


async def test_unforeseen_failure_is_internal_and_says_nothing() -> None:
    async with open_api() as api:
        api.rooms.live = None  # type: ignore[assignment]  # breaks it from inside
        answer = await api.http.post("/api/sessions")
        assert (answer.status_code, error_code(answer)) == (500, "internal")
        assert "NoneType" not in answer.text
        assert "content-security-policy" in answer.headers


# --- the join link


@pytest.mark.promise(
    "Starting a call", "The printed link is good for one start, within ten minutes."
)
async def test_join_link_opens_a_parked_room_once() -> None:
    async with open_api() as api:
        await api.backend.parking.tend()
        await api.backend.parking.tend()
        assert api.backend.parking.ready_count == 1
        body = {"join_code": api.join_link.code}
        first = await api.http.post("/api/sessions", json=body)
        second = await api.http.post("/api/sessions", json=body)
        assert first.status_code == 201
        assert len(api.rooms.created) == 1
        assert (second.status_code, error_code(second)) == (410, "join_link_used")


@pytest.mark.parametrize("code", ["wrong", "é" * 24])
async def test_unknown_join_code_is_gone(code: str) -> None:
    async with open_api() as api:
        answer = await api.http.post("/api/sessions", json={"join_code": code})
        assert (answer.status_code, error_code(answer)) == (410, "join_link_used")
        assert api.join_link.is_open
        assert api.rooms.created == []


async def test_join_code_survives_a_failed_start() -> None:
    async with open_api() as api:
        api.rooms.error = RoomError("livekit_unreachable", "The LiveKit server does not answer.")
        body = {"join_code": api.join_link.code}
        assert (await api.http.post("/api/sessions", json=body)).status_code == 503
        api.rooms.error = None
        assert (await api.http.post("/api/sessions", json=body)).status_code == 201


# --- looking at and ending a session


async def started(api: Api) -> dict[str, str]:
    return (await api.http.post("/api/sessions")).json()


async def test_state_follows_the_session() -> None:
    async with open_api() as api:
        api.rooms.bot_of_new_rooms = BotState.STARTING
        session = await started(api)
        path, headers = (
            f"/api/sessions/{session['session_id']}",
            bearer(session["participant_token"]),
        )
        assert (await api.http.get(path, headers=headers)).json() == {
            "state": "starting",
            "reason": None,
        }
        api.rooms.live[session["room_name"]].bot = BotState.READY
        assert (await api.http.get(path, headers=headers)).json()["state"] == "live"
        ended = await api.http.delete(path, headers=headers)
        assert (ended.status_code, ended.content) == (204, b"")
        assert (await api.http.get(path, headers=headers)).json() == {
            "state": "ended",
            "reason": "caller_left",
        }
        assert (await api.http.delete(path, headers=headers)).status_code == 204


@pytest.mark.promise("Starting a call", "A call is seen and ended only by its own caller.")
async def test_other_sessions_cannot_be_seen_or_ended() -> None:
    async with open_api() as api:
        mine, other = await started(api), await started(api)
        path = f"/api/sessions/{other['session_id']}"
        for call in (api.http.get, api.http.delete):
            refused = await call(path, headers=bearer(mine["participant_token"]))
            nobody = await call(path)
            assert (refused.status_code, error_code(refused)) == (403, "forbidden")
            assert (nobody.status_code, error_code(nobody)) == (401, "unauthorized")
        assert other["room_name"] in api.rooms.live


async def test_unknown_session_is_not_found() -> None:
    async with open_api() as api:
        for session_id in ("x", "0" * 21, "..%2f..", "%00"):
            answer = await api.http.get(f"/api/sessions/{session_id}")
            assert (answer.status_code, error_code(answer)) == (404, "not_found")


# --- LiveKit's webhook


async def test_event_may_be_as_long_as_livekit_makes_it() -> None:
    async with open_api() as api:
        session = await started(api)
        metadata = json.dumps({"end_reason": "goodbye", "note": "x" * 50_000})
        room = {"name": session["room_name"], "metadata": metadata}
        event: dict[str, object] = {"event": "room_finished", "room": room}
        assert await send_event(api, event) == 204
        room["metadata"] += " " * 20_000
        assert await send_event(api, event) == 413


async def test_end_reason_comes_from_the_rooms_metadata() -> None:
    async with open_api() as api:
        session = await started(api)
        api.rooms.live.clear()
        metadata = json.dumps({"session_id": session["session_id"], "end_reason": "goodbye"})
        room = {"name": session["room_name"], "metadata": metadata}
        assert await send_event(api, {"event": "room_finished", "room": room}) == 204
        answer = await api.http.get(
            f"/api/sessions/{session['session_id']}", headers=bearer(session["participant_token"])
        )
        assert answer.json() == {"state": "ended", "reason": "goodbye"}


@pytest.mark.promise("Rooms", "A webhook that LiveKit has not signed changes nothing.")
async def test_forged_webhook_changes_nothing() -> None:
    async with open_api() as api:
        session = await started(api)
        room = {"name": session["room_name"], "metadata": '{"end_reason":"goodbye"}'}
        event: dict[str, object] = {"event": "room_finished", "room": room}
        assert await send_event(api, event, secret="x" * 40) == 401
        answer = await api.http.get(
            f"/api/sessions/{session['session_id']}", headers=bearer(session["participant_token"])
        )
        assert answer.json()["state"] == "live"


# --- health


async def test_health_tells_how_everything_is() -> None:
    async with open_api(max_sessions=3) as api:
        await started(api)
        answer = await api.http.get("/api/health")
        assert answer.status_code == 200
        assert answer.json() == {
            "status": "ok",
            "livekit": "ok",
            "worker": "ok",
            "providers": {
                "speech_to_text": "local",
                "language_model": "local",
                "text_to_speech": "local",
                "local": "unused",
                "vendors": {
                    "speech_to_text": "local",
                    "language_model": "local",
                    "text_to_speech": "local",
                },
                "fallbacks": {},
            },
            "capacity": {"used": 1, "limit": 3, "parked": 0, "waiting": 0, "short_of": None},
            "draining": False,
            "upkeep": {"parking": "ok", "rooms": "ok"},
        }


async def test_health_is_bad_without_livekit() -> None:
    async with open_api() as api:
        api.rooms.error = RoomError("livekit_unreachable", "The LiveKit server does not answer.")
        answer = await api.http.get("/api/health")
        assert answer.status_code == 503
        assert answer.json()["livekit"] == "unreachable"
