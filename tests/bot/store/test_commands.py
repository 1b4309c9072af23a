from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import LaunchError
from bot.settings import Settings
from bot.store.commands import forget, sessions
from bot.store.ratings import note_rating
from bot.store.session_rows import SessionRow, TurnRow, write_batch
from bot.store.sessions import note_state
from bot.store.store import open_store

_ROW = SessionRow(id="0123456789abcdef0123", person="Ada", began_at=0, seen_at=90_000)
_TURN = TurnRow(place=1, who="user", text="a secret", memory="a secret", began_ms=1, ended_ms=2)


def _files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_sessions_are_listed_without_what_was_said_and_one_is_forgotten(
    tmp_path: Path,
) -> None:
    settings = Settings.model_validate({"data_dir": tmp_path})
    assert await sessions(settings) == "No session is kept."
    async with open_store(tmp_path) as store:
        await write_batch(store, _ROW, turns=[_TURN], is_first=True)
        await note_state(store, _ROW.id, "ended", end_reason="goodbye")
    line = await sessions(settings)
    assert line.split() == [_ROW.id, "1970-01-01", "00:00", "UTC", "1.5", "min", "goodbye", "Ada"]
    assert await forget(settings, session_id=_ROW.id) == f"{_ROW.id} is forgotten."
    assert await sessions(settings) == "No session is kept."
    with pytest.raises(LaunchError, match="no session"):
        await forget(settings, session_id=_ROW.id)


@pytest.mark.promise("Memory", "With STORE=off nothing of a conversation reaches the disk.")
async def test_with_the_store_off_there_is_nothing_to_list_and_no_file(tmp_path: Path) -> None:
    settings = Settings.model_validate({"data_dir": tmp_path / "data", "store": "off"})
    with pytest.raises(LaunchError, match="STORE=off"):
        await sessions(settings)
    assert not _files(tmp_path)


async def test_what_is_listed_gives_the_terminal_no_orders(tmp_path: Path) -> None:
    settings = Settings.model_validate({"data_dir": tmp_path})
    async with open_store(tmp_path) as store:
        await write_batch(store, replace(_ROW, person="Ada\x9b2J\nRoot"), is_first=True)
        await note_rating(store, _ROW.id, is_good=True, comment="\x1b]0;hi\a")
    line = await sessions(settings)
    assert line.isprintable()
    assert "Ada" in line
