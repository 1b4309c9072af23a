"""Children of a test: what they run, and what they have said."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.processes.child_process import ChildCommand, ChildProcess, Limits

QUICK = Limits(
    ready_secs=10.0,
    stop_secs=0.5,
    first_restart_secs=0.01,
    last_restart_secs=0.04,
    stable_secs=60.0,
)
WAIT_SECS = 20.0

# Echoes its standard input, says "ready", and stays.
STAYS = "import sys, time; print(sys.stdin.read()); print('ready', flush=True); time.sleep(60)"


@dataclass
class ChildLines:
    """What the child has said; it is ready once it said so since its latest start."""

    all: list[str] = field(default_factory=list)

    def add(self, line: str) -> None:
        self.all.append(line)

    async def is_ready(self) -> bool:
        return "ready" in self.all

    async def say_times(self, line: str, count: int) -> None:
        async with asyncio.timeout(WAIT_SECS):
            while self.all.count(line) < count:  # noqa: ASYNC110 - a child cannot set an event
                await asyncio.sleep(0.01)


def python_child(code: str, **changes: object) -> ChildCommand:
    return ChildCommand(
        name="child",
        arguments=(sys.executable, "-S", "-c", code),
        **changes,  # pyright: ignore
    )


Build = Callable[..., ChildProcess]


async def always() -> bool:
    return True
