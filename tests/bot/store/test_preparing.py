"""A file that cannot be used when a process starts, and then can be."""

from __future__ import annotations

import asyncio
import threading
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.errors import LaunchError
from bot.spent import Spent
from bot.store.engines import make_private
from bot.store.file import FILE_NAME
from bot.store.invites import Invite, add_invite, find_invite
from bot.store.spent import record_spent, spent_on
from bot.store.store import open_store
from bot.store.switch import is_paused, set_paused
from tests.log_lines import log_lines
from tests.nobody import locked_out
from tests.waiting import until

_LIMIT_SECS = 30.0


def invite(name: str) -> Invite:
    return Invite(id=name, name=name, uses_left=1, expires_at=1_000)


def gone_folder(folder: Path) -> Path:
    """Return a place that nobody can use until the folder is there that it is a link to."""
    link = folder / "data"
    link.symlink_to(folder / "disk")
    return link


@pytest.mark.promise("Memory", "A store that cannot be used at a start is used once it can be.")
async def test_what_was_written_meanwhile_is_kept_beside_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.preparing._FILE_AGAIN_SECS", 0.05)
    async with open_store(tmp_path) as before:
        await set_paused(before, paused=False)
        await add_invite(before, invite("before"))
    path = tmp_path / FILE_NAME
    path.chmod(0o444)
    opening = open_store(tmp_path)
    with log_lines("bot") as lines:
        with locked_out(tmp_path, mode=0o555):
            store = await opening.__aenter__()
            await add_invite(store, invite("meanwhile"))
            # What the file says of the same stays.
            await set_paused(store, paused=True)
            await asyncio.sleep(0.3)
            assert not store.is_kept
        path.chmod(0o600)
        try:
            async with asyncio.timeout(_LIMIT_SECS):
                await store.until_kept()
            await add_invite(store, invite("after"))
        finally:
            await opening.__aexit__(None, None, None)
    async with open_store(tmp_path) as again:
        for name in ("before", "meanwhile", "after"):
            assert await find_invite(again, name) is not None, name
        assert not await is_paused(again)
    assert len([line for line in lines if "nothing is kept there" in line]) == 1
    assert len([line for line in lines if "all is kept there" in line]) == 1


@pytest.mark.promise("Memory", "A store that cannot be used at a start is used once it can be.")
@pytest.mark.parametrize(("meanwhile", "kept"), [(5, 100), (100, 100), (500, 500)])
async def test_what_was_spent_does_not_get_less_by_the_return(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, meanwhile: int, kept: int
) -> None:
    monkeypatch.setattr("bot.store.preparing._FILE_AGAIN_SECS", 0.05)
    day = date(2026, 3, 1)
    data = gone_folder(tmp_path)
    async with open_store(tmp_path / "there") as there:
        so_far = Spent(prompt_tokens=100)
        await record_spent(there, day=day, session_id="a", so_far=so_far)
    async with asyncio.timeout(_LIMIT_SECS), open_store(data) as store:
        so_far = Spent(prompt_tokens=meanwhile)
        await record_spent(store, day=day, session_id="a", so_far=so_far)
        (tmp_path / "there").rename(data.readlink())
        await store.until_kept()
        assert (await spent_on(store, day)).prompt_tokens == kept


async def test_a_newer_version_meanwhile_is_told_to_who_waits_and_other_troubles_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.preparing._FILE_AGAIN_SECS", 0.05)
    data = gone_folder(tmp_path)
    async with open_store(tmp_path / "newer") as newer, newer.transaction() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with log_lines("bot.store") as lines:

        async def is_told() -> bool:
            return any("not a database" in line for line in lines)

        async with asyncio.timeout(_LIMIT_SECS), open_store(data) as store:
            waiting = asyncio.create_task(store.until_kept())
            (tmp_path / "other").mkdir()
            (tmp_path / "other" / FILE_NAME).write_text("no database" * 500)
            (tmp_path / "other").rename(data.readlink())
            await until(is_told)
            await asyncio.sleep(0.3)
            (tmp_path / "newer" / FILE_NAME).replace(data / FILE_NAME)
            for asked in (waiting, store.until_kept()):
                with pytest.raises(LaunchError, match="newer version"):
                    await asked
            assert not store.is_kept
            assert not await is_paused(store)
    troubles = ("no folder", "cannot be used yet", "newer version")
    assert [sum(trouble in line for line in lines) for trouble in troubles] == [1, 1, 1]


@pytest.mark.promise("Memory", "A store that cannot be used at a start is used once it can be.")
@pytest.mark.parametrize("moment", ["at the start", "at the return"])
async def test_a_disk_that_hangs_holds_up_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    monkeypatch.setattr("bot.store.preparing._FILE_AGAIN_SECS", 0.05)
    monkeypatch.setattr("bot.store.store.OPEN_LIMIT_SECS", 0.2)
    goes_on, asked = threading.Event(), list[float]()
    loop = asyncio.get_running_loop()

    def hang(folder: Path, name: str) -> None:
        asked.append(loop.time())
        if moment == "at the return" and len(asked) == 1:
            raise PermissionError(13, "Permission denied")
        goes_on.wait(_LIMIT_SECS)
        make_private(folder, name)

    monkeypatch.setattr("bot.store.preparing.make_private", hang)
    try:
        began_at = loop.time()
        async with open_store(tmp_path) as store:
            await set_paused(store, paused=True)
            await asyncio.sleep(0.5)
            assert not store.is_kept
            assert loop.time() - began_at < _LIMIT_SECS / 2
            # It is waited for by one thread, and not by more and more of them.
            assert len(asked) == 2
            goes_on.set()
            async with asyncio.timeout(_LIMIT_SECS):
                await store.until_kept()
            assert await is_paused(store)
    finally:
        goes_on.set()
