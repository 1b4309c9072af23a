from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from bot.store import store as store_module
from bot.store.kept_session import KeptQuestion, KeptTimer, messages_of
from bot.store.session_rows import CallRow, SessionRow, TurnRow, write_batch
from bot.store.sessions import (
    delete_session,
    forget_before,
    list_sessions,
    load_session,
    note_state,
    note_takeover,
)
from bot.store.store import Store
from bot.store.tables import SESSIONS, TOOL_CALLS, TURNS

_ID = "0123456789abcdef0123"
_SESSION = SessionRow(
    id=_ID,
    person="Ada",
    language="en",
    began_at=1_700_000_000_000,
    seen_at=1_700_000_060_000,
    question='{"call_id": "2", "name": "book", "text": "Shall I?"}',
    timers='[{"label": "tea", "text": "Tea!", "due_at": 1700000090.0}]',
    usage='{"prompt_tokens": 5, "clock_ms": 60000}',
)
_TURNS = [
    TurnRow(place=1, who="user", text="hi", memory="hi", is_finished=True, began_ms=1, ended_ms=2),
    TurnRow(
        place=2, who="assistant", text="One moment. It is", memory="It is", is_cut=True,
        is_finished=True, began_ms=3, ended_ms=4,
    ),
]  # fmt: skip
_CALLS = [
    CallRow(place=3, told_place=4, call_id="1", name="time", state="done", result="{}", began_ms=5),
    CallRow(place=5, call_id="2", name="book", state="confirming", began_ms=6),
]


async def _write(store: Store, session: SessionRow = _SESSION, *, is_first: bool = True) -> bool:
    return await write_batch(store, session, turns=_TURNS, calls=_CALLS, is_first=is_first)


@pytest.mark.promise("Memory", "A conversation is written down as it happens: in words, as heard.")
async def test_what_was_written_is_read_back(store: Store) -> None:
    assert await _write(store)
    kept = await load_session(store, _ID)
    assert kept is not None
    assert (kept.turns, kept.tool_calls) == (_TURNS, _CALLS)
    assert kept.question == KeptQuestion(call_id="2", name="book", text="Shall I?")
    assert kept.timers == [KeptTimer(label="tea", text="Tea!", due_at=1_700_000_090.0)]
    assert (kept.person, kept.language, kept.state, kept.end_reason) == ("Ada", "en", "live", None)
    assert (kept.usage.prompt_tokens, kept.lasted_secs, kept.next_place) == (5, 60.0, 6)
    assert await load_session(store, "nobody") is None


async def test_the_model_gets_back_what_it_knew(store: Store) -> None:
    await _write(store)
    kept = await load_session(store, _ID)
    assert kept is not None
    function = {"name": "time", "arguments": "{}"}
    assert kept.messages == [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "It is"},
        {
            "role": "assistant",
            "tool_calls": [{"id": "1", "function": function, "type": "function"}],
        },
        {"role": "tool", "content": "{}", "tool_call_id": "1"},
    ]


def test_a_summary_stands_for_what_was_before_it() -> None:
    messages = messages_of(_TURNS, _CALLS, summary="They met.", summary_until=2)
    assert [one.get("content") for one in messages] == ["They met.", "It is", None, "{}"]


def test_words_that_became_no_turn_are_known_only_while_they_are_the_last() -> None:
    stray = replace(_TURNS[0], memory="mm-hm", is_finished=False)
    assert [one["content"] for one in messages_of([stray, _TURNS[1]], [])] == ["It is"]
    last = replace(stray, place=3)
    contents = [one["content"] for one in messages_of([_TURNS[1], last], [])]
    assert contents == ["It is", "mm-hm"]


@pytest.mark.promise("Memory", "A conversation is written down as it happens: in words, as heard.")
async def test_a_turn_that_grows_is_one_line(store: Store) -> None:
    await _write(store)
    longer = replace(_TURNS[1], text="One moment. It is ten", revision=9)
    assert await write_batch(store, _SESSION, turns=[longer])
    kept = await load_session(store, _ID)
    assert kept is not None
    assert kept.turns == [_TURNS[0], longer]


@pytest.mark.promise("Ending a call", "Every session has exactly one reason for its end.")
async def test_a_session_ends_once(store: Store) -> None:
    assert not await note_state(store, _ID, "ended", end_reason="idle")
    await _write(store)
    assert await note_state(store, _ID, "away")
    assert await note_state(store, _ID, "ended", end_reason="idle")
    assert not await note_state(store, _ID, "ended", end_reason="error")
    assert not await note_state(store, _ID, "live")
    assert await _write(store, is_first=False)
    kept = await load_session(store, _ID)
    assert kept is not None
    assert (kept.state, kept.end_reason) == ("ended", "idle")


@pytest.mark.promise(
    "Memory",
    "The bot that goes on with a session knows what was heard in it, and the one before writes no "
    "more.",
)
async def test_the_bot_before_a_takeover_writes_no_more(store: Store) -> None:
    await _write(store)
    assert await note_takeover(store, _ID) == 1
    assert not await _write(store, is_first=False)
    assert not await _write(store)
    assert await _write(store, replace(_SESSION, takeovers=1), is_first=False)
    await note_state(store, _ID, "ended", end_reason="idle")
    assert await note_takeover(store, _ID) is None
    assert await note_takeover(store, "nobody") is None


async def test_sessions_are_listed_from_the_newest(store: Store) -> None:
    for number in range(3):
        began_at = _SESSION.began_at + number
        await _write(store, replace(_SESSION, id=f"{number}", began_at=began_at))
    listed = await list_sessions(store, limit=2)
    assert [one.session_id for one in listed] == ["2", "1"]


