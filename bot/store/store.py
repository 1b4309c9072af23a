"""Opens what the installation keeps, and lends connections to it.

A file of SQLite in WAL mode: a process that is killed loses no committed line, and several
processes may write. Not for a folder on the network, where SQLite's locks do not hold: for several
machines there is Postgres (DATABASE_URL).
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

from loguru import logger
from sqlalchemy import BigInteger, ColumnElement, Table, literal_column, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.pool import StaticPool

from bot.errors import LaunchError, StoreError
from bot.settings import Settings
from bot.store.engines import (
    file_engine,
    make_private,
    memory_engine,
    migrate,
    server_engine,
    words_for,
)
from bot.store.file import FILE_NAME

LIMIT_SECS = 4.0
"""Of one question, a disk that hangs included."""
_OPEN_LIMIT_SECS = 15.0
"""Of a start: a busy machine took more than 4 s to make the tables, and nothing was kept then."""

_SERVER_NOW_MS = "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"
_FILE_NOW_MS = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"


class Store:
    """The open tables; functions of this folder take it as their first argument."""

    def __init__(self, engine: AsyncEngine, *, is_kept: bool) -> None:
        self._engine = engine
        # In memory all share one connection, which holds one transaction.
        self._turn = asyncio.Lock() if isinstance(engine.pool, StaticPool) else nullcontext()
        self.is_kept = is_kept
        """False if all is forgotten when the process ends: STORE=off, or it could not be opened."""

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AsyncConnection]:
        """Lend a connection; what was written is kept if the block ends well.

        Raises:
            StoreError: code "store_failed": the disk is full, cannot be written or does not answer.
        """
        try:
            async with (
                asyncio.timeout(LIMIT_SECS),
                self._turn,
                self._engine.begin() as connection,
            ):
                yield connection
        except _errors() as error:
            raise StoreError("store_failed", words_for(error, limit_secs=LIMIT_SECS)) from error

    def insert(self, table: Table) -> Any:
        """Return an `INSERT` with `on_conflict_do_update`, as this database has it."""
        return postgresql.insert(table) if self._is_server else sqlite.insert(table)

    @property
    def now_ms(self) -> ColumnElement[int]:
        """The time by the database's clock, which all its runners share, in Unix milliseconds."""
        return literal_column(_SERVER_NOW_MS if self._is_server else _FILE_NOW_MS, BigInteger)

    async def lock(self, connection: AsyncConnection, number: int) -> None:
        """Have this transaction be the only one that asks for this number until it ends.

        A file has one writer at a time anyway.
        """
        if self._is_server:
            asked = text("SELECT pg_advisory_xact_lock(:number)")
            await connection.execute(asked, {"number": number})

    @property
    def is_shared(self) -> bool:
        """Whether runners on other machines may have it too."""
        return self._is_server and self.is_kept

    @property
    def _is_server(self) -> bool:
        return self._engine.dialect.name == "postgresql"

    async def shrink(self) -> None:
        """Write what was deleted out of SQLite's log of changes too, if nobody is in its way.

        Raises:
            StoreError: not now.
        """
        if self._is_server:
            return
        try:
            async with (
                asyncio.timeout(LIMIT_SECS),
                self._turn,
                self._engine.connect() as connection,
            ):
                # Outside a transaction: there it does nothing.
                await connection.exec_driver_sql("COMMIT")
                await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                await connection.exec_driver_sql("BEGIN")
        except _errors() as error:
            raise StoreError("store_failed", words_for(error, limit_secs=LIMIT_SECS)) from error

    async def close(self) -> None:
        """Let go of it; a disk that hangs is not waited for."""
        try:
            async with asyncio.timeout(LIMIT_SECS):
                await self._engine.dispose()
        except _errors() as error:
            logger.warning("The store: {}", words_for(error, limit_secs=LIMIT_SECS))


@asynccontextmanager
async def open_store(data_dir: Path, *, database_url: str = "") -> AsyncGenerator[Store]:
    """Open it, made and brought to this version if need be, while the block runs.

    If it cannot be used the same is kept in memory, and the log says so once.

    Args:
        data_dir: Where the file is.
        database_url: Of a Postgres server instead of the file.

    Raises:
        LaunchError: code "store_newer": a newer version wrote it, and it is left as it is.
    """
    place = "DATABASE_URL" if database_url else f"DATA_DIR {data_dir}"
    engine = None
    try:
        async with asyncio.timeout(_OPEN_LIMIT_SECS):
            engine = _engine_for(data_dir, database_url)
            await migrate(engine)
            if not database_url:
                await engine.dispose()
                engine = file_engine(data_dir / FILE_NAME)
        store = Store(engine, is_kept=True)
    except _errors() as error:
        words = words_for(error, limit_secs=_OPEN_LIMIT_SECS)
        logger.error("{}: {}; until the next start nothing is kept there", place, words)
        if engine is not None:
            await Store(engine, is_kept=False).close()
        store = await _store_in_memory()
    except LaunchError:
        if engine is not None:
            await engine.dispose()
        raise
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def open_store_of(settings: Settings) -> AsyncGenerator[Store]:
    """Open the store that is set, as `open_store` does; with STORE=off in memory.

    Raises:
        LaunchError: code "store_newer".
    """
    if settings.store:
        url = settings.database_url.get_secret_value()
        async with open_store(settings.data_dir, database_url=url) as store:
            yield store
        return
    store = await _store_in_memory()
    try:
        yield store
    finally:
        await store.close()


def open_as_it_is(settings: Settings) -> Store:
    """Return the store that is set without touching it: a bot's, whose worker has opened it.

    It is opened when first asked, and whoever has it closes it.
    """
    url = settings.database_url.get_secret_value()
    engine = server_engine(url) if url else file_engine(settings.data_dir / FILE_NAME)
    return Store(engine, is_kept=True)


def _engine_for(data_dir: Path, database_url: str) -> AsyncEngine:
    if database_url:
        return server_engine(database_url)
    make_private(data_dir, FILE_NAME)
    # Another one may be making the tables, and this one waits for that as for its own.
    return file_engine(data_dir / FILE_NAME, busy_secs=_OPEN_LIMIT_SECS)


async def _store_in_memory() -> Store:
    engine = memory_engine()
    await migrate(engine)
    return Store(engine, is_kept=False)


def _errors() -> tuple[type[Exception], ...]:
    """Return what a store fails by; asyncpg's errors come bare while it connects."""
    known = (SQLAlchemyError, sqlite3.Error, OSError, TimeoutError)
    # Loaded by SQLAlchemy for a server only.
    asyncpg = sys.modules.get("asyncpg")
    return known if asyncpg is None else (*known, asyncpg.PostgresError, asyncpg.InterfaceError)
