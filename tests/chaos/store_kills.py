"""Kills processes at random points of their work on a store, and looks at what is left of it."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import tempfile
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import asyncpg
from sqlalchemy import func, select, text
from sqlalchemy.engine import make_url

from bot.store.session_rows import SessionRow, TurnRow, write_batch
from bot.store.sessions import load_session
from bot.store.store import Store, open_store
from bot.store.tables import SESSIONS, TURNS
from tests.chaos.store_victims import KINDS, WORDS_A_TURN, run

_AT_ONCE = 8
_LIMIT_SECS = 60.0
"""For a victim to begin, on a busy machine too."""
_SHARES = {"writing": 0.6, "first start": 0.1, "two first starts": 0.1, "forget": 0.1}
_MOST_TURNS_OVER = 3
_TURN_SECS = 0.6
_MOST_TURNS = 40
_OLD_SESSIONS = 20


@dataclass
class StoreKills:
    """What was found of one kind of store."""

    kills: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    """By what was killed."""
    in_time: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    """Of these, before the work was done."""
    lost_turns: int = 0
    """Turns that were over and are not kept; one of a kill at most, or it is a problem."""
    problems: list[str] = field(default_factory=list[str])


class _Victim:
    """One process that is to be killed."""

    def __init__(self, kind: str, folder: Path, url: str, session_id: str = "") -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.chaos.store_victims"])
        self._told, child = context.Pipe(duplex=False)
        arguments = (kind, str(folder), url, session_id, child)
        self._process: BaseProcess = context.Process(target=run, args=arguments)
        self._process.start()
        child.close()

    async def begun(self) -> None:
        """Wait until it is at the work that is to be cut."""
        assert await self.told() == "begun"

    async def told(self) -> object:
        """Return what it tells next."""
        assert await asyncio.to_thread(self._told.poll, _LIMIT_SECS), "it tells nothing"
        return self._told.recv()

    async def kill(self) -> list[object]:
        """Kill it; returns all that it told."""
        self._process.kill()
        return await self.end()

    async def end(self) -> list[object]:
        """Wait for its end."""
        told = await asyncio.to_thread(_rest, self._told)
        await asyncio.to_thread(self._process.join, _LIMIT_SECS)
        assert self._process.exitcode is not None
        self._process.close()
        self._told.close()
        return told


def _rest(told: Connection) -> list[object]:
    found: list[object] = []
    try:
        while told.poll(_LIMIT_SECS):
            found.append(told.recv())
    except (EOFError, OSError):
        pass
    return found


class _Places:
    """Folders and databases, a new one for each who asks.

    Args:
        folder: For files.
        server: The address of a Postgres server; empty: files are what is tried.
    """

    def __init__(self, folder: Path, server: str) -> None:
        self._folder, self._server, self._count = folder, server, 0

    @asynccontextmanager
    async def place(self) -> AsyncGenerator[tuple[Path, str]]:
        """Give a place without tables."""
        self._count += 1
        name = f"place{self._count}"
        if not self._server:
            yield self._folder / name, ""
            return
        await self._say(f"CREATE DATABASE {name}")
        try:
            yield self._folder, make_url(self._server).set(database=name).render_as_string(False)
        finally:
            await self._say(f"DROP DATABASE {name} WITH (FORCE)")

    async def _say(self, command: str) -> None:
        connection = await asyncpg.connect(self._server)
        try:
            await connection.execute(command)
        finally:
            await connection.close()


async def kill_writers(
    server: str, *, kills: int, dice: random.Random, say: Callable[[str], None]
) -> StoreKills:
    """Kill so many processes at work on stores of one kind.

    Args:
        server: The address of a Postgres server; empty: SQLite.
        kills: How many.
        dice: When.
        say: Told of progress.
    """
    found = StoreKills()
    with tempfile.TemporaryDirectory(prefix="parley-kills-") as folder:
        places = _Places(Path(folder), server)
        for kind in KINDS:
            share = _SHARES.get(kind, 1 - sum(_SHARES.values()))
            await _KILLERS[kind](places, kind, max(round(kills * share), 1), dice, found)
            say(f"{kind}: {found.kills[kind]} kills; {'; '.join(found.problems) or 'no problem'}")
    return found


async def _kill_talkers(
    places: _Places, kind: str, kills: int, dice: random.Random, found: StoreKills
) -> None:
    async with places.place() as (folder, url):
        async with _opened(folder, url, found, kind) as store:
            await _check(store, found, kind)
        for first in range(0, kills, _AT_ONCE):
            names = [f"{number}" for number in range(first, min(first + _AT_ONCE, kills))]
            told = await asyncio.gather(
                *(
                    _talk_and_die(
                        folder,
                        url,
                        name,
                        turns=dice.randint(0, _MOST_TURNS_OVER),
                        after_secs=dice.uniform(0.0, _TURN_SECS),
                    )
                    for name in names
                )
            )
            found.kills[kind] += len(names)
            found.in_time[kind] += len(names)
            async with _opened(folder, url, found, kind) as store:
                await _check(store, found, kind)
                for name, turns in zip(names, told, strict=True):
                    found.lost_turns += await _check_talk(store, name, turns, found)


async def _talk_and_die(folder: Path, url: str, name: str, *, turns: int, after_secs: float) -> int:
    """Kill a talker so long after so many turns; returns how many were over."""
    victim = _Victim("writing", folder, url, name)
    await victim.begun()
    for turn in range(turns):
        assert await victim.told() == turn
    await asyncio.sleep(after_secs)
    return turns + len(await victim.kill())


async def _check_talk(store: Store, name: str, turns: int, found: StoreKills) -> int:
    """Return how many turns that were over are not kept."""
    kept = await load_session(store, name)
    said = [turn.text for turn in kept.turns] if kept else []
    whole = [" ".join(f"{at}.{word}" for word in range(WORDS_A_TURN)) for at in range(len(said))]
    if said and (said[:-1] != whole[:-1] or not whole[-1].startswith(said[-1])):
        found.problems.append(f"writing: {said} is not what was said")
    lost = turns - sum(one == other for one, other in zip(said, whole, strict=True))
    if lost > 1:
        found.problems.append(f"writing: {lost} turns are lost")
    return max(lost, 0)


async def _kill_openers(
    places: _Places, kind: str, kills: int, dice: random.Random, found: StoreKills
) -> None:
    both = kind == "two first starts"
    longest_secs = 0.0
    for number in range(kills + 1):
        async with places.place() as (folder, url):
            victims = [_Victim(kind, folder, url) for _ in range(1 + both)]
            await asyncio.gather(*(one.begun() for one in victims))
            began_secs = time.monotonic()
            if number == 0:
                # How long it takes when nobody is killed.
                told = await asyncio.gather(*(one.end() for one in victims))
                longest_secs = time.monotonic() - began_secs
            else:
                await asyncio.sleep(dice.uniform(0.0, longest_secs))
                first = await victims[0].kill()
                found.kills[kind] += 1
                found.in_time[kind] += not first
                told = [["kept"], *[await one.end() for one in victims[1:]]]
            if any(one != ["kept"] for one in told):
                found.problems.append(f"{kind}: {told}")
            async with _opened(folder, url, found, kind) as store:
                await write_batch(store, SessionRow(id="a", began_at=0, seen_at=0), is_first=True)
                await _check(store, found, kind)


async def _kill_forgetters(
    places: _Places, kind: str, kills: int, dice: random.Random, found: StoreKills
) -> None:
    longest_secs = 0.0
    async with places.place() as (folder, url):
        for number in range(kills + 1):
            async with _opened(folder, url, found, kind) as store:
                ids = [f"{number}.{at}" for at in range(1 if kind == "forget" else _OLD_SESSIONS)]
                for session_id in ids:
                    await _fill(store, session_id)
            victim = _Victim(kind, folder, url, ids[0])
            await victim.begun()
            began_secs = time.monotonic()
            if number == 0:
                await victim.end()
                longest_secs = time.monotonic() - began_secs
            else:
                await asyncio.sleep(dice.uniform(0.0, longest_secs))
                found.in_time[kind] += not await victim.kill()
                found.kills[kind] += 1
            async with _opened(folder, url, found, kind) as store:
                await _check(store, found, kind)


async def _fill(store: Store, session_id: str) -> None:
    turns = [
        TurnRow(place=place, who="user", text="words " * 20, began_ms=0, ended_ms=0)
        for place in range(1, _MOST_TURNS + 1)
    ]
    row = SessionRow(id=session_id, began_at=0, seen_at=0)
    await write_batch(store, row, turns=turns, is_first=True)


@asynccontextmanager
async def _opened(folder: Path, url: str, found: StoreKills, kind: str) -> AsyncGenerator[Store]:
    async with open_store(folder, database_url=url) as store:
        if not store.is_kept:
            found.problems.append(f"{kind}: the store cannot be opened any more")
        elif url:
            await _until_alone(store)
        yield store


async def _until_alone(store: Store) -> None:
    """Wait until the server has seen that the killed are gone."""
    others = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend'"
    )
    for _ in range(600):
        async with store.transaction() as connection:
            if not (await connection.execute(others)).scalar_one():
                return
        await asyncio.sleep(0.05)
    raise AssertionError("connections of the killed are left")


async def _check(store: Store, found: StoreKills, kind: str) -> None:
    """See that nothing is corrupt, and that each session is there with its turns or not at all."""
    turns_of = select(TURNS.c.session_id, func.count()).group_by(TURNS.c.session_id)
    async with store.transaction() as connection:
        if connection.dialect.name == "sqlite":
            told = (await connection.execute(text("PRAGMA integrity_check"))).scalar_one()
            if told != "ok":
                found.problems.append(f"{kind}: {told}")
        sessions = set((await connection.execute(select(SESSIONS.c.id))).scalars())
        turns = {name: count for name, count in (await connection.execute(turns_of)).tuples()}
    if turns.keys() - sessions:
        found.problems.append(f"{kind}: turns are left of sessions that are gone")
    if kind in ("forget", "KEEP_DAYS") and any(turns.get(one) != _MOST_TURNS for one in sessions):
        found.problems.append(f"{kind}: a session is there in part")


_KILLERS = {
    "writing": _kill_talkers,
    "first start": _kill_openers,
    "two first starts": _kill_openers,
    "forget": _kill_forgetters,
    "KEEP_DAYS": _kill_forgetters,
}
