"""What becomes of a session whose store does not answer while another bot takes it over."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.session_log import late_talk, session_log
from bot.session_log.session_log import SessionLog
from bot.spent import Spent
from bot.store.kept_session import SILENT_SECS, KeptSession
from bot.store.sessions import load_session, note_state
from bot.store.store import Store
from processors.agent_protocol.events import Side
from tests.fake_clock import FakeClock
from tests.unkind_store import UnkindStore, unkind_store
from tools.calls.announcements import Announcements
from tools.calls.call import CallState
from tools.calls.commands import CallEnded, CallStarted
from tools.reminders import Reminders

_ID = "0123456789abcdef0123"
_BEFORE = ["book tuesday", "Booked.", "and wine", "Red?", "white", "White."]
_SINCE = ["hi again", "sorry, lost"]


@pytest_asyncio.fixture
async def store() -> AsyncIterator[UnkindStore]:
    opened = await unkind_store()
    yield opened
    opened.fails = opened.hangs = opened.loses = 0
    await opened.close()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_log, "_LIMIT_SECS", 0.3)
    monkeypatch.setattr(late_talk, "RETRY_SECS", (0.05,))


def _say(log: SessionLog, texts: list[str]) -> None:
    for at, text in enumerate(texts):
        log.turn_added(Side.BOT if at % 2 else Side.CALLER, text)


async def _first_bot(store: Store) -> KeptSession:
    log = SessionLog(session_id=_ID, store=store)
    log.caller_joined()
    log.know_person("Ada")
    _say(log, _BEFORE)
    await log.close()
    return await _loaded(store)


async def _loaded(store: Store) -> KeptSession:
    kept = await load_session(store, _ID)
    assert kept is not None
    return kept


async def _talk_lost(log: SessionLog) -> None:
    log.caller_joined()
    _say(log, _SINCE[:1])
    log.on_event(CallStarted("9", "pay", {}, "key-9"))
    log.on_event(CallEnded("9", "pay", CallState.DONE, {}, has_run=True))
    # They come back within the call.
    log.caller_joined()
    log.turn_added(Side.BOT, _SINCE[1])


_TROUBLES = {
    "fails once": {"fails": 1},
    "fails for a while": {"fails": 4},
    "hangs": {"hangs": 1},
    "fails after the commit": {"loses": 1},
    "fails at the load": {"loses": 2},
}


@pytest.mark.promise(
    "Lost bots",
    "A store that does not answer at a takeover loses nothing that was kept of the call.",
)
@pytest.mark.parametrize("takeovers", [0, 2])
@pytest.mark.parametrize("ends_at_once", [True, False], ids=["ends", "goes on"])
@pytest.mark.parametrize("trouble", list(_TROUBLES))
async def test_what_was_kept_stays_and_the_rest_is_behind_it(
    store: UnkindStore, trouble: str, ends_at_once: bool, takeovers: int
) -> None:
    before = await _first_bot(store)
    for _ in range(takeovers):
        between = SessionLog(session_id=_ID, store=store)
        assert await between.take_over() is not None
        await between.close()
    found: list[KeptSession] = []
    is_found = asyncio.Event()

    def find(kept: KeptSession) -> None:
        found.append(kept)
        is_found.set()

    log = SessionLog(session_id=_ID, store=store)
    vars(store).update(_TROUBLES[trouble])
    assert await log.take_over(when_found=find) is None
    await _talk_lost(log)
    if ends_at_once:
        store.fails = store.hangs = store.loses = 0
    else:
        async with asyncio.timeout(20.0):
            await is_found.wait()
    await log.end("idle")
    after = await _loaded(store)
    assert after.turns[: len(before.turns)] == before.turns
    assert [turn.text for turn in after.turns[len(before.turns) :]] == _SINCE
    (call,) = after.tool_calls
    assert before.next_place <= call.place < after.next_place
    places = [turn.place for turn in after.turns] + [call.place]
    assert len(set(places)) == len(places)
    assert after.turns[-1].began_ms >= before.turns[-1].ended_ms
    assert call.began_ms >= before.turns[-1].ended_ms
    assert (after.began_at, after.person) == (before.began_at, "Ada")
    assert (after.state, after.end_reason) == ("ended", "idle")
    assert after.takeovers > takeovers
    assert [one.session_id for one in found] == [_ID]


@pytest.mark.promise(
    "Lost bots",
    "A store that does not answer at a takeover loses nothing that was kept of the call.",
)
async def test_a_store_that_never_comes_back_costs_the_call_nothing(store: UnkindStore) -> None:
    before = await _first_bot(store)
    log = SessionLog(session_id=_ID, store=store)
    store.fails = math.inf
    assert await log.take_over() is None
    await _talk_lost(log)
    assert not await log.settle()
    async with asyncio.timeout(20.0):
        await log.kept()
        await log.end("idle")
    store.fails = 0
    assert (await _loaded(store)).turns == before.turns


@pytest.mark.promise(
    "Lost bots", "A clock that was set, or is another machine's, costs a call little of its time."
)
@pytest.mark.parametrize("set_by_secs", [0.0, -3_600.0, 3_600.0])
async def test_the_time_of_a_store_that_was_away_is_counted(
    store: UnkindStore, set_by_secs: float
) -> None:
    clock, wall = FakeClock(), FakeClock()
    wall.now = time.time()
    reminders = Reminders(announcements=Announcements(), clock=clock, wake=lambda: None)
    first = SessionLog(session_id=_ID, store=store, now_secs=wall, clock_secs=clock)
    first.watch(usage=Spent, reminders=reminders)
    first.caller_joined()
    clock.now += 300.0
    reminders.set("tea", delay_secs=2_000.0, text="Tea!")
    _say(first, _BEFORE)
    await first.close()
    found = asyncio.Queue[KeptSession]()
    log = SessionLog(session_id=_ID, store=store, now_secs=wall, clock_secs=clock)
    store.fails = math.inf
    assert await log.take_over(when_found=found.put_nowait) is None
    log.caller_joined()
    _say(log, _SINCE)
    clock.now += 600.0
    wall.now += 600.0 + set_by_secs
    store.fails = 0
    async with asyncio.timeout(20.0):
        kept = await found.get()
    # Between the bots nobody has counted: up to so long may be believed of a clock that was set.
    unsure_secs = SILENT_SECS if set_by_secs > 0 else 0.0
    assert kept.lasted_secs == pytest.approx(900.0 + unsure_secs, abs=0.01)
    (tea,) = kept.timers
    assert tea.due_at - kept.seen_at == pytest.approx(1_400.0 - unsure_secs, abs=0.01)
    await log.end("idle")
    turns = (await _loaded(store)).turns
    since = [turn.began_ms for turn in turns if turn.text in _SINCE]
    assert since == pytest.approx([1000 * (300.0 + unsure_secs)] * 2, abs=10)


async def test_a_session_that_was_not_there_is_begun_late(store: UnkindStore) -> None:
    log = SessionLog(session_id=_ID, store=store)
    store.fails = 2
    assert await log.take_over() is None
    await _talk_lost(log)
    await asyncio.sleep(0.3)
    await log.end("idle")
    kept = await _loaded(store)
    assert [turn.text for turn in kept.turns] == _SINCE
    assert (kept.takeovers, kept.end_reason) == (0, "idle")


@pytest.mark.promise(
    "Lost bots",
    "A store that does not answer at a takeover loses nothing that was kept of the call.",
)
async def test_what_another_bot_began_is_never_begun_anew(store: UnkindStore) -> None:
    before = await _first_bot(store)
    await note_state(store, _ID, "ended", end_reason="idle")
    late = SessionLog(session_id=_ID, store=store, now_secs=lambda: before.began_at + 5)
    # It is over: to this bot there is none.
    assert await late.take_over() is None
    await _talk_lost(late)
    await late.end("left")
    after = await _loaded(store)
    assert (after.turns, after.began_at, after.end_reason) == (
        before.turns,
        before.began_at,
        "idle",
    )
