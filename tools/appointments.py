"""The calendar behind the appointment tools: one SQLite file, shared by all sessions.

Whoever calls sees and changes all of it: it is the calendar of whoever runs the bot. All times are
that calendar's local time, without a zone.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from tools.english import ENGLISH
from tools.errors import ToolError
from tools.language import ToolLanguage

_Result = TypeVar("_Result")

# Another session may be writing; longer would be dead air.
_BUSY_SECS = 3.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS appointments (
    id INTEGER PRIMARY KEY,
    subject TEXT NOT NULL,
    starts_at TEXT NOT NULL,
    ends_at TEXT NOT NULL,
    idempotency_key TEXT NOT NULL UNIQUE
)
"""


@dataclass(frozen=True)
class Appointment:
    """One entry."""

    subject: str
    starts_at: datetime
    ends_at: datetime

    @property
    def spoken(self) -> str:
        """In English, for the model."""
        return self.spoken_in(ENGLISH)

    def spoken_in(self, language: ToolLanguage) -> str:
        """Return it as one says it."""
        when = language.times.moment(self.starts_at)
        return language.tools.appointment.format(subject=self.subject, moment=when)


class Appointments:
    """Lists, books, moves and cancels. Two bookings never overlap, whatever runs at once.

    Args:
        path: The file; it and its folder are made when first needed.
        now: The calendar's local time.
    """

    def __init__(self, path: Path, *, now: Callable[[], datetime] = datetime.now) -> None:
        self._path = path
        self._now = now

    async def on(self, day: date | None) -> list[Appointment]:
        """Return what is to come, on one day or at all, earliest first."""

        def read() -> list[Appointment]:
            first = self._now() if day is None else datetime.combine(day, datetime.min.time())
            last = datetime.max if day is None else first + timedelta(days=1)
            with self._transaction() as database:
                return _select(database, "ends_at > ? AND starts_at < ?", first, last)

        return await self._in_thread(read)

    async def book(
        self, subject: str, *, starts_at: datetime, length: timedelta, idempotency_key: str
    ) -> Appointment:
        """Book; the same key again changes nothing and returns the same.

        Raises:
            ToolError: code "in_the_past" or "taken".
        """
        wanted = Appointment(subject, starts_at, starts_at + length)

        def write() -> Appointment:
            with self._transaction() as database:
                known = _select(database, "idempotency_key = ?", idempotency_key)
                if known:
                    return known[0]
                self._check_free(database, wanted)
                database.execute(
                    "INSERT INTO appointments (subject, starts_at, ends_at, idempotency_key)"
                    " VALUES (?, ?, ?, ?)",
                    (subject, _text(wanted.starts_at), _text(wanted.ends_at), idempotency_key),
                )
            return wanted

        return await self._in_thread(write)

    async def move(self, starts_at: datetime, *, new_starts_at: datetime) -> Appointment:
        """Move the appointment that starts then.

        Raises:
            ToolError: code "no_appointment", "in_the_past" or "taken".
        """

        def write() -> Appointment:
            with self._transaction() as database:
                old = _one_at(database, starts_at)
                length = old.ends_at - old.starts_at
                new = Appointment(old.subject, new_starts_at, new_starts_at + length)
                self._check_free(database, new, besides=old)
                database.execute(
                    "UPDATE appointments SET starts_at = ?, ends_at = ? WHERE starts_at = ?",
                    (_text(new.starts_at), _text(new.ends_at), _text(old.starts_at)),
                )
            return new

        return await self._in_thread(write)

    async def cancel(self, starts_at: datetime) -> Appointment:
        """Delete the appointment that starts then.

        Raises:
            ToolError: code "no_appointment".
        """

        def write() -> Appointment:
            with self._transaction() as database:
                old = _one_at(database, starts_at)
                database.execute(
                    "DELETE FROM appointments WHERE starts_at = ?", (_text(starts_at),)
                )
            return old

        return await self._in_thread(write)

    def _check_free(
        self,
        database: sqlite3.Connection,
        wanted: Appointment,
        *,
        besides: Appointment | None = None,
    ) -> None:
        if wanted.starts_at < self._now():
            raise ToolError("in_the_past", f"{_moment(wanted.starts_at)} is in the past.")
        overlap = "ends_at > ? AND starts_at < ?"
        for other in _select(database, overlap, wanted.starts_at, wanted.ends_at):
            if other != besides:
                raise ToolError("taken", f"That time is taken: {other.spoken}.")

    @contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection]:
        """Open the file, hold the write lock, and commit unless something is raised."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        opened = sqlite3.connect(self._path, timeout=_BUSY_SECS, isolation_level=None)
        with closing(opened) as database:
            database.execute(_SCHEMA)
            database.execute("BEGIN IMMEDIATE")
            with database:
                yield database

    async def _in_thread(self, work: Callable[[], _Result]) -> _Result:
        """Run blocking work; cancelling does not stop what has begun."""
        try:
            return await asyncio.to_thread(work)
        except (sqlite3.Error, OSError):
            raise ToolError("calendar_failed", "The calendar cannot be used right now.") from None


def _select(database: sqlite3.Connection, where: str, *values: datetime | str) -> list[Appointment]:
    rows = database.execute(
        f"SELECT subject, starts_at, ends_at FROM appointments WHERE {where} ORDER BY starts_at",
        [_text(value) if isinstance(value, datetime) else value for value in values],
    )
    return [
        Appointment(subject, datetime.fromisoformat(starts_at), datetime.fromisoformat(ends_at))
        for subject, starts_at, ends_at in rows
    ]


def _one_at(database: sqlite3.Connection, starts_at: datetime) -> Appointment:
    found = _select(database, "starts_at = ?", starts_at)
    if not found:
        raise ToolError("no_appointment", f"There is no appointment on {_moment(starts_at)}.")
    return found[0]


def _moment(when: datetime) -> str:
    # Of a refusal, which the model puts into words of its own.
    return ENGLISH.times.moment(when)


def _text(when: datetime) -> str:
    # Of equal length, so that they sort as text.
    return when.isoformat(timespec="minutes")
