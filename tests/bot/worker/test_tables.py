from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from bot.errors import LaunchError
from bot.settings import Settings
from bot.store.file import FILE_NAME, NEWEST_VERSION, version_of
from bot.store.store import open_store
from bot.worker.tables import Tables
from tests.postgres_server import find_postgres, postgres_server


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


@pytest.mark.promise(
    "Parts on this machine", "A database server that is late keeps no worker from taking calls."
)
@pytest.mark.skipif(find_postgres() is None, reason="Postgres is not installed")
async def test_those_of_a_server_that_is_late_are_made_once_it_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.worker.tables._WAIT_SECS", 0.2)
    with postgres_server() as url:
        late = make_url(url).set(database="late").render_as_string(False)
        tables = Tables(Settings.model_validate({"database_url": late, "data_dir": tmp_path}))
        async with asyncio.timeout(10.0):
            await tables.prepare()
            await tables.before_call()
            making = asyncio.create_task(tables.run())
            operator = await asyncpg.connect(url)
            await operator.execute("CREATE DATABASE late")
            await operator.close()
            await making
        there = await asyncpg.connect(late)
        assert await there.fetchval("SELECT version_num FROM alembic_version") == NEWEST_VERSION
        await there.execute("UPDATE alembic_version SET version_num = '9999'")
        await there.close()
        # One that learns of a newer version later ends in order.
        told: list[int] = []
        monkeypatch.setattr("bot.worker.tables.signal.raise_signal", told.append)
        await Tables(Settings.model_validate({"database_url": late, "data_dir": tmp_path})).run()
        assert told == [signal.SIGTERM]
    assert os.listdir(tmp_path) == []
