"""Makes an engine ready: its tables made, or brought to this version, within a time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from loguru import logger
from sqlalchemy import select
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.errors import LaunchError
from bot.store.engines import (
    file_engine,
    known_errors,
    lost_statements,
    make_private,
    migrate,
    server_engine,
    words_for,
)
from bot.store.file import FILE_NAME
from bot.store.tables import METADATA, SPENT, with_greater

LIMIT_SECS = 4.0
"""Of one question, a disk that hangs included."""
OPEN_LIMIT_SECS = 15.0
"""Of a start: a busy machine took more than 4 s to make the tables, and nothing was kept then."""
_BUSY_SECS = 6.0
"""For whoever holds the file, once for its mode and once for its tables: less than the limit. A
wait that is broken off goes on in SQLite's thread, and what it gets at last nobody gives back."""
_AGAIN_SECS = 1.0
_FILE_AGAIN_SECS = 5.0
"""As long as the last pause of a bot's writer (bot/session_log/session_writer.py)."""


async def let_go(engine: AsyncEngine) -> None:
    """Close an engine; a disk that hangs is not waited for."""
    try:
        async with asyncio.timeout(LIMIT_SECS):
            await engine.dispose()
    except known_errors() as error:
        logger.warning("The store: {}", words_for(error, limit_secs=LIMIT_SECS))


async def file_in(data_dir: Path, *, limit_secs: float | None = None) -> AsyncEngine:
    """Return the way to the file in a folder, made if need be.

    Args:
        data_dir: The folder.
        limit_secs: For a disk that hangs; None waits for it, with one thread.

    Raises:
        LaunchError: code "store_newer".
        Exception: one of `known_errors`: it cannot be used.
    """
    async with asyncio.timeout(limit_secs):
        await _in_thread(lambda: make_private(data_dir, FILE_NAME))
    path = data_dir / FILE_NAME
    # Another one may be making the tables, and this one waits for that as for its own.
    making = file_engine(path, busy_secs=_BUSY_SECS)
    await _prepare(making)
    await let_go(making)
    return file_engine(path)


async def _in_thread(work: Callable[[], None]) -> None:
    """Do what takes for ever on a disk that hangs, in a thread that no process waits for."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    errors: list[OSError] = []

    def run() -> None:
        try:
            work()
        except OSError as error:
            errors.append(error)
        # The loop may be closed by now.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(done.set)

    threading.Thread(target=run, name="store file", daemon=True).start()
    await done.wait()
    for error in errors:
        raise error


async def return_to_file(
    data_dir: Path, words: str, *, move: Callable[[AsyncEngine], Awaitable[None]]
) -> None:
    """Try again until the file can be used: it was locked, read-only or without room for a while.

    Args:
        data_dir: Where it is.
        words: What was in its way, as was told; what else is in its way is told once.
        move: Has what was written meanwhile be in the file, and from then on all.

    Raises:
        LaunchError: code "store_newer": a newer version has written it meanwhile, and it is left as
            it is.
    """
    told = {words}
    while True:
        await asyncio.sleep(_FILE_AGAIN_SECS)
        try:
            engine = await file_in(data_dir)
            try:
                await move(engine)
            except BaseException:
                await let_go(engine)
                raise
        except known_errors() as error:
            words = words_for(error, limit_secs=OPEN_LIMIT_SECS)
            if words not in told:
                logger.error("DATA_DIR {} cannot be used yet: {}", data_dir, words)
            told.add(words)
            continue
        logger.info("DATA_DIR {} can be used: all is kept there", data_dir)
        return


async def copy_rows(memory: AsyncConnection, file: AsyncConnection) -> None:
    """Have a file take what was written meanwhile; of both what it has itself counts.

    But for what was spent, of which the greater does: a session may have gone on in memory alone.
    """
    for table in METADATA.sorted_tables:
        if rows := (await memory.execute(select(table))).mappings().all():
            row = sqlite.insert(table)
            row = with_greater(row) if table is SPENT else row.on_conflict_do_nothing()
            await file.execute(row, [dict(each) for each in rows])


async def server_at(database_url: str, patience_secs: float) -> AsyncEngine:
    """Wait for a server, and say so once; one engine for all tries learns what stands between.

    Raises:
        LaunchError: code "store_newer", or "store_unreachable": it did not come.
    """
    engine, clock_secs = server_engine(database_url), asyncio.get_running_loop().time
    gives_up_at, has_told, has_learnt = clock_secs() + patience_secs, False, False
    while True:
        try:
            await _prepare(engine, gives_up_at=gives_up_at)
        except known_errors() as error:
            if lost_statements(error) and not has_learnt:
                has_learnt = True
                continue
            words = f"DATABASE_URL: {words_for(error, limit_secs=OPEN_LIMIT_SECS)}"
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
            return engine


async def _prepare(engine: AsyncEngine, *, gives_up_at: float = 0.0) -> None:
    """Make the tables if need be; an engine that cannot be used is let go of.

    How long a server's tables take depends on how much is kept: once it answers they may take
    until `gives_up_at`, by the loop's clock.
    """
    try:
        async with asyncio.timeout(OPEN_LIMIT_SECS) as limit:
            async with engine.connect():
                limit.reschedule(max(limit.when() or 0.0, gives_up_at))
            await migrate(engine)
    except BaseException:
        await let_go(engine)
        raise
