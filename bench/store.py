"""What keeping sessions costs: lists and loads among 10,000, and the bot's own writing.

    python -m bench.store [--sessions 10000] [--secs 30]

SQLite in a folder of its own, and Postgres where it is installed. The writer talks three words a
second, as a bot that never stops; its CPU time is that of the whole process, less that of the same
process without a store. Prints a table; nothing is an assertion.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from bench.stats import percentile
from bot.rooms.job_plan import JobPlan
from bot.session_log.session_log import open_session_log
from bot.settings import Settings
from bot.store.session_rows import SessionRow, TurnRow, write_batch
from bot.store.sessions import list_sessions, load_session
from bot.store.store import Store, open_store
from processors.agent_protocol.events import Side
from tests.postgres_server import find_postgres, postgres_server

_TURNS = 20
_WORDS_PER_SEC = 3
_WORDS_A_TURN = 12
_TIMES = 50


async def measure(url: str, *, sessions: int, secs: float) -> None:
    """Print one row of the table."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        async with open_store(path, database_url=url) as store:
            assert store.is_kept
            await _fill(store, sessions)
            lists = [await _timed_list(store) for _ in range(_TIMES)]
            loads = [
                await _timed_load(store, f"{number * sessions // _TIMES}")
                for number in range(_TIMES)
            ]
        settings = Settings.model_validate({"data_dir": path, "database_url": url})
        off = Settings.model_validate({"data_dir": path, "store": False})
        shares = [await _cpu_share(one, secs) for one in (settings, off)]
    print(
        f"{'Postgres' if url else 'SQLite':<9}"
        f" list p50 {percentile(lists, 50):6.1f} p95 {percentile(lists, 95):6.1f} ms"
        f" | load p50 {percentile(loads, 50):6.1f} p95 {percentile(loads, 95):6.1f} ms"
        f" | writing {100 * (shares[0] - shares[1]):5.2f} % of a core"
    )


async def _fill(store: Store, sessions: int) -> None:
    turns = [
        TurnRow(
            place=place,
            who="user" if place % 2 else "assistant",
            text="What a person says in one turn, more or less.",
            memory="What a person says in one turn, more or less.",
            is_finished=True,
            began_ms=place,
            ended_ms=place,
        )
        for place in range(1, _TURNS + 1)
    ]
    row = SessionRow(id="", began_at=0, seen_at=0)
    for number in range(sessions):
        one = replace(row, id=f"{number}", began_at=number, seen_at=number)
        await write_batch(store, one, turns=turns, is_first=True)


async def _timed_list(store: Store) -> float:
    began_secs = time.perf_counter()
    await list_sessions(store)
    return 1000 * (time.perf_counter() - began_secs)


async def _timed_load(store: Store, session_id: str) -> float:
    began_secs = time.perf_counter()
    assert await load_session(store, session_id) is not None
    return 1000 * (time.perf_counter() - began_secs)


async def _cpu_share(settings: Settings, secs: float) -> float:
    async with open_session_log(settings, JobPlan(session_id="writer")) as log:
        log.caller_joined()
        began_secs, used_secs = time.perf_counter(), time.process_time()
        word = 0
        while time.perf_counter() - began_secs < secs:
            word += 1
            log.words_heard(" word")
            if word % _WORDS_A_TURN == 0:
                log.playout_stopped(is_interrupted=False)
                log.turn_added(Side.BOT, "word " * _WORDS_A_TURN)
            await asyncio.sleep(1 / _WORDS_PER_SEC)
        return (time.process_time() - used_secs) / (time.perf_counter() - began_secs)


def main() -> None:
    """Measure each kind of store there is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=10_000)
    parser.add_argument("--secs", type=float, default=30.0)
    options = parser.parse_args()
    with ExitStack() as stack:
        urls = [""]
        if find_postgres() is not None:
            urls.append(stack.enter_context(postgres_server()))
        for url in urls:
            asyncio.run(measure(url, sessions=options.sessions, secs=options.secs))


if __name__ == "__main__":
    main()
