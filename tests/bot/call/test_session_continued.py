"""Whole sessions that go on with the talk of one that has ended."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bot.languages.en import LANGUAGE as ENGLISH
from bot.rooms.plan import RoomMetadata, RoomPlan, new_session_id
from bot.store.session_rows import CallRow, SessionRow, TurnRow, write_batch
from bot.store.sessions import delete_session, load_session, note_state
from bot.store.store import Store, open_store
from tests.bot.call.session_call import OpenCall, ask, greeted, said
from tests.bot.call.test_recovery import called
from tests.bot.call.test_recovery import said as turn
from tests.waiting import until

_EARLIER = new_session_id()
_CONTINUED = "we go on where we stopped"
_GREETING = "what can i do for you"
_ROWS: list[TurnRow | CallRow] = [
    turn(1, "assistant", "Hi, I'm Parley. What can I do for you?"),
    turn(2, "user", "My name is Bartholomew."),
    turn(3, "assistant", "Nice to meet you, Bartholomew."),
    turn(4, "user", "Book an appointment for tomorrow at three."),
    called(5, "book_appointment", "confirming"),
    turn(6, "assistant", "Shall I book it for tomorrow at three?"),
]


async def _keep(
    store: Store, session_id: str, *rows: TurnRow | CallRow, continues: str = "", ended: bool = True
) -> None:
    now_ms = round(1000 * time.time())
    session = SessionRow(
        id=session_id, language="en", began_at=now_ms, seen_at=now_ms, continues=continues
    )
    turns = [row for row in rows if isinstance(row, TurnRow)]
    calls = [row for row in rows if isinstance(row, CallRow)]
    await write_batch(store, session, turns=turns, calls=calls, is_first=True)
    if ended:
        await note_state(store, session_id, "ended", end_reason="time_limit")


def _plan(**given: object) -> RoomPlan:
    plan = {"agent_name": "continued", "session_id": new_session_id(), "continues": _EARLIER}
    return RoomPlan(**{**plan, **given})  # pyright: ignore[reportArgumentType]


@pytest.mark.promise(
    "Memory", "A call that has ended can be continued: a new bot goes on with the same memory."
)
@pytest.mark.parametrize("is_parked", [False, True], ids=["fresh", "parked"])
async def test_the_talk_goes_on_with_its_memory(
    open_call: OpenCall, tmp_path: Path, is_parked: bool
) -> None:
    plan = _plan(continues=None if is_parked else _EARLIER)
    async with open_store(tmp_path) as store:
        await _keep(store, _EARLIER, *_ROWS)
        async with open_call(data_dir=tmp_path, plan=plan) as call:
            if is_parked:
                # Its greeting is there by then, and waits for somebody to listen.
                await until(call.is_waiting)
                given = RoomMetadata(session_id=plan.session_id, continues=_EARLIER)
                await call.rooms.set_metadata(plan.room_name, given)
            async with call.join() as caller:
                await greeted(caller)
                assert _CONTINUED in said(caller)
                assert _GREETING not in said(caller)
                await ask(caller, "What is my name?")
                await caller.wait_until(lambda: "bartholomew" in said(caller), 20.0)
                # The question of then waits no more: nothing is asked or booked for a yes.
                await ask(caller, "Yes.")
            await call.reason()
        kept = await load_session(store, plan.session_id)
    assert kept is not None
    assert kept.continues == _EARLIER
    assert not kept.tool_calls


async def test_the_bot_that_takes_a_continued_call_over_knows_the_earlier_one(
    open_call: OpenCall, tmp_path: Path
) -> None:
    plan = _plan(takeover=1)
    async with open_store(tmp_path) as store:
        await _keep(store, _EARLIER, *_ROWS[:3])
        hello = turn(1, "assistant", ENGLISH.session.continued)
        asked = turn(2, "user", "What is my name?")
        rows = (hello, asked)
        await _keep(store, plan.session_id, *rows, continues=_EARLIER, ended=False)
    async with open_call(data_dir=tmp_path, plan=plan) as call, call.join() as caller:
        await greeted(caller)
        await caller.wait_until(lambda: "bartholomew" in said(caller), 20.0)
        assert _CONTINUED not in said(caller)


@pytest.mark.promise(
    "Memory", "What was forgotten is not remembered, and a bot that knows nothing says so."
)
async def test_a_talk_that_was_forgotten_meanwhile_is_not_made_up(
    open_call: OpenCall, tmp_path: Path
) -> None:
    async with open_store(tmp_path) as store:
        await _keep(store, _EARLIER, *_ROWS)
        await delete_session(store, _EARLIER)
    async with open_call(data_dir=tmp_path, plan=_plan()) as call, call.join() as caller:
        await greeted(caller)
        assert "i no longer know what we said" in said(caller)
        await ask(caller, "What is my name?")
        assert "bartholomew" not in said(caller)
