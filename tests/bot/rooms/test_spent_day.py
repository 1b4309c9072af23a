"""The daily budget and the operator's switch, through starts, tokens, rooms and their bots."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.http.backend import open_backend
from bot.http.health import PartsHealth
from bot.livekit.access import LiveKitAccess
from bot.rooms.plan import RoomMetadata, RoomPlan, new_session_id
from bot.settings import Settings
from bot.store.spent import spent_on
from bot.store.store import open_store
from bot.store.switch import set_paused
from tests.bot.http.api_client import Api, error_code, open_api, send_event
from tests.fake_rooms import API_KEY, API_SECRET
from tests.log_lines import log_lines

_ROUNDS = 8
"""Of the sweep: more than a bot gets to say goodbye."""


@pytest.fixture
def lines() -> Iterator[list[str]]:
    with log_lines("bot.rooms") as kept:
        yield kept


def a_plan() -> RoomPlan:
    return RoomPlan(agent_name="parley", session_id=new_session_id())


def use(api: Api, tokens: int) -> None:
    """Have the bot of each live room say what its session has used."""
    for room in api.rooms.live.values():
        room.usage = json.dumps({"prompt_tokens": tokens})
        room.has_caller = True


async def starts(api: Api) -> list[httpx.Response]:
    return [
        await api.http.post("/api/sessions"),
        await api.http.post("/api/token", json={}),
        await api.http.get("/api/connection-details"),
    ]


async def pause(api: Api, tmp_path: Path) -> None:
    """Turn the switch, as the other process does."""
    async with open_store(tmp_path) as store:
        await set_paused(store, True)
        api.backend.spending._store = store  # pyright: ignore[reportPrivateUsage]
        await api.backend.spending.keep()
        api.backend.spending._store = None  # pyright: ignore[reportPrivateUsage]


@pytest.mark.promise(
    "Cost", "When a day's budget is used up, new calls are refused and running ones say goodbye."
)
async def test_a_spent_day_refuses_every_kind_of_start_by_name() -> None:
    async with open_api(daily_tokens=1_000) as api:
        assert [answer.status_code for answer in await starts(api)] == [201, 201, 200]
        use(api, 1_000)
        await api.backend.sweep.sweep()
        refused = await starts(api)
        assert {error_code(answer) for answer in refused} == {"daily_budget"}
        assert {answer.status_code for answer in refused} == {503}
        assert {answer.headers["retry-after"] for answer in refused} == {"3600"}


@pytest.mark.promise(
    "Cost", "When a day's budget is used up, new calls are refused and running ones say goodbye."
)
async def test_a_spent_day_has_running_calls_say_goodbye_and_waits_for_no_bot() -> None:
    async with open_api(daily_tokens=1_000) as api:
        await api.http.post("/api/sessions")
        await api.backend.sweep.sweep()
        [room] = api.rooms.live.values()
        assert room.metadata.end_asked is None
        use(api, 2_000)
        for _ in range(3):
            await api.backend.sweep.sweep()
        assert room.metadata == RoomMetadata(
            session_id=room.plan.session_id, is_admitted=True, end_asked="daily_budget"
        )
        assert api.rooms.deleted == []
        for _ in range(_ROUNDS):
            await api.backend.sweep.sweep()
        assert api.rooms.live == {}
        record = api.backend.records.find(room.plan.session_id)
        assert record is not None
        assert record.end_reason == "daily_budget"


@pytest.mark.promise(
    "Cost", "`runner.py pause` refuses new calls until `resume`, also over a restart."
)
async def test_a_pause_refuses_starts_and_lets_running_calls_go_on(tmp_path: Path) -> None:
    async with open_api() as api:
        await api.http.post("/api/sessions")
        await api.backend.sweep.sweep()
        await pause(api, tmp_path)
        refused = await starts(api)
        assert {error_code(answer) for answer in refused} == {"paused"}
        assert {answer.status_code for answer in refused} == {503}
        for _ in range(_ROUNDS):
            await api.backend.sweep.sweep()
        [room] = api.rooms.live.values()
        assert room.metadata.end_asked is None


@pytest.mark.parametrize("has_webhook", [True, False])
async def test_a_token_made_before_the_pause_starts_nothing_after_it(
    tmp_path: Path, *, has_webhook: bool
) -> None:
    async with open_api() as api:
        earlier, later = a_plan(), a_plan()
        await api.rooms.create(earlier)
        await api.backend.sweep.sweep()
        await pause(api, tmp_path)
        await api.rooms.create(later)
        if has_webhook:
            room = {"name": later.room_name, "metadata": later.metadata}
            await send_event(api, {"event": "room_started", "room": room})
        for _ in range(2):
            await api.backend.sweep.sweep()
        assert list(api.rooms.live) == [earlier.room_name]


@pytest.mark.promise("Cost", "The minutes of a bot that reports nothing are counted all the same.")
async def test_the_time_of_a_call_counts_once_its_caller_is_there() -> None:
    async with open_api() as api:
        await api.http.post("/api/sessions")
        for _ in range(2):
            await api.backend.sweep.sweep()
        assert api.backend.spending.today.call_ms == 0
        [room] = api.rooms.live.values()
        room.has_caller = True
        for _ in range(3):
            await api.backend.sweep.sweep()
        assert api.backend.spending.today.call_ms < 5_000
        assert room.plan.session_id in dict(api.backend.spending._accounts)  # pyright: ignore[reportPrivateUsage]


async def test_what_a_bot_has_left_in_its_note_is_counted() -> None:
    async with open_api() as api:
        answer = await api.http.post("/api/sessions")
        session_id = answer.json()["session_id"]
        api.rooms.live.clear()
        api.rooms.ends[session_id] = "goodbye"
        api.rooms.usage[session_id] = '{"prompt_tokens": 70}'
        for _ in range(2):
            await api.backend.sweep.sweep()
        assert api.backend.spending.today.tokens == 70


@pytest.mark.promise("Logs", "Each start, refusal and end of a call has one line.")
async def test_starts_and_refusals_are_in_the_log_with_their_network_alone(
    lines: list[str],
) -> None:
    async with open_api(max_sessions=1, starts_per_minute=3) as api:
        client = api.client_at("203.0.113.77")
        for _ in range(4):
            await client.post("/api/sessions", json={"participant_name": "Ada"})
    written = [line for line in lines if line.startswith(("start ", "refusal "))]
    [session_id] = [room.plan.session_id for room in api.rooms.live.values()]
    assert written == [
        f"start session={session_id} network=203.0.113.0/24",
        # Twice as it has its share of the lines, then as it has had its starts.
        *["refusal reason=rate_limited network=203.0.113.0/24"] * 3,
    ]
    assert not [line for line in lines if "203.0.113.77" in line or "Ada" in line]


async def test_what_was_spent_is_in_the_file_when_the_runner_has_ended(tmp_path: Path) -> None:
    settings = Settings.model_validate({"data_dir": tmp_path, "parked_bots": 0})

    async def look_at_parts() -> PartsHealth:
        return PartsHealth()

    livekit = LiveKitAccess(url="ws://127.0.0.1:1", api_key=API_KEY, api_secret=API_SECRET)
    async with open_backend(
        settings=settings, livekit=livekit, join_link=None, look_at_parts=look_at_parts
    ) as backend:
        backend.spending.report("a", '{"prompt_tokens": 70}')
        day = backend.spending._day  # pyright: ignore[reportPrivateUsage]
    async with open_store(tmp_path) as store:
        assert (await spent_on(store, day)).tokens == 70
