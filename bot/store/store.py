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

from bot.errors import LaunchError
from bot.processes.task_set import TaskSet
from bot.settings import Settings
from bot.store.engines import (
    file_engine,
    known_errors,
    memory_engine,
    migrate,
    server_engine,
    words_for,
)
from bot.store.file import FILE_NAME
from bot.store.lent import Lent
from bot.store.preparing import (
    LIMIT_SECS,
    OPEN_LIMIT_SECS,
    copy_rows,
    file_in,
    let_go,
    return_to_file,
    server_at,
)

START_PATIENCE_SECS = 120.0
"""Of a start with a server that is late, as after a reboot that started all at once. A LiveKit that
is late is waited for 130 s (livekit-agents' 16 tries)."""

_SERVER_NOW_MS = "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"
_FILE_NOW_MS = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"


class Store:
    """The open tables; functions of this folder take it as their first argument."""

    def __init__(self, engine: AsyncEngine, *, is_kept: bool) -> None:
        self._engine = engine
        # In memory all share one connection, which holds one transaction.
        self._turn = asyncio.Lock() if isinstance(engine.pool, StaticPool) else nullcontext()
        self._lent = Lent()
        self._is_settled = asyncio.Event()
        self._refusal: LaunchError | None = None
        if is_kept:
            self._is_settled.set()

    @property
    def is_kept(self) -> bool:
        """False if all is forgotten when the process ends: STORE=off, or no file can be used."""
        return self._is_settled.is_set() and self._refusal is None

    async def until_kept(self) -> None:
        """Wait until it is kept what is written: not at all but for a file that cannot be used yet.

        Raises:
            LaunchError: code "store_newer": it never will be.
        """
        await self._is_settled.wait()
        if self._refusal is not None:
            raise self._refusal

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AsyncConnection]:
        """Lend a connection; what was written is kept if the block ends well.

        Raises:
            StoreError: code "store_failed": the disk is full, cannot be written or does not answer,
                or the store is closed.
        """
        async with self._lent.lend(self._turn, lambda: self._engine.begin()) as connection:
            yield connection

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
        async with self._lent.lend(self._turn, lambda: self._engine.connect()) as connection:
            # Outside a transaction: there it does nothing.
            await connection.exec_driver_sql("COMMIT")
            await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            await connection.exec_driver_sql("BEGIN")

    async def move_to(self, engine: AsyncEngine) -> None:
        """Have what was written to memory be in a file beside what is there.

        Args:
            engine: Of the file; it is this store's from then on.
        """
        async with self._turn, self._engine.connect() as memory:
            async with asyncio.timeout(LIMIT_SECS), engine.begin() as file:
                await copy_rows(memory, file)
            memory_engine, self._engine = self._engine, engine
        self._turn = nullcontext()
        self._is_settled.set()
        await let_go(memory_engine)

    def refuse(self, error: LaunchError) -> None:
        """Have it be in memory for good."""
        self._refusal = error
        self._is_settled.set()

    async def close(self) -> None:
        """Let go of it; a disk that hangs is not waited for.

        A connection that is given back to what is closed would be nobody's, and stay open.
        """
        await self._lent.end()
        await let_go(self._engine)


@asynccontextmanager
async def open_store(
    data_dir: Path, *, database_url: str = "", patience_secs: float = 0.0
) -> AsyncGenerator[Store]:
    """Open it, made and brought to this version if need be, while the block runs.

    While the file cannot be used the same is kept in memory, and the log says so once. What a
    server has is others' too: nobody goes on without it.

    Args:
        data_dir: Where the file is.
        database_url: Of a Postgres server instead of the file.
        patience_secs: How long a server may be late.

    Raises:
        LaunchError: code "store_newer": a newer version wrote it, and it is left as it is;
            "store_unreachable": the server does not answer.
    """
    if database_url:
        store, words = Store(await server_at(database_url, patience_secs), is_kept=True), ""
    else:
        store, words = await _store_in_file(data_dir)
    try:
        async with TaskSet() as tasks:
            if not store.is_kept:
                tasks.spawn(_return_to_file(store, data_dir, words), name="return to the file")
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


async def _store_in_file(data_dir: Path) -> tuple[Store, str]:
    """Return the store, and why it is in memory if it is."""
    try:
        return Store(await file_in(data_dir, limit_secs=OPEN_LIMIT_SECS), is_kept=True), ""
    except known_errors() as error:
        words = words_for(error, limit_secs=OPEN_LIMIT_SECS)
        logger.error("DATA_DIR {}: {}; until it can be used nothing is kept there", data_dir, words)
        return await _store_in_memory(), words


async def _return_to_file(store: Store, data_dir: Path, words: str) -> None:
    try:
        await return_to_file(data_dir, words, move=store.move_to)
    except LaunchError as error:
        logger.error("DATA_DIR {}: {}", data_dir, error.message)
        store.refuse(error)


async def _store_in_memory() -> Store:
    engine = memory_engine()
    await migrate(engine)
    return Store(engine, is_kept=False)
