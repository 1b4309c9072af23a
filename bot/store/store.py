"""Opens the installation's file, and lends connections to it.

SQLite in WAL mode: a process that is killed loses no committed line, and several processes may
write. Not for a folder on the network, where SQLite's locks do not hold.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from loguru import logger
from sqlalchemy import Connection, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import StaticPool

from bot.errors import LaunchError, StoreError

FILE_NAME = "parley.sqlite"
# Another process may be writing; a line takes a millisecond.
_BUSY_SECS = 2.0
LIMIT_SECS = 4.0
"""Of one question, a disk that hangs included."""
_MIGRATIONS = Path(__file__).parent / "migrations"


class Store:
    """The open file; functions of this folder take it as their first argument."""

    def __init__(self, engine: AsyncEngine, *, is_kept: bool) -> None:
        self._engine = engine
        self.is_kept = is_kept
        """False if the file could not be opened: then all is forgotten when the process ends."""

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AsyncConnection]:
        """Lend a connection; what was written is kept if the block ends well.

        Raises:
            StoreError: code "store_failed": the disk is full, cannot be written or does not answer.
        """
        try:
            async with asyncio.timeout(LIMIT_SECS), self._engine.begin() as connection:
                yield connection
        except (SQLAlchemyError, sqlite3.Error, OSError, TimeoutError) as error:
            raise StoreError("store_failed", _words_for(error)) from error


@asynccontextmanager
async def open_store(data_dir: Path) -> AsyncGenerator[Store]:
    """Open the file, made and brought to this version if need be, while the block runs.

    If it cannot be used the same is kept in memory, and the log says so once.

    Raises:
        LaunchError: code "store_newer": a newer version wrote it, and it is left as it is.
    """
    engine = None
    try:
        async with asyncio.timeout(LIMIT_SECS):
            _make_private(data_dir)
            engine = _engine_on(data_dir / FILE_NAME)
            await _migrate(engine)
        store = Store(engine, is_kept=True)
    except (SQLAlchemyError, sqlite3.Error, OSError, TimeoutError) as error:
        logger.error(
            "DATA_DIR {}: {}; until the next start nothing is kept there",
            data_dir,
            _words_for(error),
        )
        if engine is not None:
            await engine.dispose()
        engine = _engine_in_memory()
        await _migrate(engine)
        store = Store(engine, is_kept=False)
    except CommandError as error:
        if engine is not None:
            await engine.dispose()
        message = f"{data_dir / FILE_NAME} is of a newer version: use that, or another DATA_DIR"
        raise LaunchError("store_newer", message) from error
    try:
        yield store
    finally:
        await engine.dispose()


def _make_private(data_dir: Path) -> None:
    """Have a folder and a file that nobody else can read; SQLite gives the file's mode to the rest.

    Raises:
        OSError: not possible.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    data_dir.chmod(0o700)
    path = data_dir / FILE_NAME
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    for one in (path, *data_dir.glob(f"{FILE_NAME}-*")):
        one.chmod(0o600)


def _engine_on(path: Path) -> AsyncEngine:
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{path}", connect_args={"timeout": _BUSY_SECS}
    )
    return _with_own_transactions(engine, pragmas=("journal_mode=WAL", "synchronous=NORMAL"))


def _engine_in_memory() -> AsyncEngine:
    # One connection: another would have a memory of its own.
    engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
    return _with_own_transactions(engine, pragmas=())


def _with_own_transactions(engine: AsyncEngine, *, pragmas: tuple[str, ...]) -> AsyncEngine:
    """Begin each transaction with the right to write; sqlite3 by itself would begin too late.

    Two that read first and write then could not wait for each other, and no migration would be a
    transaction.
    """

    def on_connect(connection: Any, _: object) -> None:
        connection.isolation_level = None
        for pragma in pragmas:
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine.sync_engine, "connect", on_connect)
    event.listen(engine.sync_engine, "begin", on_begin)
    return engine


async def _migrate(engine: AsyncEngine) -> None:
    def upgrade(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    await _in_transaction(engine, upgrade)


async def _in_transaction(engine: AsyncEngine, work: Callable[[Connection], None]) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(work)


def _words_for(error: Exception) -> str:
    """Return what is wrong with the file; SQLite's own words hold no values."""
    cause = getattr(error, "orig", None) or error
    if isinstance(error, TimeoutError):
        return f"it did not answer within {LIMIT_SECS:.0f} s"
    if isinstance(cause, OSError):
        return cause.strerror or type(cause).__name__
    return str(cause) if isinstance(cause, sqlite3.Error) else type(cause).__name__
