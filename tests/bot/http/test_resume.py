"""Coming back by ticket, on the real app: the same room and identity, or a clear refusal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from bot.rooms.plan import new_session_id
from bot.rooms.rooms import RoomMetadata
from bot.store.session_rows import SessionRow, TurnRow, write_batch
from bot.store.store import open_store
from tests.bot.http.api_client import Api, bearer, error_code, open_api

_KEY = "correct horse battery"


async def _start(api: Api, **headers: str) -> dict[str, Any]:
    answer = await api.http.post("/api/sessions", headers=headers)
    assert answer.status_code == 201
    return answer.json()


async def _resume(
    api: Api, session: dict[str, Any], *, ticket: object = None, **headers: str
) -> httpx.Response:
    body = {"resume_ticket": ticket or session["resume_ticket"]}
    path = f"/api/sessions/{session['session_id']}/resume"
    return await api.http.post(path, json=body, headers=headers)


def _refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, error_code(answer)


def _claims(answer: dict[str, Any]) -> dict[str, Any]:
    return jwt.decode(answer["participant_token"], options={"verify_signature": False})


@pytest.mark.promise(
    "Ending a call", "The ticket of a call gives its caller a new token for the same place in it."
)
async def test_a_ticket_gives_a_new_token_for_the_same_place() -> None:
    async with open_api() as api:
        session = await _start(api)
        answer = await _resume(api, session)
        resumed = answer.json()
        assert answer.status_code == 200
        same = ("session_id", "room_name", "server_url")
        assert [resumed[name] for name in same] == [session[name] for name in same]
        before, after = _claims(session), _claims(resumed)
        assert (after["sub"], after["video"]) == (before["sub"], before["video"])
        assert "roomConfig" not in after
        assert set(resumed) == {*session, "captions"}
        assert api.rooms.created == [session["room_name"]]
        # The ticket of the answer brings back again.
        assert (await _resume(api, resumed)).status_code == 200


@pytest.mark.promise(
    "Page", "The length of a call is true, though the clock is set anew or the computer sleeps."
)
@pytest.mark.parametrize(
    ("changes", "age_secs", "told"),
    [
        ({}, 245.0, 245.0),
        ({}, -5.0, 0.0),
        ({"takeovers": 1}, 245.0, None),
        ({"is_admitted": False}, 245.0, None),
    ],
    ids=["as old as its room", "clocks apart", "made anew by us", "made anew by a client"],
)
async def test_who_comes_back_is_told_how_long_the_call_has_been(
    changes: dict[str, Any], age_secs: float, told: float | None
) -> None:
    async with open_api() as api:
        session = await _start(api)
        assert session["lived_secs"] == 0.0
        room = api.rooms.live[session["room_name"]]
        room.created_at = api.rooms.clock.now_secs() - age_secs
        room.metadata = replace(room.metadata, handed_out_at=0, **changes)
        answer = (await _resume(api, session)).json()
        assert answer["lived_secs"] == (told if told is None else pytest.approx(told, abs=5.0))


@pytest.mark.promise("Ending a call", "Who comes back, or goes on later, is called as before.")
@pytest.mark.parametrize("path", ["/api/sessions", "/api/token"])
async def test_who_comes_back_is_called_as_before(path: str) -> None:
    async with open_api() as api:
        for name in ("Ada", "", "\N{GRINNING FACE}" * 64):
            session = (await api.http.post(path, json={"participant_name": name})).json()
            if path == "/api/token":
                await api.rooms.make_by_token(session["room_name"])
            for _ in range(2):
                assert _claims(session).get("name", "") == name
                session = (await _resume(api, session)).json()


async def test_a_client_with_a_standard_token_has_a_ticket_too() -> None:
    async with open_api() as api:
        session = (await api.http.post("/api/token", json={})).json()
        assert _refused(await _resume(api, session)) == (410, "session_gone")
        await api.rooms.make_by_token(session["room_name"])
        assert (await _resume(api, session)).status_code == 200


@pytest.mark.promise("Ending a call", "Only who was given the ticket of a call comes back into it.")
async def test_what_is_no_ticket_of_this_call_is_refused() -> None:
    async with open_api() as api:
        session, other = await _start(api), await _start(api)
        ticket = session["resume_ticket"]
        forged = await _resume(api, session, ticket=ticket.swapcase())
        assert _refused(forged) == (401, "unauthorized")
        token = await _resume(api, session, ticket=session["participant_token"][:512])
        assert _refused(token) == (401, "unauthorized")
        foreign = await _resume(api, session, ticket=other["resume_ticket"])
        assert _refused(foreign) == (403, "forbidden")
        unknown = await _resume(api, {**session, "session_id": new_session_id()})
        assert _refused(unknown) == (403, "forbidden")
        malformed = await _resume(api, {**session, "session_id": "nonsense"})
        assert _refused(malformed) == (404, "not_found")
        # A ticket shows nothing and ends nothing by itself.
        path = f"/api/sessions/{session['session_id']}"
        for method in ("GET", "DELETE"):
            answer = await api.http.request(method, path, headers=bearer(ticket))
            assert answer.status_code == 401


@pytest.mark.parametrize(
    "body", [{}, {"resume_ticket": ""}, {"resume_ticket": 7}, {"resume_ticket": "x" * 513}]
)
async def test_an_unfit_body_is_refused(body: dict[str, object]) -> None:
    async with open_api() as api:
        session = await _start(api)
        path = f"/api/sessions/{session['session_id']}/resume"
        assert (await api.http.post(path, json=body)).status_code == 422
        assert (await api.http.post(path, json={"resume_ticket": "x"})).status_code == 401


@pytest.mark.promise("Ending a call", "A call that has ended is not begun again by its ticket.")
@pytest.mark.parametrize(
    ("how", "reason"),
    [("hung up", "caller_left"), ("marked", "goodbye"), ("noted", "idle"), ("vanished", None)],
)
async def test_a_call_that_has_ended_is_not_come_back_to(how: str, reason: str | None) -> None:
    async with open_api() as api:
        session = await _start(api)
        room = api.rooms.live[session["room_name"]]
        if how == "hung up":
            headers = bearer(session["participant_token"])
            await api.http.delete(f"/api/sessions/{session['session_id']}", headers=headers)
        elif how == "marked":
            room.metadata = RoomMetadata(session_id=session["session_id"], end_reason="goodbye")
        elif how == "noted":
            api.backend.records.note_ended(session["session_id"], "idle")
        else:
            del api.rooms.live[session["room_name"]]
        refused = await _resume(api, session)
        assert _refused(refused) == (410, "session_gone")
        assert refused.json()["error"].get("reason") == reason
        assert api.rooms.created == [session["room_name"]]


@pytest.mark.promise("Who may call", "With ACCESS=key nobody starts a call without the key.")
async def test_coming_back_needs_what_a_start_needs() -> None:
    async with open_api(access="key", access_key=_KEY) as api:
        session = await _start(api, **bearer(_KEY))
        assert _refused(await _resume(api, session)) == (401, "key_needed")
        assert (await _resume(api, session, **bearer(_KEY))).status_code == 200


async def test_a_person_comes_back_and_nobody_in_their_place() -> None:
    async with open_api(access="proxy", access_proxies=("127.0.0.1",)) as api:
        session = await _start(api, **{"Remote-User": "ada"})
        answer = await _resume(api, session, **{"Remote-User": "ada"})
        assert _claims(answer.json())["attributes"] == {"parley.person": "ada"}
        eve = await _resume(api, session, **{"Remote-User": "eve"})
        assert _refused(eve) == (401, "unauthorized")


async def test_a_foreign_page_and_too_many_tries_are_refused() -> None:
    async with open_api(starts_per_minute=3, max_sessions=1) as api:
        session = await _start(api)
        foreign = await _resume(api, session, Origin="https://evil.example")
        assert _refused(foreign) == (403, "forbidden")
        answers = [await _resume(api, session) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]


async def test_a_full_house_and_a_drain_keep_nobody_from_coming_back() -> None:
    async with open_api(max_sessions=1) as api:
        session = await _start(api)
        api.backend.sessions.drain()
        assert (await _resume(api, session)).status_code == 200


@pytest.mark.promise("Captions and clients", "Who comes back is told at once what was said before.")
async def test_what_was_said_so_far_comes_with_the_answer(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store, open_api(store=store) as api:
        session = await _start(api)
        assert (await _resume(api, session)).json()["captions"] in (None, [])
        row = SessionRow(id=session["session_id"], began_at=1, seen_at=2)
        turns = [
            TurnRow(place=1, who="assistant", text="Hi, I am", is_cut=True, began_ms=1, ended_ms=2),
            TurnRow(place=2, who="user", text="what time is it", began_ms=3, ended_ms=4),
        ]
        assert await write_batch(store, row, turns=turns, calls=[], is_first=True)
        assert (await _resume(api, session)).json()["captions"] == [
            {"who": "bot", "text": "Hi, I am", "is_cut": True},
            {"who": "caller", "text": "what time is it", "is_cut": False},
        ]


@pytest.mark.promise("Ending a call", "Who comes back waits for no store that hangs.")
async def test_who_comes_back_waits_for_no_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_store(tmp_path) as store, open_api(store=store) as api:
        session = await _start(api)

        @asynccontextmanager
        async def hang() -> AsyncGenerator[None]:
            await asyncio.sleep(3600.0)
            yield

        monkeypatch.setattr(store, "transaction", hang)
        began_secs = time.monotonic()
        answer = await _resume(api, session)
        assert (answer.status_code, answer.json()["captions"]) == (200, None)
        assert time.monotonic() - began_secs < 3.0
