"""Whole sessions that go on with the call of a bot that was lost, at every moment of it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bot.languages.en import LANGUAGE as ENGLISH
from bot.rooms.plan import RoomPlan, new_session_id
from bot.store.session_rows import CallRow, SessionRow, TurnRow, write_batch
from bot.store.store import open_store
from tests.bot.call.session_call import OpenCall, ask, greeted, said
from tests.bot.call.test_recovery import called
from tests.bot.call.test_recovery import said as turn

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
