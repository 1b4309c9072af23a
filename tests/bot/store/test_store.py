from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, create_engine, insert, inspect, select, text
from sqlalchemy.engine import make_url

from bot.errors import LaunchError, StoreError
from bot.settings import Settings
from bot.spent import Spent
from bot.store.file import FILE_NAME, NEWEST_VERSION
from bot.store.spent import record_spent, spent_on
from bot.store.store import Store, open_store, open_store_of
from bot.store.switch import is_paused, set_paused
from bot.store.tables import METADATA
from tests.layout import PROJECT_ROOT
from tests.log_lines import log_lines
from tests.ports import free_port

_DAY = date(2026, 3, 1)
_USED = Spent(call_ms=1, prompt_tokens=2, completion_tokens=3, speech_chars=4, money_micros=5)

_ANYTHING = {str: "a", int: 1, bool: True, bytes: b"a"}

# Writes until it is killed, and says when the first line is kept.
_WRITER = """
import asyncio, sys
from datetime import date
from pathlib import Path
from bot.store.spent import Spent, record_spent
from bot.store.store import open_store
async def main():
    async with open_store(Path(sys.argv[1])) as store:
        for turn in range(1, 100_000):
            so_far = Spent(prompt_tokens=turn)
            await record_spent(store, day=date(2026, 3, 1), session_id=sys.argv[2], so_far=so_far)
            print(turn, flush=True)
asyncio.run(main())
"""


def _write(folder: Path, session_id: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(folder), session_id],
        cwd=PROJECT_ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


async def test_what_was_written_is_there_after_the_next_start(tmp_path: Path) -> None:
    for is_first in (True, False):
        async with open_store(tmp_path) as store:
            if is_first:
                await record_spent(store, day=_DAY, session_id="a", so_far=_USED)
                await set_paused(store, True)
            assert (await spent_on(store, _DAY), await is_paused(store)) == (_USED, True)


async def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    (folder / FILE_NAME).touch(mode=0o644)
    async with open_store(folder) as store:
        await set_paused(store, True)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert len(modes) == 3
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def _make_step_by_step(connection: Connection, to: str = "head") -> None:
    """Make the tables as one has them who had each version before this one."""
    METADATA.drop_all(connection)
    connection.execute(text("DROP TABLE alembic_version"))
    _bring(connection, to)


