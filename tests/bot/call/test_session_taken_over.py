"""Whole sessions that go on with the call of a bot that was lost, at every moment of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.call.course import EndReason
from bot.languages.en import LANGUAGE as ENGLISH
from bot.rooms.plan import RoomPlan, new_session_id
from bot.store.session_rows import CallRow, SessionRow, TurnRow, write_batch
from bot.store.store import open_store
from tests.bot.call.session_call import Call, OpenCall, ask, greeted, said
from tests.bot.call.test_recovery import called
from tests.bot.call.test_recovery import said as turn
from tests.waiting import until

_HELLO = turn(1, "assistant", "Hi, I'm Parley. What can I do for you?")
_TIME = turn(2, "user", "What time is it in London?")
_BACK = ENGLISH.recovery.back


@pytest.mark.promise(
    "Lost bots",
    "The bot that takes a call over answers what is owed, and the talk goes on with its memory.",
)
@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([_HELLO], ENGLISH.recovery.go_on),
        ([_HELLO, _TIME, turn(3, "assistant", "It is", is_finished=False)], "in london"),
        (
            [
                _HELLO,
                turn(2, "user", "Book an appointment for tomorrow at three."),
                called(3, "book_appointment", "confirming"),
                turn(4, "assistant", "Shall I book an appointment for tomorrow at three?"),
            ],
            "shall i book",
        ),
        (
            [
                _HELLO,
                turn(2, "user", "Book an appointment for tomorrow at three."),
                called(3, "book_appointment", "running"),
            ],
            ENGLISH.recovery.unsure,
        ),
        ([_HELLO, _TIME, called(3, "time_in_place", "running")], "in london"),
    ],
    ids=["listening", "speaking", "asking", "writing", "reading"],
)
async def test_what_is_owed_is_heard_and_the_talk_goes_on(
    open_call: OpenCall, tmp_path: Path, rows: list[TurnRow | CallRow], expected: str
) -> None:
    plan = RoomPlan(agent_name="taken-over", session_id=new_session_id(), takeover=1)
    now_ms = round(1000 * time.time())
    async with open_store(tmp_path) as store:
        session = SessionRow(id=plan.session_id, language="en", began_at=now_ms, seen_at=now_ms)
        turns = [row for row in rows if isinstance(row, TurnRow)]
        calls = [row for row in rows if isinstance(row, CallRow)]
        await write_batch(store, session, turns=turns, calls=calls, is_first=True)
    async with open_call(data_dir=tmp_path, plan=plan) as call, call.join() as caller:
        await greeted(caller)
        await caller.wait_until(lambda: expected.lower().rstrip(".") in said(caller), 20.0)
        assert said(caller).startswith(_BACK.lower())
        if not calls:
            await caller.wait_for_silence()
            await ask(caller, "What time is it in Tokyo?")
            await caller.wait_until(lambda: "tokyo" in said(caller), 20.0)


@asynccontextmanager
async def taken_over(
    open_call: OpenCall, data_dir: Path, **settings: object
) -> AsyncGenerator[Call]:
    """A bot of a call that another one had begun; its caller is not there."""
    plan = RoomPlan(agent_name="taken-over", session_id=new_session_id(), takeover=1)
    now_ms = round(1000 * time.time())
    async with open_store(data_dir) as store:
        session = SessionRow(id=plan.session_id, language="en", began_at=now_ms, seen_at=now_ms)
        await write_batch(store, session, turns=[_HELLO, _TIME], calls=[], is_first=True)
    async with open_call(data_dir=data_dir, plan=plan, **settings) as call:

        async def is_connected() -> bool:
            return call.room.room.isconnected()

        await until(is_connected)
        yield call


@pytest.mark.promise(
    "Lost bots", "A caller who is away when a bot takes over is waited for, for RESUME_SECS."
)
async def test_a_caller_who_is_away_at_a_takeover_and_never_back_has_left(
    open_call: OpenCall, tmp_path: Path
) -> None:
    async with taken_over(open_call, tmp_path, resume_secs=2.0) as call:

        async def is_away() -> bool:
            return call.room.room.local_participant.attributes.get("parley.state") == "away"

        await until(is_away)
        assert await call.reason() is EndReason.CALLER_LEFT


@pytest.mark.promise(
    "Lost bots", "A caller who is away when a bot takes over is waited for, for RESUME_SECS."
)
async def test_a_caller_who_is_away_at_a_takeover_and_back_is_answered(
    open_call: OpenCall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.call.course.NEVER_JOINED_SECS", 1.0)
    async with taken_over(open_call, tmp_path, resume_secs=30.0) as call:
        await asyncio.sleep(3.0)
        async with call.join() as caller:
            await caller.wait_until(lambda: "in london" in said(caller), 20.0)
            assert said(caller).startswith(_BACK.lower())
            assert said(caller).count(_BACK.lower()) == 1
            await caller.wait_for_silence()
            await ask(caller, "What time is it in Tokyo?")
            await caller.wait_until(lambda: "tokyo" in said(caller), 20.0)


@pytest.mark.promise("Cost", "What was asked of a bot that was lost, the next one does.")
async def test_the_end_of_the_day_is_heard_by_the_bot_that_takes_over(
    open_call: OpenCall, tmp_path: Path
) -> None:
    opened = taken_over(open_call, tmp_path, resume_secs=30.0, end_asked="daily_budget")
    async with opened as call, call.join() as caller:
        assert await call.told(caller) is EndReason.DAILY_BUDGET
        assert ENGLISH.session.daily_budget_goodbye.lower().rstrip(".!") in said(caller)
