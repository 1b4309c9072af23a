"""Who may go on with an ended call, on the real app: its holder, and nobody else."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from bot.errors import StoreError
from bot.processes.set_clock import SetClock
from bot.rooms.plan import RoomMetadata, new_session_id
from bot.rooms.tickets import Tickets
from bot.store.session_rows import SessionRow, TurnRow, write_batch
from bot.store.sessions import delete_session
from bot.store.store import Store, open_store
from tests.bot.http.api_client import Api, bearer, error_code, open_api

_KEY = "correct horse battery"
_WORDS = [
    TurnRow(place=1, who="assistant", text="Hi, I am", is_cut=True, began_ms=1, ended_ms=2),
    TurnRow(place=2, who="user", text="what time is it", began_ms=3, ended_ms=4),
]
_CAPTIONS = [
    {"who": "bot", "text": "Hi, I am", "is_cut": True},
    {"who": "caller", "text": "what time is it", "is_cut": False},
]


@asynccontextmanager
async def _open(folder: Path, **given: Any) -> AsyncGenerator[tuple[Api, Store]]:
    async with open_store(folder) as store, open_api(store=store, **given) as api:
        yield api, store


async def _start(api: Api, *, called: str = "", **headers: str) -> dict[str, Any]:
    told = {"participant_name": called}
    answer = await api.http.post("/api/sessions", json=told, headers=headers)
    assert answer.status_code == 201
    return answer.json()


async def _keep(
    store: Store, session_id: str, *, person: str = "", continues: str = "", began_at: float = 0.0
) -> None:
    row = SessionRow(id=session_id, person=person, continues=continues, began_at=0, seen_at=2)
    row.began_at = round(1000 * began_at)
    assert await write_batch(store, row, turns=_WORDS, is_first=True)


async def _ended(
    api: Api, store: Store, *, person: str = "", called: str = "", **headers: str
) -> dict[str, Any]:
    """Return a session that was held, is kept and has ended."""
    session = await _start(api, called=called, **headers)
    await _keep(store, session["session_id"], person=person)
    path = f"/api/sessions/{session['session_id']}"
    await api.http.delete(path, headers=bearer(session["participant_token"]))
    return session


async def _continue(
    api: Api, session: dict[str, Any], *, ticket: object = "", called: str = "", **headers: str
) -> httpx.Response:
    """Ask for it; ticket: None leaves it out."""
    shown = session["resume_ticket"] if ticket == "" else ticket
    continues = {"session_id": session["session_id"]} | ({"resume_ticket": shown} if shown else {})
    told = {"continues": continues} | ({"participant_name": called} if called else {})
    return await api.http.post("/api/sessions", json=told, headers=headers)


def _refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, error_code(answer)


@pytest.mark.promise(
    "Memory", "A call that has ended can be continued: a new bot goes on with the same memory."
)
@pytest.mark.parametrize("parked_bots", [0, 1])
async def test_its_ticket_starts_a_new_session_that_knows_which_it_continues(
    tmp_path: Path, parked_bots: int
) -> None:
    async with _open(tmp_path, parked_bots=parked_bots, max_sessions=3) as (api, store):
        session = await _ended(api, store)
        assert session["is_kept"] is True
        assert session["captions"] is None
        if parked_bots:
            await api.backend.parking.tend()
            await api.backend.parking.tend()
            assert api.backend.parking.ready_count
        answer = await _continue(api, session)
        assert answer.status_code == 201
        continued = answer.json()
        assert continued["session_id"] != session["session_id"]
        assert continued["captions"] == _CAPTIONS
        room = api.rooms.live[continued["room_name"]]
        assert room.metadata.continues == session["session_id"]
        assert room.metadata.is_admitted
        # A start that continues nothing says so to its bot too.
        other = await _start(api)
        assert api.rooms.live[other["room_name"]].metadata.continues is None


@pytest.mark.promise("Ending a call", "Who comes back, or goes on later, is called as before.")
async def test_who_goes_on_is_called_as_before(tmp_path: Path) -> None:
    async with _open(tmp_path, max_sessions=3) as (api, store):
        session = await _ended(api, store, called="Ada")
        for called, name in (("", "Ada"), ("Bo", "Bo")):
            token = (await _continue(api, session, called=called)).json()["participant_token"]
            claims = jwt.decode(token, options={"verify_signature": False})
            assert claims["name"] == name


async def test_who_comes_back_into_a_continued_call_sees_the_earlier_words(tmp_path: Path) -> None:
    async with _open(tmp_path) as (api, store):
        session = await _ended(api, store)
        continued = (await _continue(api, session)).json()
        await _keep(store, continued["session_id"], continues=session["session_id"])
        path = f"/api/sessions/{continued['session_id']}/resume"
        body = {"resume_ticket": continued["resume_ticket"]}
        resumed = (await api.http.post(path, json=body)).json()
        assert resumed["captions"] == 2 * _CAPTIONS
        await api.backend.rooms.delete(continued["room_name"])
        again = (await _continue(api, continued)).json()
        assert again["captions"] == 2 * _CAPTIONS


async def test_it_is_a_start_like_any_other(tmp_path: Path) -> None:
    async with _open(tmp_path, max_sessions=2) as (api, store):
        session = await _ended(api, store)
        key = {"Idempotency-Key": "12345678"}
        first = await _continue(api, session, **key)
        assert (await _continue(api, session, **key)).json() == first.json()
        # Two tabs: two calls, each with the memory of the first and neither with the other's.
        second = await _continue(api, session)
        assert second.json()["session_id"] != first.json()["session_id"]
        assert _refused(await _continue(api, session)) == (503, "at_capacity")
        api.backend.sessions.drain()
        assert _refused(await _continue(api, session)) == (503, "draining")


@pytest.mark.promise(
    "Memory", "Nobody but who held a call continues it, and nobody learns what was said in it."
)
async def test_a_stranger_gets_nobodys_memory(tmp_path: Path) -> None:
    async with _open(tmp_path) as (api, store):
        session, other = await _ended(api, store), await _ended(api, store)
        ticket = str(session["resume_ticket"])
        assert _refused(await _continue(api, session, ticket=None)) == (401, "unauthorized")
        for forged in (ticket.swapcase(), "x", session["participant_token"][:256], f"{ticket}0"):
            assert _refused(await _continue(api, session, ticket=forged)) == (401, "unauthorized")
        foreign = await _continue(api, session, ticket=other["resume_ticket"])
        assert _refused(foreign) == (403, "forbidden")
        unknown = await _continue(api, {**session, "session_id": new_session_id()})
        assert _refused(unknown) == (403, "forbidden")
        malformed = await _continue(api, {**session, "session_id": "../x"})
        assert _refused(malformed) == (422, "bad_request")
        assert len(api.rooms.created) == 2


@pytest.mark.promise(
    "Memory", "Nobody but who held a call continues it, and nobody learns what was said in it."
)
async def test_a_person_needs_no_ticket_and_nobody_stands_in_for_them(tmp_path: Path) -> None:
    ada, eve = {"Remote-User": "ada"}, {"Remote-User": "eve"}
    async with _open(tmp_path, access="proxy", access_proxies=("127.0.0.1",)) as (api, store):
        session = await _ended(api, store, person="ada", **ada)
        assert (await _continue(api, session, ticket=None, **ada)).status_code == 201
        assert (await _continue(api, session, **ada)).status_code == 201
        # A stolen ticket is of no use, and what is not theirs is not even there.
        assert _refused(await _continue(api, session, **eve)) == (401, "unauthorized")
        answers = [
            await _continue(api, {"session_id": session_id}, ticket=None, **eve)
            for session_id in (session["session_id"], new_session_id())
        ]
        assert {_refused(answer) for answer in answers} == {(403, "forbidden")}
        assert len({answer.text for answer in answers}) == 1
        assert _refused(await _continue(api, session, ticket=None)) == (401, "sign_in_needed")


async def test_a_key_is_needed_as_for_any_start_and_names_nobody(tmp_path: Path) -> None:
    async with _open(tmp_path, access="key", access_key=_KEY) as (api, store):
        session = await _ended(api, store, **bearer(_KEY))
        assert _refused(await _continue(api, session)) == (401, "key_needed")
        no_ticket = await _continue(api, session, ticket=None, **bearer(_KEY))
        assert _refused(no_ticket) == (401, "unauthorized")
        assert (await _continue(api, session, **bearer(_KEY))).status_code == 201


@pytest.mark.promise(
    "Memory", "What was forgotten is not remembered, and a bot that knows nothing says so."
)
@pytest.mark.parametrize("how", ["deleted", "never kept", "too old a ticket", "nothing said"])
async def test_what_is_not_kept_is_not_continued(tmp_path: Path, how: str) -> None:
    async with _open(tmp_path, keep_days=1) as (api, store):
        session = await _ended(api, store)
        session_id = session["session_id"]
        if how != "too old a ticket":
            await delete_session(store, session_id)
        else:
            tickets: Tickets = api.backend.ended_sessions._tickets  # pyright: ignore[reportPrivateUsage]
            later = time.time() + 86_400.0 + 2 * 3_600.0
            tickets._time = SetClock(now=lambda: later)  # pyright: ignore[reportPrivateUsage]
        if how == "nothing said":
            await write_batch(
                store, SessionRow(id=session_id, began_at=1, seen_at=1), is_first=True
            )
        refused = await _continue(api, session)
        assert _refused(refused) == (410, "session_forgotten")
        assert len(api.rooms.created) == 1


async def test_without_a_store_nothing_is_kept_and_the_start_says_so() -> None:
    async with open_api() as api:
        session = await _start(api)
        assert session["is_kept"] is False
        await api.backend.rooms.delete(session["room_name"])
        assert _refused(await _continue(api, session)) == (410, "session_forgotten")


async def test_a_call_that_still_goes_on_is_come_back_to_instead(tmp_path: Path) -> None:
    async with _open(tmp_path) as (api, store):
        session = await _start(api)
        assert _refused(await _continue(api, session)) == (409, "session_live")
        await _keep(store, session["session_id"])
        assert _refused(await _continue(api, session)) == (409, "session_live")
        # Only its room is left: it has ended.
        ended = RoomMetadata(session_id=session["session_id"], end_reason="goodbye")
        api.rooms.live[session["room_name"]].metadata = ended
        assert (await _continue(api, session)).status_code == 201


@pytest.mark.promise("Memory", "A call whose room is lost is come back to, and not begun twice.")
@pytest.mark.parametrize(("age_secs", "is_live"), [(60.0, True), (90_000.0, False)])
async def test_a_call_whose_room_is_lost_is_come_back_to_as_well(
    tmp_path: Path, age_secs: float, is_live: bool
) -> None:
    async with _open(tmp_path) as (api, store):
        session = await _start(api)
        await _keep(store, session["session_id"], began_at=time.time() - age_secs)
        # LiveKit was started anew, or all of the machine.
        api.rooms.live.clear()
        answer = await _continue(api, session)
        if not is_live:
            assert answer.status_code == 201
            return
        assert _refused(answer) == (409, "session_live")
        path = f"/api/sessions/{session['session_id']}/resume"
        body = {"resume_ticket": session["resume_ticket"]}
        assert (await api.http.post(path, json=body)).status_code == 200
        assert list(api.rooms.live) == [session["room_name"]]


async def test_a_store_that_fails_makes_nobody_believe_that_all_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _open(tmp_path) as (api, store):
        session = await _ended(api, store)

        def fail() -> None:
            raise StoreError("store_failed", "the disk is full")

        monkeypatch.setattr(store, "transaction", fail)
        refused = await _continue(api, session)
        assert _refused(refused) == (503, "store_unreachable")
        assert "disk" not in refused.text
        assert refused.headers["Retry-After"] == "5"
