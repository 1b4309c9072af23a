"""What the caller of a session is told of it, through the whole app."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path

import httpx
import pytest

from bot.errors import RoomError
from bot.rooms.plan import RoomPlan, new_session_id
from bot.rooms.rooms import BotState
from bot.rooms.tokens import Caller
from bot.store.kept_session import ENDED
from bot.store.session_rows import SessionRow, write_batch
from bot.store.sessions import delete_session, note_state
from bot.store.store import Store, open_store
from tests.bot.http.api_client import Api, bearer, error_code, open_api

_KEY = b"k" * 32
_OLD, _NEW = 100.0, 0.0
"""Seconds since LiveKit made the room."""


def a_session(api: Api) -> tuple[str, dict[str, str], RoomPlan]:
    """Return a session that this runner has not started, as far as it remembers."""
    plan = RoomPlan(agent_name="parley", session_id=new_session_id())
    token = api.backend.tokens.for_caller(plan, caller=Caller(name="Ada"))
    return f"/api/sessions/{plan.session_id}", bearer(token.jwt), plan


@pytest.mark.promise(
    "Starting a call", "Who asks for the state of a session is told what is true, by any runner."
)
@pytest.mark.promise(
    "Rooms", "A runner and a LiveKit whose clocks differ agree on how old a room is."
)
@pytest.mark.parametrize(
    ("bot", "caller", "age_secs", "seen", "expected"),
    [
        # As it goes: the bot starts, is there, the caller comes.
        (BotState.ABSENT, False, _NEW, "", "starting"),
        (BotState.ABSENT, True, _NEW, "", "starting"),
        (BotState.STARTING, True, _NEW, "", "starting"),
        (BotState.READY, False, _NEW, "", "live"),
        (BotState.READY, True, _NEW, "", "live"),
        # The caller is gone.
        (BotState.READY, False, _NEW, "joined", "away"),
        (BotState.READY, False, _NEW, "live", "away"),
        (BotState.READY, True, _NEW, "live", "live"),
        # The bot is gone, or the next one warms up.
        (BotState.ABSENT, True, _NEW, "live", "recovering"),
        (BotState.STARTING, True, _NEW, "live", "recovering"),
        (BotState.ABSENT, False, _NEW, "live", "recovering"),
        # A runner that was started in the middle of it.
        (BotState.READY, True, _OLD, "", "live"),
        (BotState.READY, False, _OLD, "", "away"),
        (BotState.ABSENT, True, _OLD, "", "recovering"),
        (BotState.STARTING, False, _OLD, "", "recovering"),
    ],
)
@pytest.mark.parametrize("ahead_secs", [-600, 0, 600])
async def test_state_is_what_is_true(
    bot: BotState, caller: bool, age_secs: float, seen: str, expected: str, ahead_secs: int
) -> None:
    async with open_api() as api:
        # LiveKit may have another clock.
        api.rooms.clock.hear(formatdate(time.time() + ahead_secs, usegmt=True))
        path, headers, plan = a_session(api)
        await api.rooms.create(plan)
        room = api.rooms.live[plan.room_name]
        room.bot, room.has_caller = bot, caller
        room.created_at = api.rooms.clock.now_secs() - age_secs
        if seen == "joined":
            api.backend.records.note_joined(plan.session_id)
        if seen == "live":
            api.backend.records.note_live(plan.session_id)
        answer = await api.http.get(path, headers=headers)
        assert answer.json() == {"state": expected, "reason": None}


@pytest.mark.promise(
    "Starting a call", "Who asks for the state of a session is told what is true, by any runner."
)
@pytest.mark.parametrize(
    ("bot", "expected"), [(BotState.READY, "live"), (BotState.ABSENT, "starting")]
)
@pytest.mark.parametrize("ahead_secs", [-600, 0, 600])
async def test_a_room_that_has_waited_parked_is_as_new_when_it_is_handed_out(
    bot: BotState, expected: str, ahead_secs: int
) -> None:
    async with open_api(parked_bots=0) as api:
        api.rooms.clock.hear(formatdate(time.time() + ahead_secs, usegmt=True))
        for _ in range(2):
            await api.backend.parking.tend()  # the room behind the join link
        (room,) = api.rooms.live.values()
        room.created_at = api.rooms.clock.now_secs() - _OLD
        code = {"join_code": api.join_link.code}
        started = (await api.http.post("/api/sessions", json=code)).json()
        assert started["session_id"] == room.plan.session_id
        room.bot = bot
        headers = {"Authorization": f"Bearer {started['participant_token']}"}
        answer = await api.http.get(f"/api/sessions/{started['session_id']}", headers=headers)
        assert answer.json() == {"state": expected, "reason": None}


@pytest.mark.promise(
    "Starting a call", "Who asks for the state of a session is told what is true, by any runner."
)
@pytest.mark.parametrize(
    "how", ["record", "note", "metadata", "bot", "note, and seen gone", "gone"]
)
async def test_end_is_told_wherever_it_is_written(how: str) -> None:
    async with open_api() as api:
        path, headers, plan = a_session(api)
        if how == "record":
            api.backend.records.note_ended(plan.session_id, "idle")
        elif how == "bot":
            # It has said goodbye, and its room is still there.
            await api.rooms.create(plan)
            api.rooms.live[plan.room_name].said_end = "idle"
        elif how.startswith("note"):
            api.rooms.ends[plan.session_id] = "idle"
            if how != "note":
                api.backend.records.note_ended(plan.session_id, "ended")
        elif how == "metadata":
            await api.rooms.create(plan)
            room = api.rooms.live[plan.room_name]
            room.metadata = replace(room.metadata, end_reason="idle")
        reason = "ended" if how == "gone" else "idle"
        for _ in range(2):
            answer = await api.http.get(path, headers=headers)
            assert answer.json() == {"state": "ended", "reason": reason}


@pytest.mark.promise(
    "Starting a call", "Who asks for the state of a session is told what is true, by any runner."
)
async def test_an_end_without_a_reason_is_told_while_livekit_is_away() -> None:
    async with open_api() as api:
        path, headers, plan = a_session(api)
        api.backend.records.note_ended(plan.session_id, "ended")
        api.rooms.error = RoomError("livekit_unreachable", "LiveKit does not answer.")
        answer = await api.http.get(path, headers=headers)
        assert answer.json() == {"state": "ended", "reason": "ended"}


async def _bring_about(state: str, api: Api, store: Store, session_id: str) -> None:
    """Bring a call that was begun 100 s ago into a state, as LiveKit and its bot would."""
    name = f"parley-{session_id}"
    room = api.rooms.live[name]
    room.created_at -= _OLD
    room.has_caller = True
    row = SessionRow(id=session_id, began_at=round(1000 * time.time()), seen_at=1)
    await write_batch(store, row, is_first=True)
    match state.removeprefix("deleted, "):
        case "starting":
            room.created_at += _OLD
            room.bot, room.has_caller = BotState.ABSENT, False
        case "away":
            room.has_caller = False
        case "recovering":
            room.bot = BotState.ABSENT
        case "lost":
            api.rooms.live.clear()
        case "ending":
            room.said_end = "goodbye"
        case "ended":
            api.rooms.live.clear()
            await note_state(store, session_id, ENDED, end_reason="idle")
        case _:
            pass
    if state.startswith("deleted"):
        assert await delete_session(store, session_id)


@pytest.mark.promise(
    "Starting a call", "Who asks for the state of a session is told what is true, by any runner."
)
@pytest.mark.parametrize("asked", ["its own runner", "another runner"])
@pytest.mark.parametrize(
    ("how", "told", "resumed"),
    [
        ("starting", ("starting", None), 200),
        ("live", ("live", None), 200),
        ("away", ("away", None), 200),
        ("recovering", ("recovering", None), 200),
        ("lost", ("recovering", None), 200),
        ("ending", ("ended", "goodbye"), 410),
        ("ended", ("ended", "idle"), 410),
        # What is kept of it is gone; the call itself goes on as long as its room does.
        ("deleted, live", ("live", None), 200),
        ("deleted, away", ("away", None), 200),
        ("deleted, recovering", ("recovering", None), 200),
        ("deleted, lost", ("ended", "ended"), 410),
        ("deleted, ended", ("ended", "ended"), 410),
    ],
)
async def test_every_state_is_told_and_come_back_to_by_any_runner(
    tmp_path: Path, how: str, told: tuple[str, str | None], resumed: int, asked: str
) -> None:
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(tmp_path))
        api = await stack.enter_async_context(open_api(store=store, key_of_tickets=_KEY))
        begun = (await api.http.post("/api/sessions")).json()
        path = f"/api/sessions/{begun['session_id']}"
        await _bring_about(how, api, store, begun["session_id"])
        if asked == "another runner":
            other = open_api(store=store, key_of_tickets=_KEY, rooms=api.rooms)
            api = await stack.enter_async_context(other)
        headers = bearer(begun["participant_token"])
        for _ in range(2):
            answer = (await api.http.get(path, headers=headers)).json()
            assert (answer["state"], answer["reason"]) == told
        ticket = {"resume_ticket": begun["resume_ticket"]}
        answer = await api.http.post(f"{path}/resume", json=ticket)
        assert answer.status_code == resumed
        if resumed == 410:
            assert error_code(answer) == "session_gone"
        # Ended by its caller it has ended, for everybody, and whatever it was before.
        assert (await api.http.delete(path, headers=headers)).status_code == 204
        answer = (await api.http.get(path, headers=headers)).json()
        assert answer["state"] == "ended"
        assert (await api.http.post(f"{path}/resume", json=ticket)).status_code == 410
        unknown = f"/api/sessions/{new_session_id()}"
        assert (await api.http.get(unknown, headers=headers)).status_code == 403
        assert (await api.http.post(f"{unknown}/resume", json=ticket)).status_code == 403


async def refused_after(
    api: Api, method: str, path: str, headers: dict[str, str], *, most: int
) -> httpx.Response:
    """Ask until it is too often; a slow machine may ask a little more often than `most`."""
    began_secs = time.monotonic()
    for number in range(10 * most):
        answer = await api.http.request(method, path, headers=headers)
        if answer.status_code == 429:
            passed_secs = time.monotonic() - began_secs
            assert most - 1 <= number <= most + most * passed_secs / 60 + 1
            return answer
    raise AssertionError("never refused")


@pytest.mark.promise(
    "Limits", "Questions about calls have a rate; who asks too often can still end theirs."
)
async def test_looks_have_a_rate() -> None:
    async with open_api() as api:
        path, headers, plan = a_session(api)
        await api.rooms.create(plan)
        refused = await refused_after(api, "GET", path, headers, most=240)
        assert error_code(refused) == "rate_limited"
        assert int(refused.headers["retry-after"]) >= 1
        other = api.client_at("203.0.113.9")
        assert (await other.get(path, headers=headers)).status_code == 200
        assert (await api.http.delete(path, headers=headers)).status_code == 204
        await refused_after(api, "DELETE", path, headers, most=60)


async def test_looks_without_a_right_count_too() -> None:
    async with open_api() as api:
        path, _, _ = a_session(api)
        await refused_after(api, "GET", path, bearer("nonsense"), most=240)
