"""Children that a test builds and that end with it, and the log about them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest

from bot.processes.child_process import ChildCommand, ChildProcess, Limits
from tests.bot.processes.child import QUICK, Build, ChildLines
from tests.log_lines import log_lines


@pytest.fixture
def lines() -> ChildLines:
    return ChildLines()


@pytest.fixture
async def build(lines: ChildLines) -> AsyncIterator[Build]:
    children: list[ChildProcess] = []

    def build(
        command: ChildCommand,
        *,
        limits: Limits = QUICK,
        is_ready: Callable[[], Awaitable[bool]] = lines.is_ready,
    ) -> ChildProcess:
        child = ChildProcess(command=command, is_ready=is_ready, on_line=lines.add, limits=limits)
        children.append(child)
        return child

    yield build
    for child in children:
        await child.close()


@pytest.fixture
def log() -> Iterator[list[str]]:
    """What the operator reads."""
    with log_lines("bot.processes") as lines:
        yield lines
