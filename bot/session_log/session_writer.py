"""Writes a session's changed lines to the store, in the background and gathered.

Nobody waits for it: a store that hangs, fails, is full or is held by somebody else costs the call
nothing. It is said once in the log, and what is not kept yet is tried again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace

from loguru import logger

from bot.errors import StoreError
from bot.store.kept_session import WRITTEN_SECS
from bot.store.redaction import Redactor, Row, Rows
from bot.store.session_rows import CallRow, SessionRow, TurnRow, write_batch
from bot.store.store import Store

GATHER_SECS = 0.3
"""About a word of speech: what a killed bot may forget of what was just heard."""
RETRY_SECS = (1.0, 2.0, 5.0)
CLOSE_LIMIT_SECS = 2.0
KEPT_LIMIT_SECS = 0.5
"""For what waits until it is written; a write takes some 5 ms, and who waits may be the caller."""
WORDS_SECS = 0.2
"""For the redactor, which takes some milliseconds; then all is written without new words. Who waits
for what is kept does not for more."""
MAX_WAITING = 1_000
"""Lines. A call of an hour has a few hundred turns; only a store that is gone lets so many wait."""


class SessionWriter:
    """Owns the task that writes, from `open` to `close`.

    Args:
        store: Where to; closed by whoever opened it. None writes nothing.
        describe: Returns the session's own line as it is now.
        redactor: Sees all words before they are kept; None lets them be.
    """

    def __init__(
        self,
        *,
        store: Store | None,
        describe: Callable[[], SessionRow],
        redactor: Redactor | None = None,
    ) -> None:
        self._store = store
        self._describe = describe
        self._redactor = redactor
        self._waiting: dict[int, Row] = {}
        self._is_changed = False
        self._is_first = True
        self._is_ours = store is not None
        self._is_failing = self._has_dropped = False
        self._wake = asyncio.Event()
        self._hurry = asyncio.Event()
        self._is_closing = False
        self._is_noted = asyncio.Event()
        """All lines are in the store, though perhaps not yet with their words."""
        self._is_noted.set()
        self._is_written = asyncio.Event()
        self._is_written.set()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_ours(self) -> bool:
        """Whether it is written; not if it is another bot's, or was deleted."""
        return self._is_ours

    def open(self, *, is_known: bool = False) -> None:
        """Begin to write.

        Args:
            is_known: The session is in the store already: it was taken over.
        """
        self._is_first = not is_known
        # Their places may have changed since they were put.
        self._waiting = {row.place: row for row in self._waiting.values()}
        if self._task is None and self._store is not None:
            self._task = asyncio.create_task(self._run(self._store), name="session log")

    def put(self, row: Row | None = None, *, is_urgent: bool = False) -> None:
        """Have a line written that is new or has changed, and the session's own; never waits.

        Args:
            row: The line; None writes the session's own alone.
            is_urgent: Write at once: a bot that is killed has to have left it.
        """
        if row is not None and self._store is not None:
            self._waiting[row.place] = row
            if len(self._waiting) > MAX_WAITING:
                del self._waiting[next(iter(self._waiting))]
                self._warn_of_loss()
        if not self._is_ours:
            return  # until it is taken back
        self._is_changed = True
        self._is_noted.clear()
        self._is_written.clear()
        if is_urgent:
            self._hurry.set()
        self._wake.set()

    async def kept(self) -> None:
        """Wait until all that was put is written; not for a store that fails, hangs or is none.

        Nor for the redactor: that a tool began is known without words.
        """
        if self._task is None or self._is_failing or self._is_noted.is_set():
            return
        self._hurry.set()
        await _is_set_within(KEPT_LIMIT_SECS, self._is_noted)

    async def settle(self) -> bool:
        """Wait until all is written; returns whether it is, and nobody else writes."""
        if self._task is None or self._task.done():
            return False
        self.put()
        return await _is_set_within(CLOSE_LIMIT_SECS, self._is_written) and self._is_ours

    def take_back(self) -> None:
        """Write again, as the session is this bot's again."""
        if not self._is_ours or self._task is None or self._task.done():
            self._is_ours, self._task = True, None
            self.open(is_known=True)
        self.put()

    async def close(self) -> None:
        """Write what is left, within `CLOSE_LIMIT_SECS`."""
        if self._task is None:
            return
        self._is_closing = self._is_changed = True  # by what was used since the last turn
        self._hurry.set()
        self._wake.set()
        await asyncio.wait({self._task}, timeout=CLOSE_LIMIT_SECS)
        if not self._task.done():
            logger.warning("The session's last words are not kept: nobody answers in time")
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=CLOSE_LIMIT_SECS)
        self._task = None

    async def _run(self, store: Store) -> None:
        failures = 0
        while self._is_ours:
            if not await _is_set_within(WRITTEN_SECS, self._wake):
                # That nothing has happened is told as well, by the session's clock.
                self._is_changed = True
            self._wake.clear()
            is_last = await self._gather(GATHER_SECS)
            while self._is_changed and self._is_ours:
                if await self._flush(store):
                    failures = 0
                    continue
                if is_last:
                    return
                is_last = await self._gather(RETRY_SECS[min(failures, len(RETRY_SECS) - 1)])
                failures += 1
            if is_last:
                return

    async def _gather(self, secs: float) -> bool:
        """Wait for more to write, unless it is urgent; returns whether nothing more will come."""
        await _is_set_within(secs, self._hurry)
        self._hurry.clear()
        return self._is_closing

    async def _flush(self, store: Store) -> bool:
        """Write what waits; returns False if it still waits."""
        rows, self._waiting, self._is_changed = self._waiting, {}, False
        try:
            if self._redactor is None:
                await self._write(store, self._copied(rows))
            else:
                await self._write_redacted(store, self._redactor, rows)
        except StoreError as error:
            self._put_back(rows.values())
            if not self._is_failing:
                logger.error("The conversation is not kept for now: {}", error.message)
            self._is_failing = True
            return False
        if self._is_failing:
            logger.info("The conversation is kept again")
        self._is_failing = False
        if not self._is_ours:
            self._put_back(rows.values())
            logger.warning("The session is another bot's, or was deleted: nothing more is kept")
        if not self._is_changed or not self._is_ours:
            self._is_noted.set()
            self._is_written.set()
        return True

    async def _write_redacted(self, store: Store, by: Redactor, rows: dict[int, Row]) -> None:
        """Write lines with other words; if those are late, first without the new ones.

        So is what is put meanwhile, and while the function is loaded.
        """
        asked = asyncio.ensure_future(by.redacted(*self._copied(rows)))
        try:
            await asyncio.wait({asked}, timeout=WORDS_SECS)
            is_late = not asked.done()
            self._wake.set()
            while not asked.done() and self._is_ours:
                if self._wake.is_set():
                    self._wake.clear()
                    await self._write(store, by.known(*self._copied(rows | self._waiting)))
                    if not self._wake.is_set():
                        self._is_noted.set()
                await asyncio.wait({asked}, timeout=GATHER_SECS)
            if self._is_ours:
                redacted = await asked
                # Late ones may have changed.
                late = by.known(*self._copied(rows | self._waiting)) if is_late else redacted
                await self._write(store, late)
        finally:
            # Whoever closes this has set it.
            self._wake.set()
            asked.cancel()
            await asyncio.wait({asked})

    def _copied(self, rows: dict[int, Row]) -> Rows:
        return self._describe(), [replace(row) for row in rows.values()]

    async def _write(self, store: Store, rows: Rows) -> None:
        session, batch = rows
        turns = [row for row in batch if isinstance(row, TurnRow)]
        calls = [row for row in batch if isinstance(row, CallRow)]
        self._is_ours = await write_batch(
            store, session, turns=turns, calls=calls, is_first=self._is_first
        )
        self._is_first = False

    def _put_back(self, rows: Iterable[Row]) -> None:
        newer, self._waiting = self._waiting, {row.place: row for row in rows}
        self._waiting |= newer
        self._is_changed = True

    def _warn_of_loss(self) -> None:
        if self._is_ours and not self._has_dropped:
            logger.error("The store is gone for too long: the oldest of what waits is not kept")
        self._has_dropped = True


async def _is_set_within(limit_secs: float, event: asyncio.Event) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(limit_secs):
            await event.wait()
    return event.is_set()