@pytest.mark.promise("Memory", "A session that was deleted is gone, and no bot writes it again.")
async def test_a_deleted_session_is_gone_from_all_tables(store: Store) -> None:
    await _write(store)
    await _write(store, replace(_SESSION, id="other"))
    assert await delete_session(store, _ID)
    assert not await delete_session(store, _ID)
    assert not await _write(store, is_first=False)
    assert await load_session(store, _ID) is None
    other = await load_session(store, "other")
    assert other is not None
    assert other.turns == _TURNS


@pytest.mark.promise("Memory", "A session that was deleted is gone, and no bot writes it again.")
async def test_deleted_words_are_in_no_file(file_store: Store, tmp_path: Path) -> None:
    word = "unmistakable"
    turns = [replace(_TURNS[0], place=place, text=word * 50) for place in range(20)]
    await write_batch(file_store, _SESSION, turns=turns, is_first=True)

    def found() -> list[str]:
        files = (tmp_path / "data").iterdir()
        return [file.name for file in files if word.encode() in file.read_bytes()]

    assert found()
    await delete_session(file_store, _ID)
    assert not found()


@pytest.mark.promise("Memory", "A conversation is forgotten KEEP_DAYS after its last word.")
async def test_old_sessions_are_forgotten_with_all_that_was_said(store: Store) -> None:
    for name, day in (("old", 4), ("new", 5)):
        seen_at = round(datetime(2026, 3, day, 23, 59, tzinfo=UTC).timestamp() * 1000)
        await _write(store, replace(_SESSION, id=name, seen_at=seen_at))
    assert await forget_before(store, date(2026, 3, 5)) == 1
    assert await load_session(store, "old") is None
    new = await load_session(store, "new")
    assert new is not None
    assert len(new.turns) == 2
    assert await forget_before(store, date(2026, 3, 5)) == 0
    async with store.transaction() as connection:
        for table in (TURNS, TOOL_CALLS):
            left = (await connection.execute(select(table.c.session_id))).scalars()
            assert set(left) == {"new"}


@pytest.mark.promise("Memory", "Whatever a model or a person writes, the rest is kept.")
@pytest.mark.parametrize(
    ("text", "kept"), [("a\0b", "ab"), ("a\ud800b", "a?b"), ("\0", ""), ("👋\n\x1b", "👋\n\x1b")]
)
async def test_text_that_no_database_takes(store: Store, text: str, kept: str) -> None:
    turn = TurnRow(place=1, who="user", text=text, memory=text, began_ms=0, ended_ms=0)
    call = CallRow(place=2, call_id=text, name=text, state="done", result=text, began_ms=0)
    row = SessionRow(id="a", began_at=0, seen_at=0, person=text, summary=text)
    assert await write_batch(store, row, turns=[turn], calls=[call], is_first=True)
    found = await load_session(store, "a")
    assert found is not None
    assert {found.turns[0].text, found.tool_calls[0].result, found.person, found.summary} == {kept}


@pytest.mark.parametrize(
    "change",
    [
        "question = '{'",
        "question = '{\"unknown\": 1}'",
        "question = '7'",
        "timers = '[7]'",
        "timers = ''",
        'timers = \'[{"label": "tea", "text": "Tea!", "due_at": #.#}]\'',
        'timers = \'[{"label": "tea", "text": "Tea!", "due_at": "soon"}]\'',
        "usage = '{'",
    ],
)
async def test_what_cannot_be_read_costs_no_turn(store: Store, change: str) -> None:
    row = SessionRow(id="a", began_at=0, seen_at=0)
    await write_batch(store, row, turns=_TURNS[:1], is_first=True)
    async with store.transaction() as connection:
        await connection.exec_driver_sql(f"UPDATE sessions SET {change}")
    found = await load_session(store, "a")
    assert found is not None
    assert (found.turns, found.question, found.timers) == (_TURNS[:1], None, [])


@pytest.mark.promise("Memory", "A session that is forgotten leaves no word behind.")
async def test_a_turn_that_is_written_while_its_session_is_forgotten(store: Store) -> None:
    row = SessionRow(id="a", began_at=0, seen_at=0)
    await write_batch(store, row, turns=_TURNS[:1], is_first=True)
    async with store.transaction() as bot:
        # As the bot writes: first that the session is its own, then what is new.
        await bot.execute(update(SESSIONS).values(seen_at=1))
        forgetting = asyncio.create_task(delete_session(store, "a"))
        await asyncio.sleep(0.2)
        values = {"session_id": "a", **vars(_TURNS[1])}
        await bot.execute(insert(TURNS).values(values))
    assert await forgetting
    assert not await write_batch(store, row, turns=_TURNS)
    async with store.transaction() as connection:
        assert not (await connection.execute(select(TURNS.c.text))).all()


@pytest.mark.promise("Memory", "A conversation is forgotten KEEP_DAYS after its last word.")
async def test_many_sessions_are_forgotten_part_by_part(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Hundreds of writes, of which any may meet a machine that stands still for a moment.
    monkeypatch.setattr(store_module, "LIMIT_SECS", 60.0)
    for number in range(450):
        row = SessionRow(id=f"{number}", began_at=0, seen_at=number)
        await write_batch(store, row, turns=_TURNS[:1], is_first=True)
    assert await forget_before(store, date(1970, 1, 2)) == 450
    async with store.transaction() as connection:
        assert not (await connection.execute(select(TURNS.c.text))).all()
