"""A talk over several sessions: as far back as it is kept, and no further than it is worth."""

from __future__ import annotations

from bot.store.session_rows import SessionRow, TurnRow, write_batch
from bot.store.sessions import delete_session
from bot.store.store import Store
from bot.store.talk import MOST_EARLIER, load_talk


async def _keep(store: Store, number: int) -> None:
    row = SessionRow(id=f"s{number}", began_at=1, seen_at=2, continues=f"s{number - 1}")
    turn = TurnRow(place=1, who="user", text=f"word {number}", began_ms=1, ended_ms=2)
    assert await write_batch(store, row, turns=[turn], is_first=True)


async def _words(store: Store, session_id: str) -> list[str]:
    talk = await load_talk(store, session_id)
    return [turn.text for turn in talk.all_turns] if talk else []


async def test_a_talk_is_read_in_its_order_and_not_without_end(store: Store) -> None:
    for number in range(1, 10):
        await _keep(store, number)
    assert await _words(store, "s3") == ["word 1", "word 2", "word 3"]
    assert len(await _words(store, "s9")) == MOST_EARLIER + 1


async def test_what_was_forgotten_ends_it(store: Store) -> None:
    for number in (1, 2, 3):
        await _keep(store, number)
    await delete_session(store, "s2")
    assert await _words(store, "s3") == ["word 3"]
    assert await _words(store, "s2") == []
    # A line that names itself is damaged, and no reason to read for ever.
    row = SessionRow(id="loop", began_at=1, seen_at=2, continues="loop")
    assert await write_batch(store, row, is_first=True)
    assert await _words(store, "loop") == []
