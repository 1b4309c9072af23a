from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from bot.rooms.forgetting import Forgetting
from bot.store.session_rows import SessionRow, write_batch
from bot.store.sessions import list_sessions
from bot.store.store import open_store

_DAYS = {"old": 1, "last day": 2, "new": 9}


async def test_sessions_are_forgotten_when_their_days_are_over(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        for name, day in _DAYS.items():
            seen_at = round(datetime(2026, 3, day, 12, tzinfo=UTC).timestamp() * 1000)
            row = SessionRow(id=name, began_at=seen_at, seen_at=seen_at)
            await write_batch(store, row, is_first=True)
        now = datetime(2026, 3, 9, 12, tzinfo=UTC)
        await Forgetting(store=store, keep_days=7, now=lambda: now).forget()
        assert {one.session_id for one in await list_sessions(store)} == {"last day", "new"}
