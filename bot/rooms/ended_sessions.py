"""Lets whoever held a session that has ended go on with its talk, and say how it was.

What is shown is checked here; what goes on is a start like any other, and its bot reads the memory
by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from loguru import logger

from bot.errors import SessionError, StoreError
from bot.rooms.tickets import Tickets
from bot.rooms.tokens import TokenError
from bot.store.kept_session import KeptSession
from bot.store.ratings import note_rating
from bot.store.redaction import open_redactor
from bot.store.session_rows import TurnRow
from bot.store.store import Store
from bot.store.talk import load_talk

_DAY_SECS = 86_400.0


class EndedSessions:
    """Checks who may go on with which session, and takes what they thought of it.

    Args:
        tickets: Checks tickets.
        is_live: Tells whether a session goes on, or may.
        keep_days: How long a session is kept after its last word.
        store: Where conversations are kept; None: nowhere.
        redact_file: Changes words before they are kept; None: they stay.
    """

    def __init__(
        self,
        *,
        tickets: Tickets,
        is_live: Callable[[str], Awaitable[bool]],
        keep_days: int,
        store: Store | None = None,
        redact_file: Path | None = None,
    ) -> None:
        self._tickets = tickets
        self._is_live = is_live
        self._kept_secs = keep_days * _DAY_SECS
        self._store = store
        self._redact_file = redact_file
        # However many rate at once: each is a process.
        self._one_redacts = asyncio.Lock()

    @property
    def is_possible(self) -> bool:
        """Whether what is said from now on is kept, so that it can be gone on with."""
        return self._store is not None and self._store.is_kept

    async def check(
        self, session_id: str, *, ticket: str | None, person: str
    ) -> tuple[Sequence[TurnRow], str]:
        """Check that somebody may go on with a session.

        Args:
            session_id: Which.
            ticket: Given with its start; None if the person alone is to be believed.
            person: Who asks, by the word of whoever let them in; empty if nobody knows.

        Returns:
            What was said in it, and what its caller was called by their own word.

        Raises:
            TokenError: it is not theirs.
            SessionError: code "session_live" if it still goes on, "session_forgotten" if nothing
                is kept of it, "store_unreachable" if nobody knows just now.
            RoomError: LiveKit does not answer.
        """
        name = ""
        if ticket is not None:
            name = self._check_ticket(ticket, session_id=session_id, person=person)
        elif not person:
            raise TokenError("unauthorized", "The ticket of that call is needed.")
        kept = await self._load(session_id)
        # The person is told nothing of what is not theirs: not even whether there is such a call.
        if ticket is None and (kept is None or kept.person != person):
            raise TokenError("forbidden", "This is no call of yours, or nothing is kept of it.")
        if await self._is_live(session_id):
            message = "This call still goes on: come back to it instead."
            raise SessionError("session_live", message)
        turns = [turn for turn in kept.all_turns if turn.text] if kept is not None else []
        if not turns:
            raise _forgotten()
        return turns, name

    async def rate(
        self, session_id: str, *, ticket: str, person: str, is_good: bool, comment: str = ""
    ) -> None:
        """Keep what a caller thought of a session; the newest counts.

        Args:
            session_id: Which.
            ticket: Given with its start.
            person: Who rates, by the word of whoever let them in; empty if nobody knows.
            is_good: Thumb up.
            comment: In their words.

        Raises:
            TokenError: it is not theirs.
            SessionError: code "session_forgotten" if nothing is kept of it, "store_unreachable" if
                it cannot be kept just now.
        """
        self._check_ticket(ticket, session_id=session_id, person=person)
        if self._store is None or not self._store.is_kept:
            raise _forgotten()
        if comment:
            async with self._one_redacts, open_redactor(self._redact_file) as redactor:
                comment = await redactor.redacted_text(comment) if redactor else comment
        try:
            is_there = await note_rating(self._store, session_id, is_good=is_good, comment=comment)
        except StoreError as error:
            raise _unreachable("A rating cannot be kept", error) from error
        if not is_there:
            raise _forgotten()

    def _check_ticket(self, ticket: str, *, session_id: str, person: str) -> str:
        try:
            return self._tickets.check(
                ticket, session_id=session_id, person=person, kept_secs=self._kept_secs
            )
        except TokenError as error:
            if error.code == "session_gone":
                raise _forgotten() from error
            raise

    async def _load(self, session_id: str) -> KeptSession | None:
        if self._store is None or not self._store.is_kept:
            return None
        try:
            return await load_talk(self._store, session_id)
        except StoreError as error:
            raise _unreachable("What was said is not to be had", error) from error


def _forgotten() -> SessionError:
    return SessionError("session_forgotten", "Nothing is kept of that call.")


def _unreachable(what: str, error: StoreError) -> SessionError:
    logger.warning("{}: {}", what, error.message)
    message = "What is kept cannot be reached just now. Try again shortly."
    return SessionError("store_unreachable", message)
