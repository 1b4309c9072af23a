"""Many short calls with random faults; then nothing may be left, and memory may not have grown."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field

import httpx
import psutil
from livekit import rtc

from bench.process import memory
from tests.chaos.assistant import Assistant
from tests.chaos.client import Client, open_client
from tests.chaos.faults import BOT_KILLED, BOT_STOPPED, LEAVES, WORKER_KILLED, Fault, of_stage
from tests.chaos.moments import NEXT_ANSWER, NEXT_QUESTION, greeted

_AT_ONCE = 3
_SESSION_LIMIT_SECS = 60.0
_ANSWER_LIMIT_SECS = 20.0
_STORE = "parley.sqlite"
_GROWTH_MB = 30.0
"""Of a process that has held its first tenth of the calls: caches fill."""


def _weather() -> tuple[Fault | None, ...]:
    brief = [fault for stage in ("speech_to_text", "text_to_speech") for fault in of_stage(stage)]
    cuts = [fault for fault in brief if fault.name.endswith("cut")]
    return (None, None, BOT_KILLED, BOT_KILLED, BOT_STOPPED, LEAVES, WORKER_KILLED, *cuts)


@dataclass
class Soak:
    """What a soak has shown."""

    seed: int
    sessions: list[str] = field(default_factory=list[str])
    faults: dict[str, int] = field(default_factory=dict[str, int])
    answered: int = 0
    could_not: dict[str, int] = field(default_factory=dict[str, int])
    """Why calls went no further, by the kind of error."""
    runner_mb: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    """Sessions so far, and private memory."""
    worker_mb: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    problems: list[str] = field(default_factory=list[str])


async def soak(
    assistant: Assistant, *, sessions: int, seed: int, minutes: float, say: Callable[[str], None]
) -> Soak:
    """Hold calls until there were enough, some side by side; `say` gets the progress."""
    found, dice = Soak(seed), random.Random(seed)
    deadline = time.monotonic() + minutes * 60
    runner = psutil.Process(assistant.stack.process.pid)
    before = None
    while len(found.sessions) < sessions and time.monotonic() < deadline:
        faults = [dice.choice(_weather()) for _ in range(_AT_ONCE)]
        waits = [dice.uniform(0.0, 6.0) for _ in faults]
        await asyncio.gather(
            *(_hold(assistant, found, *one) for one in zip(faults, waits, strict=True))
        )
        _weigh(assistant, found)
        if before is None and len(found.sessions) >= sessions / 10:
            # The connections that are kept to LiveKit and the store are open by now.
            before = (runner.num_fds(), len(runner.net_connections()))
        say(f"{len(found.sessions)} sessions, {found.answered} answered, {found.could_not}")
    found.problems += [f"left: {one}" for one in await assistant.left()]
    await asyncio.sleep(5.0)  # for connections that wait for the end of their linger
    after = (runner.num_fds(), len(runner.net_connections()))
    if before and (after[0] > before[0] + _AT_ONCE or after[1] > before[1] + _AT_ONCE):
        found.problems.append(f"files and sockets of the runner: {before}, then {after}")
    found.problems += unended(assistant, found.sessions) + growth(found)
    return found


async def _hold(assistant: Assistant, found: Soak, fault: Fault | None, wait_secs: float) -> None:
    name = fault.name if fault else "nothing"
    found.faults[name] = found.faults.get(name, 0) + 1
    try:
        async with asyncio.timeout(_SESSION_LIMIT_SECS), open_client(assistant) as client:
            found.sessions.append(client.session_id)
            talking = asyncio.create_task(_talk(client))
            try:
                await asyncio.sleep(wait_secs)
                if fault and client.legs:
                    with suppress(LookupError):
                        await fault.begin(assistant, [client])
                    await asyncio.sleep(fault.lasts_secs)
                    await fault.mend(assistant, [client])
                is_answered = await talking
                found.answered += is_answered
            finally:
                talking.cancel()
                await asyncio.wait((talking,))
    except (TimeoutError, OSError, AssertionError, rtc.ConnectError, httpx.HTTPError) as error:
        kind = type(error).__name__
        found.could_not[kind] = found.could_not.get(kind, 0) + 1


async def _talk(client: Client) -> bool:
    """Hear the greeting, ask, and tell whether it was answered."""
    await greeted(client)
    asked = await client.say(NEXT_QUESTION)
    deadline = time.monotonic() + _ANSWER_LIMIT_SECS
    while time.monotonic() < deadline and not client.is_over:
        if client.has_said(NEXT_ANSWER, asked.u1_secs):
            return True
        await asyncio.sleep(0.1)
    return False


def _weigh(assistant: Assistant, found: Soak) -> None:
    count = float(len(found.sessions))
    found.runner_mb.append((count, memory(assistant.stack.process.pid).uss_mb))
    with suppress(LookupError):
        # A worker that was killed is another one.
        found.worker_mb.append((count, memory(assistant.part("runner.py", "worker").pid).uss_mb))


def growth(found: Soak) -> list[str]:
    """Return which process needs more memory at the end than after the first tenth."""
    problems: list[str] = []
    for name, line in (("runner", found.runner_mb), ("worker", found.worker_mb)):
        if len(line) >= 10:
            first, last = line[len(line) // 10][1], line[-1][1]
            if last - first > _GROWTH_MB:
                problems.append(f"the {name} grew from {first:.0f} to {last:.0f} MB")
    return problems


def unended(assistant: Assistant, sessions: list[str]) -> list[str]:
    """Return what the store has of sessions without exactly one end reason."""
    path = assistant.folder / "data" / _STORE
    query = "SELECT id, end_reason FROM sessions"
    try:
        with closing(sqlite3.connect(path)) as store:
            rows = store.execute(query).fetchall()
    except sqlite3.Error as error:
        return [f"the store cannot be read: {error}"]
    reasons: dict[str, list[str]] = {}
    for session_id, reason in rows:
        reasons.setdefault(session_id, []).extend([reason] if reason else [])
    without = [one for one in sessions if one in reasons and len(reasons[one]) != 1]
    missing = [one for one in sessions if one not in reasons]
    return [
        *([f"{len(without)} sessions without one end reason"] if without else []),
        *([f"{len(missing)} sessions are not in the store"] if missing else []),
    ]
