"""The operator's commands about sessions: list them, forget one."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from bot.errors import LaunchError, StoreError
from bot.settings import Settings
from bot.store.kept_session import ListedSession
from bot.store.sessions import delete_session, list_sessions
from bot.store.store import Store, open_store_of


async def sessions(settings: Settings) -> str:
    """Return a line for each of the newest 100 sessions.

    Raises:
        LaunchError: code "no_sessions": they cannot be read.
    """
    async with _opened(settings) as store:
        rows = await list_sessions(store)
    return "\n".join(map(_line, rows)) or "No session is kept."


async def forget(settings: Settings, *, session_id: str) -> str:
    """Delete a session and all that was said in it; one that goes on writes no more.

    Raises:
        LaunchError: code "no_sessions": there is none of that id, or it is still there.
    """
    async with _opened(settings) as store:
        if not await delete_session(store, session_id):
            raise LaunchError("no_sessions", f"no session {session_id} is kept")
    return f"{session_id} is forgotten."


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncGenerator[Store]:
    async with open_store_of(settings) as store:
        if not store.is_kept:
            message = f"{settings.store_place} holds no sessions that can be read"
            raise LaunchError("no_sessions", message)
        try:
            yield store
        except StoreError as error:
            raise LaunchError("no_sessions", f"{settings.store_place}: {error.message}") from error


def _line(one: ListedSession) -> str:
    began = datetime.fromtimestamp(one.began_at, tz=UTC).strftime("%Y-%m-%d %H:%M")
    minutes = max(one.seen_at - one.began_at, 0.0) / 60
    end = one.end_reason or one.state
    rated = "" if one.is_good is None else ("good" if one.is_good else "bad")
    told = f"{one.session_id}  {began} UTC  {minutes:5.1f} min  {end:<16}  {rated:<4}"
    line = "  ".join(part for part in (told, one.person, one.comment) if part).rstrip()
    # What a caller says, or is called, is one line of the terminal's, and gives it no orders.
    return "".join(char if char.isprintable() else " " for char in line)
