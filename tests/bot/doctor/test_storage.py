"""What the doctor says of where conversations are kept, and that its look makes nothing."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from bot.doctor.storage import look_at_storage
from bot.settings import Settings
from bot.store.file import FILE_NAME
from bot.store.store import open_store
from tests.nobody import locked_out
from tests.ports import free_port
from tests.postgres_server import find_postgres, postgres_server


def _settings(folder: Path, url: str = "", **given: object) -> Settings:
    return Settings.model_validate({"data_dir": folder, "database_url": url, **given})


async def test_before_the_first_start_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert await look_at_storage(_settings(tmp_path / "not yet")) == []
    assert os.listdir(tmp_path) == []
    (off,) = await look_at_storage(_settings(tmp_path, store=False))
    assert off.is_well and "STORE=off" in off.what


@pytest.mark.parametrize(
    ("version", "is_well", "words"),
    [(None, True, ""), ("0001", True, "next start brings it"), ("9999", False, "newer version")],
)
async def test_a_file_of_each_version(
    tmp_path: Path, version: str | None, is_well: bool, words: str
) -> None:
    async with open_store(tmp_path) as store:
        if version:
            async with store.transaction() as connection:
                await connection.execute(
                    text(f"UPDATE alembic_version SET version_num={version!r}")
                )
    before = (tmp_path / FILE_NAME).read_bytes()
    (found,) = await look_at_storage(_settings(tmp_path))
    assert (found.is_well, words in found.fix, bool(found.fix)) == (is_well, True, bool(words))
    assert (tmp_path / FILE_NAME).read_bytes() == before


async def test_a_file_that_is_damaged(tmp_path: Path) -> None:
    async with open_store(tmp_path):
        pass
    os.truncate(tmp_path / FILE_NAME, 5_000)
    (found,) = await look_at_storage(_settings(tmp_path))
    assert not found.is_well and "restore a backup" in found.fix


async def test_a_file_without_tables(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as other:
        other.execute("PRAGMA user_version = 1")
    (found,) = await look_at_storage(_settings(tmp_path))
    assert found.is_well and "first start makes its tables" in found.fix


async def test_a_file_that_somebody_holds(tmp_path: Path) -> None:
    async with open_store(tmp_path):
        pass
    with closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=DELETE")
        other.execute("BEGIN EXCLUSIVE")
        (found,) = await look_at_storage(_settings(tmp_path))
    assert found.is_well and "somebody holds it" in found.fix


async def test_a_folder_that_nobody_may_look_into_is_another_look_s(tmp_path: Path) -> None:
    async with open_store(tmp_path / "data"):
        pass
    with locked_out(tmp_path / "data"):
        assert await look_at_storage(_settings(tmp_path / "data")) == []


@pytest.mark.skipif(find_postgres() is None, reason="Postgres is not installed")
async def test_a_server_that_is_empty_known_and_refuses(tmp_path: Path) -> None:
    with postgres_server() as url:
        (new,) = await look_at_storage(_settings(tmp_path, url))
        assert new.is_well and "first start makes its tables" in new.fix
        (still_new,) = await look_at_storage(_settings(tmp_path, url))
        assert still_new == new
        async with open_store(tmp_path, database_url=url):
            pass
        (known,) = await look_at_storage(_settings(tmp_path, url))
        assert (known.is_well, known.fix) == (True, "")
        other = make_url(url).set(database="other").render_as_string(False)
        (refused,) = await look_at_storage(_settings(tmp_path, other))
    assert not refused.is_well and "InvalidCatalogName" in refused.fix


async def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    url = f"postgresql://parley:secret@127.0.0.1:{free_port()}/parley"
    (found,) = await look_at_storage(_settings(tmp_path, url))
    assert not found.is_well and "is it started" in found.fix
    assert "secret" not in repr(found)
