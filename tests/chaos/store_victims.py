"""What is killed: processes that talk into a store, make one, or forget what is in it.

Each tells over its pipe that it begins, what it has done so far, and what became of it.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import date
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from loguru import logger
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from typing_extensions import override

from bot.session_log.session_log import SessionLog
from bot.store.engines import file_engine, server_engine
from bot.store.file import FILE_NAME
from bot.store.sessions import delete_session, forget_before
from bot.store.store import Store, open_store
from processors.agent_protocol.events import Side
from tests.waiting import until

WORDS_A_TURN = 6
_WORD_SECS = 0.08
_LIMIT_SECS = 60.0
FORGOTTEN_BEFORE = date(1970, 1, 2)


def run(kind: str, folder: str, url: str, session_id: str, told: Connection) -> None:
    """Be the victim of one kind; returns if nobody kills it."""
    logger.remove()
    logging.disable()
    sys.stderr.close()
    asyncio.run(_KINDS[kind](Path(folder), url, session_id, told))


class _WatchedStore(Store):
    """Tells which of the questions to a store have been answered."""

    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__(engine, is_kept=True)
        self.asked = self.answered = 0

    @override
    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AsyncConnection]:
        """Count one."""
        self.asked += 1
        number = self.asked
        async with super().transaction() as connection:
            yield connection
        self.answered = number

    async def has_answered_since(self, asked: int) -> None:
        """Wait until a question after so many has been answered."""

        async def has_answered() -> bool:
            return self.answered > asked

        await until(has_answered, limit_secs=_LIMIT_SECS)


async def _talk(folder: Path, url: str, session_id: str, told: Connection) -> None:
    store = _WatchedStore(server_engine(url) if url else file_engine(folder / FILE_NAME))
    log = SessionLog(session_id=session_id, store=store)
    log.caller_joined()
    told.send("begun")
    asked = 0
    for turn in range(1_000):
        for word in range(WORDS_A_TURN):
            log.words_heard(f" {turn}.{word}")
            await asyncio.sleep(_WORD_SECS)
        if turn:
            # A turn takes as long as the store may gather, and on a busy machine as long as it
            # takes: people's turns are longer by far.
            await store.has_answered_since(asked)
        log.playout_stopped(is_interrupted=False)
        log.turn_added(Side.BOT, " ".join(f"{turn}.{word}" for word in range(WORDS_A_TURN)))
        asked = store.asked
        told.send(turn)


async def _open(folder: Path, url: str, _: str, told: Connection) -> None:
    told.send("begun")
    async with open_store(folder, database_url=url) as store:
        told.send("kept" if store.is_kept else "in memory")


async def _forget(folder: Path, url: str, session_id: str, told: Connection) -> None:
    async def forget(store: Store) -> None:
        await delete_session(store, session_id)

    await _in_store(folder, url, told, forget)


async def _forget_old(folder: Path, url: str, _: str, told: Connection) -> None:
    async def forget(store: Store) -> None:
        await forget_before(store, FORGOTTEN_BEFORE)

    await _in_store(folder, url, told, forget)


async def _in_store(
    folder: Path, url: str, told: Connection, work: Callable[[Store], Awaitable[None]]
) -> None:
    async with open_store(folder, database_url=url) as store:
        told.send("begun")
        await work(store)
        told.send("done")


_KINDS: dict[str, Callable[[Path, str, str, Connection], Coroutine[Any, Any, None]]] = {
    "writing": _talk,
    "first start": _open,
    "two first starts": _open,
    "forget": _forget,
    "KEEP_DAYS": _forget_old,
}
KINDS = (*_KINDS,)
