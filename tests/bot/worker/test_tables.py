from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Generator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.engine import make_url

from bot.errors import LaunchError
from bot.processes.task_set import TaskSet
from bot.settings import Settings
from bot.store.file import FILE_NAME, NEWEST_VERSION, version_of
from bot.store.preparing import LIMIT_SECS, OPEN_LIMIT_SECS
from bot.store.store import Store, open_store
from bot.worker.tables import _UPGRADE_SECS, Tables  # pyright: ignore[reportPrivateUsage]
from tests.postgres_server import find_postgres, postgres_server
from tests.waiting import until


@contextmanager
def held_file(folder: Path) -> Generator[None]:
    """Hold a file as somebody does who copies it, or sets it up."""
    with closing(sqlite3.connect(folder / FILE_NAME)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        yield


@pytest_asyncio.fixture
async def tasks() -> AsyncIterator[TaskSet]:
    async with TaskSet() as opened:
        yield opened


async def test_a_worker_without_a_runner_makes_them_with_its_first_call(
    tmp_path: Path, tasks: TaskSet
) -> None:
    tables = Tables(Settings(data_dir=tmp_path), tasks)
    await tables.prepare()
    # A runner that is started with it makes them now.
    assert not (tmp_path / FILE_NAME).exists()
    await asyncio.gather(*(tables.before_call() for _ in range(3)))
    assert version_of(tmp_path) == NEWEST_VERSION


async def test_those_that_are_there_are_left_alone(tmp_path: Path, tasks: TaskSet) -> None:
    async with open_store(tmp_path):
        pass
    written_at = (tmp_path / FILE_NAME).stat().st_mtime_ns
    tables = Tables(Settings(data_dir=tmp_path), tasks)
    await tables.prepare()
    await tables.before_call()
    assert (tmp_path / FILE_NAME).stat().st_mtime_ns == written_at
    assert version_of(tmp_path) == NEWEST_VERSION


@pytest.mark.promise("Memory", "A store that cannot be used at a start is used once it can be.")
async def test_a_file_that_somebody_holds_keeps_no_call_waiting_and_is_made_later(
    tmp_path: Path, tasks: TaskSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.preparing._FILE_AGAIN_SECS", 0.1)
    monkeypatch.setattr("bot.store.preparing._BUSY_SECS", 0.2)
    tables, clock_secs = Tables(Settings(data_dir=tmp_path), tasks), asyncio.get_running_loop().time
    with held_file(tmp_path):
        began_at = clock_secs()
        await tables.before_call()
        assert clock_secs() - began_at >= 2.0
        # One wait: a later one would take as long, here too.
        monkeypatch.setattr("bot.worker.tables._CALL_WAIT_SECS", 3600.0)
        async with asyncio.timeout(60.0):
            for _ in range(3):
                await tables.before_call()

    async def are_there() -> bool:
        return version_of(tmp_path) == NEWEST_VERSION

    await until(are_there)


async def test_a_worker_waits_for_the_whole_upgrade_of_an_older_file(
    tmp_path: Path, tasks: TaskSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_store(tmp_path) as store, store.transaction() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    opened = asyncio.Event()

    @asynccontextmanager
    async def open_late(*_: object, **__: object) -> AsyncGenerator[Store]:
        await opened.wait()
        async with open_store(tmp_path / "new") as late:
            yield late

    monkeypatch.setattr("bot.store.store.open_store_of", open_late)
    assert _UPGRADE_SECS > 2 * OPEN_LIMIT_SECS + LIMIT_SECS
    monkeypatch.setattr("bot.worker.tables._WAIT_SECS", 0.05)
    preparing = asyncio.create_task(Tables(Settings(data_dir=tmp_path), tasks).prepare())
    await asyncio.sleep(0.3)
    assert not preparing.done()
    opened.set()
    await preparing


async def test_where_nothing_is_kept_there_are_none(tmp_path: Path, tasks: TaskSet) -> None:
    tables = Tables(Settings(data_dir=tmp_path, store=False), tasks)
    await tables.prepare()
    await tables.before_call()
    assert not (tmp_path / FILE_NAME).exists()


async def test_those_of_a_newer_version_stop_the_worker(tmp_path: Path, tasks: TaskSet) -> None:
    async with open_store(tmp_path) as store, store.transaction() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(LaunchError, match="newer version"):
        await Tables(Settings(data_dir=tmp_path), tasks).prepare()


@pytest.mark.promise("Memory", "A store that cannot be used at a start is used once it can be.")
async def test_those_of_a_newer_version_that_come_late_have_no_bot_come(
    tmp_path: Path, tasks: TaskSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.preparing._FILE_AGAIN_SECS", 0.1)
    monkeypatch.setattr("bot.worker.tables._CALL_WAIT_SECS", 0.1)
    data = tmp_path / "data"
    data.symlink_to(tmp_path / "disk")
    tables = Tables(Settings(data_dir=data), tasks)
    # Without a store for now.
    await tables.before_call()
    async with open_store(tmp_path / "newer") as store, store.transaction() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    (tmp_path / "newer").rename(tmp_path / "disk")

    async def is_told() -> bool:
        try:
            await tables.before_call()
        except LaunchError as error:
            return error.code == "store_newer"
        return False

    await until(is_told)
    # For good.
    assert await is_told()


@pytest.mark.promise(
    "Parts on this machine", "A database server that is late keeps no worker from taking calls."
)
@pytest.mark.skipif(find_postgres() is None, reason="Postgres is not installed")
async def test_those_of_a_server_that_is_late_are_made_once_it_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tasks: TaskSet
) -> None:
    monkeypatch.setattr("bot.worker.tables._WAIT_SECS", 0.2)
    with postgres_server() as url:
        late = make_url(url).set(database="late").render_as_string(False)
        settings = Settings.model_validate({"database_url": late, "data_dir": tmp_path})
        tables = Tables(settings, tasks)
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
        await Tables(settings, tasks).run()
        assert told == [signal.SIGTERM]
    assert os.listdir(tmp_path) == []
