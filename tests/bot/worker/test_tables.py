from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.errors import LaunchError
from bot.settings import Settings
from bot.store.file import FILE_NAME, NEWEST_VERSION, version_of
from bot.store.store import open_store
from bot.worker.tables import Tables


async def test_a_worker_without_a_runner_makes_them_with_its_first_call(tmp_path: Path) -> None:
    tables = Tables(Settings(data_dir=tmp_path))
    await tables.prepare()
    # A runner that is started with it makes them now.
    assert not (tmp_path / FILE_NAME).exists()
    await asyncio.gather(*(tables.before_call() for _ in range(3)))
    assert version_of(tmp_path) == NEWEST_VERSION


async def test_those_that_are_there_are_left_alone(tmp_path: Path) -> None:
    async with open_store(tmp_path):
        pass
    written_at = (tmp_path / FILE_NAME).stat().st_mtime_ns
    tables = Tables(Settings(data_dir=tmp_path))
    await tables.prepare()
    await tables.before_call()
    assert (tmp_path / FILE_NAME).stat().st_mtime_ns == written_at
    assert version_of(tmp_path) == NEWEST_VERSION


async def test_where_nothing_is_kept_there_are_none(tmp_path: Path) -> None:
    tables = Tables(Settings(data_dir=tmp_path, store=False))
    await tables.prepare()
    await tables.before_call()
    assert not (tmp_path / FILE_NAME).exists()


async def test_those_of_a_newer_version_stop_the_worker(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store, store.transaction() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(LaunchError, match="newer version"):
        await Tables(Settings(data_dir=tmp_path)).prepare()
