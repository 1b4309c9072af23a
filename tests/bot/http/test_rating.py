"""How a caller says what the call was like, on the real app with a real store."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.rooms.plan import new_session_id
from bot.store.session_rows import SessionRow, write_batch
from bot.store.sessions import delete_session, list_sessions
from bot.store.store import open_store
from tests.bot.http.api_client import Api, error_code, open_api


async def _kept_call(api: Api) -> dict[str, Any]:
    """Start a call, of which something is written down."""
    session = (await api.http.post("/api/sessions")).json()
    assert api.backend.store is not None
    row = SessionRow(id=session["session_id"], began_at=1, seen_at=1)
    await write_batch(api.backend.store, row, is_first=True)
    return session


async def _rate(api: Api, session: dict[str, Any], **said: object) -> httpx.Response:
    body = {"resume_ticket": session["resume_ticket"], "is_good": True, **said}
    # Half a character goes as its escape, as it does from a browser.
    content = json.dumps(body)
    path, kind = (
        f"/api/sessions/{session['session_id']}/rating",
        {"Content-Type": "application/json"},
    )
    return await api.http.post(path, content=content, headers=kind)


async def _kept(api: Api) -> tuple[bool | None, str]:
    assert api.backend.store is not None
    [one] = await list_sessions(api.backend.store)
    return one.is_good, one.comment


@asynccontextmanager
async def _opened(data_dir: Path, *, redact_file: Path | None = None) -> AsyncGenerator[Api]:
    async with open_store(data_dir) as store, open_api(store=store, redact_file=redact_file) as api:
        yield api


@pytest.mark.promise("Page", "After a call its caller can say how it was, with a thumb and a line.")
async def test_the_newest_word_of_a_caller_is_kept(tmp_path: Path) -> None:
    async with _opened(tmp_path) as api:
        session = await _kept_call(api)
        assert await _kept(api) == (None, "")
        assert (await _rate(api, session, is_good=False)).status_code == 204
        assert await _kept(api) == (False, "")
        comment = "Très bien\u00a0! \U0001f469\u200d\U0001f4bb"
        assert (await _rate(api, session, comment=comment)).status_code == 204
        assert await _kept(api) == (True, comment)


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({"resume_ticket": "forged"}, (401, "unauthorized")),
        ({"resume_ticket": ""}, (422, "bad_request")),
        ({"is_good": None}, (422, "bad_request")),
        ({"is_good": "yes"}, (422, "bad_request")),
        ({"comment": "x" * 501}, (422, "bad_request")),
        ({"comment": "two\nlines"}, (422, "bad_request")),
        ({"comment": "half \ud83d"}, (400, "bad_request")),
        ({"stars": 5}, (422, "bad_request")),
    ],
)
async def test_what_is_no_rating_is_refused(
    tmp_path: Path, said: dict[str, Any], refusal: tuple[int, str]
) -> None:
    async with _opened(tmp_path) as api:
        session = await _kept_call(api)
        answer = await _rate(api, session, **said)
        assert (answer.status_code, error_code(answer)) == refusal
        assert await _kept(api) == (None, "")


@pytest.mark.promise("Page", "After a call its caller can say how it was, with a thumb and a line.")
async def test_a_ticket_rates_its_own_call_alone(tmp_path: Path) -> None:
    async with _opened(tmp_path) as api:
        session = await _kept_call(api)
        other = {**session, "session_id": new_session_id()}
        assert error_code(await _rate(api, other)) == "forbidden"
        assert error_code(await _rate(api, {**session, "session_id": "no-id"})) == "not_found"


async def test_a_call_that_was_deleted_is_not_rated(tmp_path: Path) -> None:
    async with _opened(tmp_path) as api:
        session = await _kept_call(api)
        assert api.backend.store is not None
        await delete_session(api.backend.store, session["session_id"])
        answer = await _rate(api, session)
        assert (answer.status_code, error_code(answer)) == (410, "session_forgotten")


async def test_nothing_is_rated_where_nothing_is_kept() -> None:
    async with open_api() as api:
        session = (await api.http.post("/api/sessions")).json()
        answer = await _rate(api, session)
        assert (answer.status_code, error_code(answer)) == (410, "session_forgotten")


async def test_a_store_that_fails_is_no_end_of_the_page(tmp_path: Path) -> None:
    async with _opened(tmp_path) as api:
        session = await _kept_call(api)
        with closing(sqlite3.connect(tmp_path / "parley.sqlite")) as other:
            other.execute("BEGIN EXCLUSIVE")
            answer = await _rate(api, session)
        assert (answer.status_code, error_code(answer)) == (503, "store_unreachable")


@pytest.mark.parametrize(
    ("code", "kept"),
    [("return text.replace('1234', '#')", "It said #."), ("raise ValueError", "[not kept]")],
)
async def test_the_line_is_redacted(tmp_path: Path, code: str, kept: str) -> None:
    redact = tmp_path / "redact.py"
    redact.write_text(f"def redact(text):\n    {code}\n")
    async with _opened(tmp_path, redact_file=redact) as api:
        session = await _kept_call(api)
        await _rate(api, session, comment="It said 1234.")
        assert await _kept(api) == (True, kept)


async def test_ratings_are_counted(tmp_path: Path) -> None:
    async with _opened(tmp_path) as api:
        session = await _kept_call(api)
        codes = [(await _rate(api, session)).status_code for _ in range(40)]
        assert set(codes) == {204, 429} and codes[:20] == [204] * 20
