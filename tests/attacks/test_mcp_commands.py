"""A server of tools that is a command and floods whoever runs it: the call feels nothing of it."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.attacks.hostile_command import FLOODS
from tests.tools.mcp.mcp_offers import Offered
from tools.errors import ToolError
from tools.mcp.config import McpServer, parse_servers
from tools.mcp.servers import open_mcp_tools

_ROOT = Path(__file__).parents[2]
_FLOOD_SECS = 1.0
_IDLE_SECS = 0.5
_MOST_BYTES = 30_000_000
_MOST_OF_A_CORE = 0.2
_CALL_SECS = 3.0


def _hostile(mode: str, moment: str) -> dict[str, McpServer]:
    server = {
        "command": sys.executable,
        "args": ["-m", "tests.attacks.hostile_command", mode, moment],
        "env": {"PYTHONPATH": ":".join([str(_ROOT), *filter(None, sys.path)])},
        "timeout_secs": _CALL_SECS,
        "trusted": True,
    }
    return parse_servers(json.dumps({"near": server}))


def _children(mode: str) -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if mode in child.cmdline()]


async def _used(secs: float) -> tuple[int, float]:
    """Return how many bytes this process grows by, and which part of a core it uses."""
    process = psutil.Process()
    before_bytes, most_bytes = process.memory_info().rss, 0
    begun_secs, cpu_secs = time.monotonic(), time.process_time()
    while time.monotonic() - begun_secs < secs:
        await asyncio.sleep(0.02)
        most_bytes = max(most_bytes, process.memory_info().rss - before_bytes)
    used_secs = time.process_time() - cpu_secs
    return most_bytes, used_secs / (time.monotonic() - begun_secs)


@pytest.fixture
async def idle() -> float:
    """Which part of a core this process uses by itself, for what other tests have left in it."""
    return (await _used(_IDLE_SECS))[1]


@pytest.mark.promise(
    "Tools", "A server of tools that floods its line takes neither memory nor time of the call."
)
@pytest.mark.parametrize("mode", ["a line without end", "notifications"])
async def test_a_flood_from_the_start_is_not_felt(mode: str, idle: float) -> None:
    offered = Offered()
    async with open_mcp_tools(_hostile(mode, "start"), offer=offered.take):
        grown_bytes, of_a_core = await _used(_FLOOD_SECS)
    assert grown_bytes < _MOST_BYTES
    assert of_a_core - idle < _MOST_OF_A_CORE
    assert offered.tools == {}
    assert not _children(mode)


@pytest.mark.promise(
    "Tools", "A server of tools that floods its line takes neither memory nor time of the call."
)
@pytest.mark.parametrize("mode", FLOODS)
async def test_a_flood_while_it_is_called_is_not_felt(mode: str, idle: float) -> None:
    offered = Offered()
    async with open_mcp_tools(_hostile(mode, "call"), offer=offered.take):
        tools = await offered.by(1)
        calling = asyncio.ensure_future(tools["near__look"].function())
        grown_bytes, of_a_core = await _used(_FLOOD_SECS)
        calling.cancel()
        with suppress(asyncio.CancelledError, ToolError):
            await calling
    assert grown_bytes < _MOST_BYTES
    assert of_a_core - idle < _MOST_OF_A_CORE
    assert not _children(mode)
