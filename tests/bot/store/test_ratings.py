"""What callers thought of their calls, in both stores."""

from __future__ import annotations

from bot.store.ratings import note_rating
from bot.store.session_rows import SessionRow, write_batch
from bot.store.sessions import list_sessions
from bot.store.store import Store


async def test_a_bot_that_still_writes_leaves_the_rating_alone(store: Store) -> None:
    row = SessionRow(id="s1", began_at=1, seen_at=1)
    await write_batch(store, row, is_first=True)
    await write_batch(store, SessionRow(id="s2", began_at=2, seen_at=2), is_first=True)
    assert await note_rating(store, "s1", is_good=True, comment="Ja, \u3042!")
    await write_batch(store, SessionRow(id="s1", began_at=1, seen_at=9))
    rated = {one.session_id: (one.is_good, one.comment) for one in await list_sessions(store)}
    assert rated == {"s1": (True, "Ja, \u3042!"), "s2": (None, "")}
    assert not await note_rating(store, "s3", is_good=True, comment="")
