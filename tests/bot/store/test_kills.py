"""Bots that are killed while they write: a few here, any number with STORE_KILLS."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.store.sessions import load_session
from bot.store.store import Store
from tests.layout import PROJECT_ROOT
from tests.store_writer import WORDS_A_TURN

_KILLS = int(os.environ.get("STORE_KILLS") or 3)
_AT_ONCE = 4
_SEED = 16


@pytest.mark.timeout(60 + 5 * _KILLS)
@pytest.mark.promise("Memory", "A bot that is killed has written down all but its unfinished turn.")
async def test_a_killed_bot_loses_one_turn_at_most(
    store: Store, tmp_path: Path, given_url: str
) -> None:
    points = random.Random(_SEED)
    for first in range(0, _KILLS, _AT_ONCE):
        names = [f"{number}" for number in range(first, min(first + _AT_ONCE, _KILLS))]
        after_secs = [points.uniform(0.0, 1.5) for _ in names]
        told = await asyncio.gather(
            *(
                asyncio.to_thread(_talk_and_kill, tmp_path / "data", given_url, name, secs)
                for name, secs in zip(names, after_secs, strict=True)
            )
        )
        for name, turns in zip(names, told, strict=True):
            await _assert_kept(store, name, turns)
    if not given_url:
        async with store.transaction() as connection:
            checked = await connection.execute(text("PRAGMA integrity_check"))
            assert checked.scalar_one() == "ok"


def _talk_and_kill(folder: Path, url: str, name: str, after_secs: float) -> int:
    """Return how many turns were over when the bot was killed."""
    command = [sys.executable, "-m", "tests.store_writer", str(folder), url, name]
    writer = subprocess.Popen(command, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    try:
        assert writer.stdout.readline() == "0\n"
        with pytest.raises(subprocess.TimeoutExpired):
            writer.wait(after_secs)
    finally:
        writer.kill()
        rest, _ = writer.communicate()
    return 1 + len(rest.split())


async def _assert_kept(store: Store, name: str, turns: int) -> None:
    kept = await load_session(store, name)
    assert kept is not None
    said = [turn.text for turn in kept.turns]
    whole = [" ".join(f"{at}.{word}" for word in range(WORDS_A_TURN)) for at in range(len(said))]
    # All are as they were, the last one as far as it was heard.
    assert said[:-1] == whole[: len(said) - 1]
    assert whole[len(said) - 1].startswith(said[-1])
    assert len(said) >= turns - 1
    assert "".join(str(one["content"]) for one in kept.messages) == "".join(said)
