"""Opens what the installation keeps, and lends connections to it.

A file of SQLite in WAL mode: a process that is killed loses no committed line, and several
processes may write. Not for a folder on the network, where SQLite's locks do not hold: for several
machines there is Postgres (DATABASE_URL).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

from loguru import logger
from sqlalchemy import BigInteger, ColumnElement, Table, literal_column, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.pool import StaticPool

from bot.errors import LaunchError, StoreError
from bot.settings import Settings
from bot.store.engines import (
    file_engine,
    known_errors,
    lost_statements,
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
START_PATIENCE_SECS = 120.0
"""Of a start with a server that is late, as after a reboot that started all at once. A LiveKit that
is late is waited for 130 s (livekit-agents' 16 tries)."""
_AGAIN_SECS = 1.0

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
        except known_errors() as error:
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
        except known_errors() as error:
            raise StoreError("store_failed", words_for(error, limit_secs=LIMIT_SECS)) from error

    async def close(self) -> None:
        """Let go of it; a disk that hangs is not waited for."""
        try:
            async with asyncio.timeout(LIMIT_SECS):
                await self._engine.dispose()
        except known_errors() as error:
            logger.warning("The store: {}", words_for(error, limit_secs=LIMIT_SECS))


@asynccontextmanager
async def open_store(
    data_dir: Path, *, database_url: str = "", patience_secs: float = 0.0
) -> AsyncGenerator[Store]:
    """Open it, made and brought to this version if need be, while the block runs.

    If the file cannot be used the same is kept in memory, and the log says so once. What a server
    has is others' too: nobody goes on without it.

    Args:
        data_dir: Where the file is.
        database_url: Of a Postgres server instead of the file.
        patience_secs: How long a server may be late.

    Raises:
        LaunchError: code "store_newer": a newer version wrote it, and it is left as it is;
            "store_unreachable": the server does not answer.
    """
    if database_url:
        store = await _store_at(database_url, patience_secs)
    else:
        store = await _store_in_file(data_dir)
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def open_store_of(settings: Settings, *, patience_secs: float = 0.0) -> AsyncGenerator[Store]:
    """Open the store that is set, as `open_store` does; with STORE=off in memory.

    Raises:
        LaunchError: code "store_newer" or "store_unreachable".
    """
    if settings.store:
        url = settings.database_url.get_secret_value()
        opening = open_store(settings.data_dir, database_url=url, patience_secs=patience_secs)
        async with opening as store:
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


async def _store_at(database_url: str, patience_secs: float) -> Store:
    """Wait for a server, and say so once; one engine for all tries learns what stands between."""
    engine, clock_secs = server_engine(database_url), asyncio.get_running_loop().time
    gives_up_at, has_told, has_learnt = clock_secs() + patience_secs, False, False
    while True:
        try:
            store = await _opened(engine, gives_up_at=gives_up_at)
        except known_errors() as error:
            if lost_statements(error) and not has_learnt:
                has_learnt = True
                continue
            words = f"DATABASE_URL: {words_for(error, limit_secs=_OPEN_LIMIT_SECS)}"
            if clock_secs() >= gives_up_at:
                waited = f", for {patience_secs:.0f} s" if patience_secs else ""
                raise LaunchError("store_unreachable", f"{words}{waited}") from error
            if not has_told:
                logger.warning("{}; it is asked again", words)
            has_told = True
            await asyncio.sleep(_AGAIN_SECS)
        else:
            if has_told:
                logger.info("DATABASE_URL answers")
            return store


async def _store_in_file(data_dir: Path) -> Store:
    path = data_dir / FILE_NAME
    try:
        make_private(data_dir, FILE_NAME)
        # Another one may be making the tables, and this one waits for that as for its own.
        await (await _opened(file_engine(path, busy_secs=_OPEN_LIMIT_SECS))).close()
    except known_errors() as error:
        words = words_for(error, limit_secs=_OPEN_LIMIT_SECS)
        logger.error("DATA_DIR {}: {}; until the next start nothing is kept there", data_dir, words)
        return await _store_in_memory()
    return Store(file_engine(path), is_kept=True)


async def _opened(engine: AsyncEngine, *, gives_up_at: float = 0.0) -> Store:
    """Make the tables if need be; an engine that cannot be used is let go of.

    How long a server's tables take depends on how much is kept: once it answers they may take
    until `gives_up_at`, by the loop's clock.
    """
    store = Store(engine, is_kept=True)
    try:
        async with asyncio.timeout(_OPEN_LIMIT_SECS) as limit:
            async with engine.connect():
                limit.reschedule(max(limit.when() or 0.0, gives_up_at))
            await migrate(engine)
    except BaseException:
        await store.close()
        raise
    return store


async def _store_in_memory() -> Store:
    engine = memory_engine()
    await migrate(engine)
    return Store(engine, is_kept=False)
