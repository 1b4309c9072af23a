"""Whole sessions, and what the store has of them afterwards."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.call.course import EndReason
from bot.session_log import session_writer
from bot.store.file import FILE_NAME
from bot.store.sessions import load_session
from bot.store.store import open_store
from tests.bot.call.session_call import OpenCall, ask, greeted, said
from tools.appointments import Appointment, Appointments


def _files(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.exists() else []


@pytest.mark.promise("Memory", "A conversation is written down as it happens: in words, as heard.")
async def test_a_call_is_kept_as_it_was_heard(open_call: OpenCall, tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        async with open_call(data_dir=tmp_path) as call:
            async with call.join() as caller:
                await greeted(caller)
                await ask(caller, "What time is it in Tokyo?")
                heard = said(caller)
            assert await call.reason() is EndReason.CALLER_LEFT
        kept = await load_session(store, call.plan.session_id)
    assert kept is not None
    assert (kept.state, kept.end_reason) == ("ended", "caller_left")
    words = " ".join(turn.text for turn in kept.turns if turn.who == "assistant").lower()
    assert "tokyo" in heard
    assert "tokyo" in words
    assert [call.state for call in kept.tool_calls] == ["done"]
    roles = [message["role"] for message in kept.messages]
    assert roles == ["assistant", "user", "assistant", "tool", "assistant"]


@pytest.mark.promise("Memory", "With STORE=off nothing of a conversation reaches the disk.")
async def test_with_the_store_off_a_call_leaves_nothing(
    open_call: OpenCall, tmp_path: Path
) -> None:
    data_dir = tmp_path / "data"
    async with open_call(data_dir=data_dir, store=False) as call:
        async with call.join() as caller:
            await greeted(caller)
        assert await call.reason() is EndReason.CALLER_LEFT
    assert not _files(data_dir)


@pytest.mark.promise(
    "Memory", "What an answer is owed to, and that a tool began, outlives a bot killed at once."
)
async def test_what_happens_is_written_before_it_happens(
    open_call: OpenCall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing is written for being late, and a disk that is slow for a moment is waited for.
    monkeypatch.setattr(session_writer, "GATHER_SECS", 3600.0)
    monkeypatch.setattr(session_writer, "KEPT_LIMIT_SECS", 30.0)
    book = Appointments.book
    at_the_call: list[str] = []

    def written(query: str) -> list[str]:
        with closing(sqlite3.connect(tmp_path / FILE_NAME)) as store:
            return [text for (text,) in store.execute(query)]

    async def watched(self: Appointments, *args: Any, **kwargs: Any) -> Appointment:
        at_the_call.extend(written("SELECT state FROM tool_calls"))
        return await book(self, *args, **kwargs)

    monkeypatch.setattr(Appointments, "book", watched)
    calendar = tmp_path / "appointments.sqlite"
    async with (
        open_store(tmp_path),
        open_call(data_dir=tmp_path, appointments_file=calendar) as call,
        call.join() as caller,
    ):
        await greeted(caller)
        await ask(caller, "Book a haircut for tomorrow at three.")
        assert "haircut" in " ".join(written("SELECT text FROM turns WHERE who = 'user'"))
        await ask(caller, "Yes, please.")
        await caller.wait_until(lambda: bool(at_the_call), 20.0)
    assert at_the_call == ["running"]
