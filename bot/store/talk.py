"""A talk that went on over several sessions, read back as one."""

from __future__ import annotations

from dataclasses import replace

from bot.store.kept_session import KeptSession
from bot.store.sessions import load_session
from bot.store.store import Store

MOST_EARLIER = 5
"""Sessions before the one that is asked for. A model remembers half an hour of talk or a summary
(processors/turns/talk_context.py), which is less than so many sessions worth going on with."""


async def load_talk(store: Store, session_id: str) -> KeptSession | None:
    """Return a session with those it goes on with, as far back as they are kept.

    Raises:
        StoreError: it cannot be read.
    """
    talk: list[KeptSession] = []
    next_id = session_id
    while next_id and len(talk) <= MOST_EARLIER:
        kept = await load_session(store, next_id)
        if kept is None:
            break
        talk.append(kept)
        next_id = kept.continues
    whole: KeptSession | None = None
    for kept in reversed(talk):
        whole = replace(kept, earlier=whole)
    return whole
