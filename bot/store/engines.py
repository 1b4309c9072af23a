"""Makes the engines: SQLAlchemy's way to a file, to memory, or to a Postgres server."""

from __future__ import annotations

import errno
import os
import sqlite3
import ssl
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    String,
    Table,
    event,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import StaticPool

from bot.errors import LaunchError
from bot.store.file import NEWEST_VERSION
from bot.store.tables import METADATA
from bot.store.tls import connect_words, trust_as_the_machine_does, words_for_refusal

# Another process may be writing; a line takes a millisecond.
_BUSY_SECS = 2.0
_CONNECT_SECS = 3.0
"""Less than one question may take."""
_LOST_STATEMENTS = ("InvalidSQLStatementNameError", "DuplicatePreparedStatementError")
_NO_STATEMENTS: dict[str, Any] = {
    "statement_cache_size": 0,
    "prepared_statement_cache_size": 0,
    # asyncpg counts from 1 on each of its connections.
    "prepared_statement_name_func": lambda: f"parley_{uuid4().hex}",
}
"""asyncpg's and SQLAlchemy's words for keeping none: each is prepared again, under a new name."""
_MIGRATIONS = Path(__file__).parent / "migrations"
# Alembic's own. It is loaded for tables that have to be changed alone.
_VERSIONS = Table(
    "alembic_version", MetaData(), Column("version_num", String(32), primary_key=True)
)
# Any number that no other program in the same database takes a lock by: "parl".
_MIGRATION_LOCK = 0x7061726C


def file_engine(path: Path, *, busy_secs: float = _BUSY_SECS) -> AsyncEngine:
    """Return the way to a file that is there: one that SQLite makes may be read by all.

    Args:
        path: Of the file.
        busy_secs: How long another process may hold it.
    """
    url = f"sqlite+aiosqlite:///file:{quote(str(path))}?mode=rw&uri=true"
    engine = create_async_engine(url, connect_args={"timeout": busy_secs})
    # What is deleted is speech: it is written over, not only marked as free.
    pragmas = ("journal_mode=WAL", "synchronous=NORMAL", "secure_delete=ON")
    return _with_own_transactions(engine, pragmas=pragmas)


def memory_engine() -> AsyncEngine:
    """Return the way to tables that are gone with the process."""
    # One connection: another would have a memory of its own.
    engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
    return _with_own_transactions(engine, pragmas=())


def server_engine(database_url: str) -> AsyncEngine:
    """Return the way to a Postgres server.

    Args:
        database_url: As other programs have it: `postgres://`, `postgresql://`, with `sslmode`
            and its kin.
    """
    url = make_url(database_url).set(drivername="postgresql+asyncpg")
    told = {name: str(value) for name, value in url.query.items() if name.startswith("ssl")}
    engine = create_async_engine(
        url.difference_update_query(told),
        connect_args={"timeout": _CONNECT_SECS, **connect_words(told)},
        # A server that was started anew costs no call.
        pool_pre_ping=True,
        # A bot writes one thing after the other; the runner asks for little.
        pool_size=1,
        max_overflow=4,
    )
    _forget_lost_statements(engine)
    trust_as_the_machine_does(engine, told)
    return engine


def _forget_lost_statements(engine: AsyncEngine) -> None:
    """Keep no prepared statements once something between us and the server has lost them.

    A pooler that gives each transaction whichever connection is free (PgBouncer's
    `pool_mode=transaction`) has them on other connections, and would fail every other write.
    """
    changes: dict[str, Any] = {}

    def on_connect(_: object, __: object, ___: object, told: dict[str, Any]) -> None:
        told.update(changes)

    def on_error(context: ExceptionContext) -> None:
        if lost_statements(context.original_exception):
            changes.update(_NO_STATEMENTS)
            # The connections that were made before keep theirs.
            context.is_disconnect = True

    event.listen(engine.sync_engine, "do_connect", on_connect)
    event.listen(engine.sync_engine, "handle_error", on_error)


def make_private(data_dir: Path, file_name: str) -> None:
    """Have a folder and a file that nobody else can read; SQLite gives the file's mode to the rest.

    Raises:
        OSError: not possible.
    """
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError as error:
        message = "it is no folder, or a link to one that is gone"
        raise NotADirectoryError(errno.ENOTDIR, message) from error
    data_dir.chmod(0o700)
    path = data_dir / file_name
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    for one in (path, *data_dir.glob(f"{file_name}-*")):
        one.chmod(0o600)


async def migrate(engine: AsyncEngine) -> None:
    """Make the tables, or bring them to this version.

    Raises:
        LaunchError: code "store_newer": a newer version made them, and they are left as they are.
    """
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade)


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        # Two runners that start at once: the second one finds all done.
        lock = text("SELECT pg_advisory_xact_lock(:number)")
        connection.execute(lock, {"number": _MIGRATION_LOCK})
    if (version := _version_of(connection)) == NEWEST_VERSION:
        return
    if version is None:
        METADATA.create_all(connection, checkfirst=False)
        _VERSIONS.create(connection, checkfirst=False)
        connection.execute(insert(_VERSIONS).values(version_num=NEWEST_VERSION))
        return
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        message = (
            "what is kept is of a newer version: use that, or another DATA_DIR or DATABASE_URL"
        )
        raise LaunchError("store_newer", message) from error


def _version_of(connection: Connection) -> str | None:
    """Return the version of the tables; None if there are none."""
    if not inspect(connection).has_table(_VERSIONS.name):
        return None
    return connection.execute(select(_VERSIONS.c.version_num)).scalar_one_or_none() or ""


def known_errors() -> tuple[type[Exception], ...]:
    """Return what a store fails by; asyncpg's errors come bare while it connects."""
    known = (SQLAlchemyError, sqlite3.Error, OSError, TimeoutError, UnicodeError)
    # Loaded by SQLAlchemy for a server only.
    asyncpg = sys.modules.get("asyncpg")
    return known if asyncpg is None else (*known, asyncpg.PostgresError, asyncpg.InterfaceError)


def lost_statements(error: BaseException | None) -> bool:
    """Tell whether the engine has just learnt by it to keep no prepared statements."""
    return error is not None and (
        type(error).__name__ in _LOST_STATEMENTS or lost_statements(error.__cause__)
    )


def words_for(error: Exception, *, limit_secs: float) -> str:
    """Return what is wrong, without what was to be written: SQLite's own words hold no values."""
    cause = getattr(error, "orig", None) or error
    if isinstance(error, TimeoutError):
        return f"it did not answer within {limit_secs:.0f} s"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return words_for_refusal(cause)
    if isinstance(cause, OSError):
        return cause.strerror or type(cause).__name__
    if isinstance(cause, sqlite3.Error):
        return str(cause)
    # SQLAlchemy's form of asyncpg's error has its name in what it was made from.
    return type(cause.__cause__ or cause).__name__


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
