"""What callers thought of their calls, in both stores."""

from __future__ import annotations

import pytest

from bot.errors import StoreError
from bot.store.ratings import note_rating
from bot.store.session_rows import SessionRow, write_batch
from bot.store.sessions import delete_session, list_sessions
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


async def test_whatever_redact_file_makes_of_a_comment_can_be_kept(store: Store) -> None:
    await write_batch(store, SessionRow(id="s1", began_at=1, seen_at=1), is_first=True)
    assert await note_rating(store, "s1", is_good=True, comment="Good\0 \ud83d!")
    [one] = await list_sessions(store)
    assert one.comment == "Good ?!"


async def test_what_no_id_can_be_is_an_error_of_the_store(store: Store) -> None:
    # As a terminal passes on bytes that are no text.
    with pytest.raises(StoreError):
        await delete_session(store, "\udcff")
