"""A file that cannot be used when a process starts, and then can be."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.store.file import FILE_NAME
from bot.store.invites import Invite, add_invite, find_invite
from bot.store.store import open_store
from bot.store.switch import is_paused, set_paused
from tests.log_lines import log_lines
from tests.nobody import locked_out

_LIMIT_SECS = 30.0


def invite(name: str) -> Invite:
    return Invite(id=name, name=name, uses_left=1, expires_at=1_000)


@pytest.mark.promise("Memory", "A store that cannot be used at a start is used once it can be.")
async def test_what_was_written_meanwhile_is_kept_beside_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.store._FILE_AGAIN_SECS", 0.05)
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
                await store.kept.wait()
            await add_invite(store, invite("after"))
        finally:
            await opening.__aexit__(None, None, None)
    async with open_store(tmp_path) as again:
        for name in ("before", "meanwhile", "after"):
            assert await find_invite(again, name) is not None, name
        assert not await is_paused(again)
    assert len([line for line in lines if "nothing is kept there" in line]) == 1
    assert len([line for line in lines if "all is kept there" in line]) == 1
