"""What a command may print, and what becomes of it."""

from __future__ import annotations

import asyncio
import sys

import anyio
import psutil
import pytest
from mcp.shared.message import SessionMessage
from mcp.types import JSONRPCNotification, jsonrpc_message_adapter

from tools.mcp.answer_size import MAX_ANSWER_BYTES, MAX_PARTS
from tools.mcp.command import run_command

_HANG_SECS = 60.0
_NOTE = '{"jsonrpc": "2.0", "method": "note", "params": {"data": %s}}'


async def _heard(script: str, count: int) -> list[str | None]:
    """Return the texts of what a Python script says; None: what is no message."""
    heard: list[str | None] = []
    async with asyncio.timeout(_HANG_SECS), run_command(sys.executable, ["-c", script], {}) as ends:
        with anyio.move_on_after(_HANG_SECS):
            async for item in ends[0]:
                heard.append(_data_of(item))
                if len(heard) == count:
                    break
    return heard


def _data_of(item: object) -> str | None:
    message = item.message if isinstance(item, SessionMessage) else None
    params = message.params if isinstance(message, JSONRPCNotification) else None
    return str(params["data"])[:5] if params else None


@pytest.mark.promise(
    "Tools", "A server of tools that floods its line takes neither memory nor time of the call."
)
@pytest.mark.parametrize(
    ("script", "heard"),
    [
        (f"print('x' * {MAX_ANSWER_BYTES + 100_000}); print(first)", []),
        (f"print(first); print('x' * {MAX_ANSWER_BYTES + 100_000}); print(first)", ["first"]),
        (f"print(note % ('[1' + ',1' * {MAX_PARTS} + ']')); print(first)", [None, "first"]),
        ("print(note % ('[' * 160_000)); print(first)", [None, "first"]),
        (f"print(note % ('\"' + 'x' * {MAX_ANSWER_BYTES - 100} + '\"'))", ["xxxxx"]),
        ("print('INFO ready'); print(); print(first)", [None, None, "first"]),
        ("print(first); print('{\"jsonrpc\"', end='')", ["first"]),
    ],
)
async def test_what_is_too_much_is_not_taken(script: str, heard: list[str | None]) -> None:
    whole = f"note = {_NOTE!r}; first = note % '\"first\"'; {script}"
    assert await _heard(whole, len(heard) + 1) == heard


async def test_a_command_that_does_not_read_is_ended() -> None:
    message = jsonrpc_message_adapter.validate_json(_NOTE % ('"' + "x" * 500_000 + '"'))
    script = "import time; time.sleep(600)"
    async with asyncio.timeout(_HANG_SECS), run_command(sys.executable, ["-c", script], {}) as ends:
        incoming, outgoing = ends
        await outgoing.send(SessionMessage(message))
        # It is closed when the command is gone.
        assert [item async for item in incoming] == []


async def test_what_a_command_has_started_ends_with_it() -> None:
    script = (
        "import subprocess, sys\n"
        "code = 'import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(601)'\n"
        "child = subprocess.Popen([sys.executable, '-c', code])\n"
        f"print({_NOTE!r} % child.pid, flush=True)\n"
        "sys.stdin.read()"
    )
    async with run_command(sys.executable, ["-c", script], {}) as (incoming, _):
        item = await incoming.receive()
        assert isinstance(item, SessionMessage)
        assert isinstance(item.message, JSONRPCNotification) and item.message.params
        child = psutil.Process(item.message.params["data"])
        assert child.is_running()
    async with asyncio.timeout(_HANG_SECS):
        while child.is_running() and child.status() != psutil.STATUS_ZOMBIE:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