def _bring(connection: Connection, to: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(PROJECT_ROOT / "bot" / "store" / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def _differences(connection: Connection) -> list[object]:
    found = compare_metadata(MigrationContext.configure(connection), METADATA)
    # The comments are for readers of the source.
    return [one for one in found if "modify_comment" not in str(one)]


def _defaults(connection: Connection) -> dict[str, object]:
    """Return what columns hold that nobody has written, which alembic does not compare well."""
    return {
        f"{table}.{column['name']}": (column["default"], column["nullable"])
        for table in METADATA.tables
        for column in inspect(connection).get_columns(table)
    }


async def test_the_migrations_make_the_tables_of_the_source(store: Store) -> None:
    async with store.transaction() as connection:
        assert not await connection.run_sync(_differences)
        defaults = await connection.run_sync(_defaults)
        await connection.run_sync(_make_step_by_step)
        assert not await connection.run_sync(_differences)
        assert await connection.run_sync(_defaults) == defaults


async def test_tables_of_an_older_version_are_brought_to_this_one(
    store: Store, given_url: str, tmp_path: Path
) -> None:
    async with store.transaction() as connection:
        await connection.run_sync(_make_step_by_step, "0007")
        assert await connection.run_sync(_differences)
    async with open_store(tmp_path / "data", database_url=given_url) as again:
        async with again.transaction() as connection:
            assert not await connection.run_sync(_differences)
        await set_paused(again, True)
        assert await is_paused(store)


@pytest.mark.promise(
    "Memory", "A version that runs beside the next one goes on writing into its tables."
)
@pytest.mark.parametrize("version", [f"{number:04}" for number in range(1, int(NEWEST_VERSION))])
def test_an_older_version_writes_beside_a_newer_one(version: str) -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        _bring(connection, version)
        older = MetaData()
        older.reflect(connection)
        _bring(connection, "head")
        assert not _differences(connection)
        for table in set(older.tables.values()) - {older.tables["alembic_version"]}:
            row = {one.name: _ANYTHING[one.type.python_type] for one in table.columns}
            connection.execute(insert(table).values(row))
            assert dict(connection.execute(select(table)).mappings().one()) == row
    engine.dispose()


def test_two_runners_write_at_once_and_one_is_killed(tmp_path: Path) -> None:
    writers = [_write(tmp_path, name) for name in ("a", "b")]
    told_last = 0
    try:
        for writer in writers:
            assert writer.stdout is not None
            for _ in range(20):
                told_last = int(writer.stdout.readline())
    finally:
        for writer in writers:
            os.kill(writer.pid, signal.SIGKILL)
            writer.communicate()
    assert told_last == 20

    async def read() -> Spent:
        async with open_store(tmp_path) as store:
            assert store.is_kept
            return await spent_on(store, _DAY)

    assert asyncio.run(read()).prompt_tokens >= 40


async def test_a_start_waits_for_one_that_makes_the_tables(tmp_path: Path) -> None:
    async with open_store(tmp_path):
        pass
    with sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        opening = asyncio.create_task(_is_kept(tmp_path))
        # A busy machine takes as long, and a line is not waited for so long.
        await asyncio.sleep(3.0)
        other.execute("ROLLBACK")
        assert await opening


async def _is_kept(folder: Path) -> bool:
    async with open_store(folder) as store:
        await set_paused(store, True)
        return store.is_kept


async def test_a_file_of_a_newer_version_is_left_as_it_is(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store, store.transaction() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(LaunchError, match="newer version") as refused:
        async with open_store(tmp_path):
            pass
    assert refused.value.code == "store_newer"
    with sqlite3.connect(tmp_path / FILE_NAME) as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]


@pytest.mark.parametrize("what", ["a file where the folder should be", "no database"])
async def test_without_a_usable_file_it_works_and_says_once_that_nothing_is_kept(
    tmp_path: Path, what: str
) -> None:
    folder = tmp_path / "data"
    if what == "no database":
        folder.mkdir()
        (folder / FILE_NAME).write_text("not a database, and long enough to be looked at" * 50)
    else:
        folder.touch()
    with log_lines("bot.store") as lines:
        async with open_store(folder) as store:
            await record_spent(store, day=_DAY, session_id="a", so_far=_USED)
            await set_paused(store, True)
            assert (await spent_on(store, _DAY), await is_paused(store)) == (_USED, True)
            assert not store.is_kept
    assert len([line for line in lines if "nothing is kept" in line]) == 1


async def test_a_full_disk_is_an_error_of_that_line_alone(file_store: Store) -> None:
    async with file_store.transaction() as connection:
        pages = (await connection.execute(text("PRAGMA page_count"))).scalar_one()
    # As if the disk had no room for a page more.
    async with file_store.transaction() as connection:
        await connection.execute(text(f"PRAGMA max_page_count = {pages}"))
    with pytest.raises(StoreError, match="full"):
        for number in range(2000):
            await record_spent(file_store, day=_DAY, session_id=f"{number:020}", so_far=_USED)
    assert (await spent_on(file_store, _DAY)).prompt_tokens > 0


async def test_a_file_that_another_process_holds_is_an_error_in_time(
    file_store: Store, tmp_path: Path
) -> None:
    with sqlite3.connect(tmp_path / "data" / FILE_NAME, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked"):
            await set_paused(file_store, True)
        other.execute("ROLLBACK")
    await set_paused(file_store, True)
    assert await is_paused(file_store)


async def test_what_is_kept_in_memory_alone_may_be_asked_by_two_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    async with open_store(tmp_path / "file") as store:
        assert not store.is_kept
        records = (
            record_spent(store, day=_DAY, session_id=f"{number}", so_far=_USED)
            for number in range(20)
        )
        await asyncio.gather(*records)
        assert (await spent_on(store, _DAY)).prompt_tokens == 20 * _USED.prompt_tokens


async def test_tables_that_take_longer_than_a_connection_are_waited_for(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.preparing.OPEN_LIMIT_SECS", 2.0)

    async def open_late() -> None:
        async with open_store(tmp_path, database_url=database_url, patience_secs=60.0):
            pass

    with log_lines("bot.store") as lines:
        async with open_store(tmp_path, database_url=database_url, patience_secs=60.0) as store:
            async with store.transaction() as connection:
                # As whoever brings them to this version.
                await connection.execute(text("LOCK TABLE alembic_version"))
                opening = asyncio.create_task(open_late())
                await asyncio.sleep(3.0)
            await opening
    assert lines == []


@pytest.mark.parametrize("form", ["{socket}&port={port}", "localhost:{none}&host=127.0.0.1:{port}"])
async def test_a_server_by_its_socket_or_after_one_that_is_gone(
    database_url: str, tmp_path: Path, form: str
) -> None:
    async with open_store(tmp_path, database_url=database_url) as store:
        async with store.transaction() as connection:
            told = await connection.execute(text("SHOW unix_socket_directories"))
        socket, port = told.scalar_one(), make_url(database_url).port
    host = form.format(socket=socket, port=port, none=free_port())
    url = f"postgresql://parley@/postgres?host={host}"
    settings = Settings.model_validate({"database_url": url, "data_dir": tmp_path})
    async with open_store_of(settings) as store:
        assert not await is_paused(store)
