from __future__ import annotations

import asyncio
import math
import sqlite3
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.session_log import session_writer
from bot.session_log.session_writer import CLOSE_LIMIT_SECS, MAX_WAITING, SessionWriter
from bot.store.file import FILE_NAME
from bot.store.session_rows import SessionRow, TurnRow
from bot.store.sessions import delete_session, load_session
from bot.store.store import Store, open_store
from tests.log_lines import log_lines
from tests.unkind_store import unkind_store
from tests.waiting import until

_SESSION = SessionRow(id="s", began_at=1, seen_at=1)
_LIMIT_SECS = 20.0


def _turn(place: int, text: str = "hi") -> TurnRow:
    return TurnRow(place=place, who="user", text=text, began_ms=1, ended_ms=2)


async def _texts(store: Store) -> list[str]:
    kept = await load_session(store, "s")
    return [turn.text for turn in kept.turns] if kept else []


def _yes_if(lines: list[str]) -> Callable[[], Awaitable[bool]]:
    async def are_there() -> bool:
        return bool(lines)

    return are_there


async def _until_kept(store: Store, texts: list[str]) -> None:
    async def are_kept() -> bool:
        return await _texts(store) == texts

    await until(are_kept, limit_secs=_LIMIT_SECS)


@pytest.mark.promise(
    "Memory", "A store that hangs, fails, is full or is held costs a call nothing."
)
async def test_a_store_that_fails_is_tried_again_and_said_once() -> None:
    store = await unkind_store()
    writer = SessionWriter(store=store, describe=lambda: _SESSION)
    store.fails = math.inf
    writer.open()
    with log_lines("bot.session_log") as lines:
        try:
            writer.put(_turn(0, "first"))
            writer.put(_turn(1))
            await until(_yes_if(lines))
            # Newer than what waits from the time before.
            writer.put(_turn(1, "longer"))
            writer.put(_turn(2))
            await asyncio.sleep(0)
            store.fails = 0
            await _until_kept(store, ["first", "longer", "hi"])
            await writer.close()
        finally:
            await store.close()
    assert [line.partition(":")[0] for line in lines] == [
        "The conversation is not kept for now",
        "The conversation is kept again",
    ]


async def test_a_store_that_hangs_keeps_nobody_from_talking_or_leaving() -> None:
    store = await unkind_store()
    store.hangs = math.inf
    writer = SessionWriter(store=store, describe=lambda: _SESSION)
    writer.open()
    for place in range(MAX_WAITING + 50):
        writer.put(_turn(place))
        await asyncio.sleep(0)
    began = time.monotonic()
    await writer.close()
    assert time.monotonic() - began < CLOSE_LIMIT_SECS + _LIMIT_SECS
    await store.close()


@pytest.mark.promise(
    "Memory", "A store that hangs, fails, is full or is held costs a call nothing."
)
async def test_only_so_much_waits_for_a_store_that_is_gone() -> None:
    store = await unkind_store()
    writer = SessionWriter(store=store, describe=lambda: _SESSION)
    for place in range(MAX_WAITING + 5):
        writer.put(_turn(place))
    writer.open()
    await writer.close()
    kept = await load_session(store, "s")
    assert kept is not None
    assert [turn.place for turn in kept.turns] == list(range(5, MAX_WAITING + 5))
    await store.close()


async def test_a_file_that_somebody_holds_is_written_when_they_let_go(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        writer = SessionWriter(store=store, describe=lambda: _SESSION)
        with sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            writer.open()
            writer.put(_turn(1))
            await asyncio.sleep(0.5)
            other.execute("ROLLBACK")
        await _until_kept(store, ["hi"])
        await writer.close()


@pytest.mark.promise(
    "Lost bots", "Reminders and the time limit outlive the bot that was told of them."
)
async def test_a_session_in_which_nothing_happens_is_written_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session_writer, "WRITTEN_SECS", 0.05)
    monkeypatch.setattr(session_writer, "GATHER_SECS", 0.0)
    store, seen = await unkind_store(), 1

    def describe() -> SessionRow:
        nonlocal seen
        seen += 1
        return replace(_SESSION, seen_at=1_000 * seen)

    writer = SessionWriter(store=store, describe=describe)
    writer.open()
    writer.put()

    async def is_seen_again() -> bool:
        kept = await load_session(store, "s")
        return kept is not None and kept.seen_at >= 4

    try:
        await until(is_seen_again, limit_secs=_LIMIT_SECS)
    finally:
        await writer.close()
        await store.close()


@pytest.mark.promise("Memory", "A session that was deleted is gone, and no bot writes it again.")
async def test_a_session_that_was_deleted_is_not_written_again() -> None:
    store = await unkind_store()
    writer = SessionWriter(store=store, describe=lambda: _SESSION)
    writer.open()
    writer.put(_turn(1))
    await _until_kept(store, ["hi"])
    await delete_session(store, "s")
    writer.put(_turn(2))
    await writer.close()
    assert await load_session(store, "s") is None
    await store.close()


@pytest.mark.promise(
    "Memory", "What an answer is owed to, and that a tool began, outlives a bot killed at once."
)
@pytest.mark.parametrize("way", ["urgent", "waited for"])
async def test_what_must_be_known_is_written_before_its_time(
    monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(session_writer, "GATHER_SECS", 3600.0)
    store, writes = await unkind_store(), 0

    def describe() -> SessionRow:
        nonlocal writes
        writes += 1
        return _SESSION

    writer = SessionWriter(store=store, describe=describe)
    writer.open()
    try:
        writer.put(_turn(0))
        writer.put(_turn(1), is_urgent=way == "urgent")
        if way == "urgent":
            await _until_kept(store, ["hi", "hi"])
        else:
            await writer.kept()
        assert await _texts(store) == ["hi", "hi"]
        assert writes == 1
    finally:
        await writer.close()
        await store.close()


@pytest.mark.parametrize("trouble", ["hangs", "fails", "is none", "is another's"])
async def test_who_waits_for_a_store_that_does_not_write_goes_on(trouble: str) -> None:
    store = await unkind_store()
    store.hangs = math.inf if trouble == "hangs" else 0
    store.fails = math.inf if trouble == "fails" else 0
    writer = SessionWriter(store=None if trouble == "is none" else store, describe=lambda: _SESSION)
    writer.open(is_known=trouble == "is another's")
    try:
        for place in range(3):
            writer.put(_turn(place))
            async with asyncio.timeout(_LIMIT_SECS):
                await writer.kept()
    finally:
        store.hangs = store.fails = 0
        await writer.close()
        await store.close()
