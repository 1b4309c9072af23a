"""Sessions whose room LiveKit has lost: who may go on, in which room, and for how long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from livekit.protocol.models import RoomEndReason

from bot.errors import RoomError, StoreError
from bot.rooms.plan import new_session_id
from bot.rooms.rooms import BotState
from bot.rooms.watch import lost_rooms
from bot.rooms.watch.bot_watch import BotWatch
from bot.rooms.watch.lost_rooms import LostRooms
from bot.store.kept_session import ENDED
from bot.store.session_rows import SessionRow, write_batch
from bot.store.sessions import load_session, note_state
from bot.store.store import Store, open_store
from tests.bot.http.api_client import Api, bearer, error_code, open_api, send_event
from tests.fake_clock import FakeClock


@dataclass
class _Call:
    """One call that is on, as the runner and the store know it."""

    api: Api
    store: Store
    begun: dict[str, Any]

    @property
    def session_id(self) -> str:
        return self.begun["session_id"]

    @property
    def room_name(self) -> str:
        return self.begun["room_name"]

    @property
    def lost(self) -> LostRooms:
        return self.api.backend.resuming._lost  # pyright: ignore[reportPrivateUsage]

    async def resume(self) -> httpx.Response:
        path = f"/api/sessions/{self.session_id}/resume"
        return await self.api.http.post(path, json={"resume_ticket": self.begun["resume_ticket"]})

    async def state(self) -> tuple[str, str | None]:
        path = f"/api/sessions/{self.session_id}"
        told = (
            await self.api.http.get(path, headers=bearer(self.begun["participant_token"]))
        ).json()
        return told["state"], told.get("reason")

    async def sweep(self, times: int = 3) -> None:
        for _ in range(times):
            await self.api.backend.sweep.sweep()


async def _begin(api: Api, store: Store) -> _Call:
    begun = (await api.http.post("/api/sessions")).json()
    api.backend.records.note_live(begun["session_id"])
    row = SessionRow(id=begun["session_id"], began_at=round(1000 * time.time()), seen_at=1)
    await write_batch(store, row, is_first=True)
    call = _Call(api, store, begun)
    await call.sweep(1)
    return call


@pytest.fixture
async def call(tmp_path: Path) -> AsyncIterator[_Call]:
    async with open_store(tmp_path) as store, open_api(store=store, resume_secs=60.0) as api:
        yield await _begin(api, store)


@pytest.mark.promise(
    "Lost bots", "After a restart of LiveKit the call goes on in a new room, with its memory."
)
async def test_who_comes_back_finds_a_new_room_with_one_bot_that_takes_over(call: _Call) -> None:
    call.api.rooms.live.clear()
    call.api.rooms.bot_of_new_rooms = BotState.ABSENT
    # However often LiveKit is looked at meanwhile.
    await call.sweep()
    assert await call.state() == ("recovering", None)
    # The page and a tab that was duplicated from it.
    answers = await asyncio.gather(call.resume(), call.resume())
    assert [answer.status_code for answer in answers] == [200, 200]
    assert {answer.json()["room_name"] for answer in answers} == {call.room_name}
    assert call.api.rooms.created == [call.room_name] * 2
    room = call.api.rooms.live[call.room_name]
    assert (room.plan.takeover, room.plan.is_admitted, room.dispatches) == (1, True, 1)
    assert (room.metadata.takeovers, room.metadata.is_recovering) == (1, True)
    assert await call.state() == ("recovering", None)
    room.bot, room.has_caller = BotState.READY, True
    await call.sweep()
    assert await call.state() == ("live", None)
    assert call.api.rooms.live[call.room_name] is room


async def _hangs_up(call: _Call) -> None:
    path = f"/api/sessions/{call.session_id}"
    await call.api.http.delete(path, headers=bearer(call.begun["participant_token"]))
    # As to a runner that was started since.
    call.api.backend.records._records.clear()  # pyright: ignore[reportPrivateUsage]


async def _says_goodbye(call: _Call) -> None:
    await note_state(call.store, call.session_id, ENDED, end_reason="goodbye")


async def _leaves_a_note(call: _Call) -> None:
    call.api.rooms.ends[call.session_id] = "idle"


async def _is_forgotten(call: _Call) -> None:
    call.api.backend.records.note_ended(call.session_id, "time_limit")


@pytest.mark.promise(
    "Ending a call", "What was ended on purpose stays ended, whatever LiveKit has forgotten."
)
@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (_hangs_up, "caller_left"),
        (_says_goodbye, "goodbye"),
        (_leaves_a_note, "idle"),
        (_is_forgotten, "time_limit"),
    ],
)
async def test_what_was_ended_on_purpose_stays_ended(
    call: _Call, end: Callable[[_Call], Any], reason: str
) -> None:
    await end(call)
    call.api.rooms.live.clear()
    answer = await call.resume()
    assert (answer.status_code, error_code(answer)) == (410, "session_gone")
    assert answer.json()["error"]["reason"] == reason
    assert await call.state() == ("ended", reason)
    assert call.api.rooms.live == {}


async def test_without_a_store_a_lost_session_is_over_at_once() -> None:
    async with open_api() as api:
        begun = (await api.http.post("/api/sessions")).json()
        api.rooms.live.clear()
        path = f"/api/sessions/{begun['session_id']}"
        answer = await api.http.post(
            f"{path}/resume", json={"resume_ticket": begun["resume_ticket"]}
        )
        assert (answer.status_code, error_code(answer)) == (410, "session_gone")
        told = await api.http.get(path, headers=bearer(begun["participant_token"]))
        assert told.json()["state"] == "ended"


async def test_a_runner_that_drains_makes_no_room_anew(call: _Call) -> None:
    call.api.rooms.live.clear()
    await call.api.backend.drain()
    answer = await call.resume()
    assert (answer.status_code, error_code(answer)) == (503, "draining")
    assert call.api.rooms.live == {}


async def test_a_livekit_that_is_away_is_asked_again(call: _Call) -> None:
    call.api.rooms.live.clear()
    call.api.rooms.error = RoomError("livekit_unreachable", "LiveKit does not answer.")
    assert error_code(await call.resume()) == "livekit_unreachable"
    call.api.rooms.error = None
    assert (await call.resume()).status_code == 200


@pytest.mark.promise(
    "Lost bots", "After a restart of LiveKit the call goes on in a new room, with its memory."
)
async def test_rooms_that_end_with_their_livekit_are_not_over(call: _Call) -> None:
    call.api.rooms.live.clear()
    event: dict[str, object] = {
        "event": "room_finished",
        "id": "EV_1",
        "room": {"name": call.room_name},
        "roomEndReason": RoomEndReason.Name(RoomEndReason.ROOM_END_SERVER_SHUTDOWN),
    }
    assert await send_event(call.api, event) == 204
    assert (await call.resume()).status_code == 200


@pytest.mark.promise(
    "Lost bots", "LiveKit and the store may be started anew at once: no call ends by that."
)
async def test_a_store_that_is_away_with_livekit_ends_no_call(
    call: _Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise StoreError("store_failed", "the database is starting up")

    call.api.rooms.live.clear()
    monkeypatch.setattr(call.store, "transaction", fail)
    await call.sweep(4)
    assert await call.state() == ("recovering", None)
    answer = await call.resume()
    # The page asks again.
    assert (answer.status_code, error_code(answer)) == (503, "store_unreachable")
    assert call.api.rooms.live == {}
    monkeypatch.undo()
    call.lost._asks_again_at = 0.0  # pyright: ignore[reportPrivateUsage]
    assert (await call.resume()).status_code == 200


@pytest.mark.promise(
    "Lost bots", "LiveKit and the store may be started anew at once: no call ends by that."
)
async def test_a_store_that_hangs_is_not_asked_about_each_session(
    call: _Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def fail(_: object, session_id: str) -> None:
        asked.append(session_id)
        raise StoreError("store_failed", "it did not answer within 4 s")

    monkeypatch.setattr(lost_rooms, "open_since", fail)
    for _ in range(5):
        assert await call.lost.may_go_on(new_session_id())
    assert len(asked) == 1


def _lost_rooms(api: Api, store: Store, wall: FakeClock, steady: FakeClock) -> LostRooms:
    backend = api.backend
    watch = BotWatch(rooms=api.rooms, records=backend.records, tasks=backend.tasks, agent_name="x")
    return LostRooms(
        rooms=api.rooms,
        watch=watch,
        records=backend.records,
        store=store,
        waits_secs=60.0,
        lasts_secs=600.0,
        now=wall,
        clock_secs=steady,
    )


@pytest.mark.promise("Rooms", "A session whose room is lost waits for its caller, and then ends.")
@pytest.mark.promise("Ending a call", "A clock that is set ends no wait for a caller early.")
@pytest.mark.parametrize("set_by_secs", [-3_600.0, -50.0, 0.0, 50.0, 3_600.0])
async def test_it_waits_as_long_as_for_any_caller_who_is_gone(
    tmp_path: Path, set_by_secs: float
) -> None:
    async with open_store(tmp_path) as store, open_api(store=store) as api:
        call = await _begin(api, store)
        wall, steady = FakeClock(), FakeClock()
        wall.now = time.time()
        lost = _lost_rooms(api, store, wall, steady)
        assert await lost.may_go_on(call.session_id)
        wall.now += set_by_secs
        for passed_secs, waits in ((59.0, True), (1.0, False)):
            wall.now += passed_secs
            steady.now += passed_secs
            assert await lost.may_go_on(call.session_id) is waits
        # Found again, it is lost anew.
        lost.found([call.session_id])
        assert await lost.may_go_on(call.session_id)


@pytest.mark.promise("Rooms", "A session whose room is lost waits for its caller, and then ends.")
async def test_nobody_waits_for_a_call_of_yesterday(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store, open_api(store=store) as api:
        call = await _begin(api, store)
        # The machine was off: nobody was left to write its end, and no call lasts as long.
        wall = FakeClock()
        wall.now = time.time() + 700.0
        lost = _lost_rooms(api, store, wall, FakeClock())
        assert not await lost.may_go_on(call.session_id)


@pytest.mark.promise("Rooms", "A session whose room is lost waits for its caller, and then ends.")
async def test_nobody_comes_back_and_it_ends_with_one_reason(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store, open_api(store=store) as api:
        call = await _begin(api, store)
        call.lost._waits_secs = 0.0  # pyright: ignore[reportPrivateUsage]
        api.rooms.live.clear()
        await call.sweep()
        assert await call.state() == ("ended", "ended")
        kept = await load_session(store, call.session_id)
        assert kept is not None
        assert (kept.state, kept.end_reason) == (ENDED, "ended")
        assert (await call.resume()).status_code == 410
