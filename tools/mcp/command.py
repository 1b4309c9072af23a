"""An MCP server that is a command: one message a line, over its standard streams.

The official client's own transport gathers a line of any length, copying it with each piece, and
takes whatever a command prints as fast as it can.
"""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

import anyio
from anyio.abc import ObjectReceiveStream, ObjectSendStream
from loguru import logger
from mcp.client._transport import TransportStreams
from mcp.client.stdio import get_default_environment
from mcp.shared.message import SessionMessage
from mcp.types import jsonrpc_message_adapter

from tools.mcp.answer_size import MAX_ANSWER_BYTES, MAX_PARTS, parts_of
from tools.mcp.pace import Pace

# Two of the longest; from then on 1 MB a second, which takes 1 % of a core to read.
_BYTES_AT_ONCE = 2 * MAX_ANSWER_BYTES
_BYTES_PER_SEC = 1_000_000
# A command that reads nothing has 64 kB in its pipe and 64 kB before it.
_WRITE_SECS = 5.0
# What the protocol's own clients give a command to end by itself, and again after SIGTERM.
_GRACE_SECS = 2.0
_POLL_SECS = 0.01
_NOBODY_LISTENS = (anyio.BrokenResourceError, anyio.ClosedResourceError)


@asynccontextmanager
async def run_command(
    command: str, args: Sequence[str], env: Mapping[str, str]
) -> AsyncGenerator[TransportStreams]:
    """Run a command while the block runs; what it prints on its error stream goes nowhere.

    Args:
        command: The program.
        args: For it.
        env: Added to a minimal environment.

    Raises:
        OSError: It cannot be run.
    """
    process = await asyncio.create_subprocess_exec(
        command,
        *args,
        stdin=PIPE,
        stdout=PIPE,
        # It may hold what the caller said.
        stderr=DEVNULL,
        env={**get_default_environment(), **env},
        # A group of its own: what it starts ends with it.
        start_new_session=True,
        limit=MAX_ANSWER_BYTES,
    )
    said, incoming = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    outgoing, to_say = anyio.create_memory_object_stream[SessionMessage](0)
    moving = [
        asyncio.create_task(_read(process, said), name="mcp-read"),
        asyncio.create_task(_write(process, to_say, said), name="mcp-write"),
    ]
    try:
        yield incoming, outgoing
    finally:
        # Its input ends first, so that it can end by itself.
        with anyio.CancelScope(shield=True):
            await _stop(process)
        for task in moving:
            task.cancel()
        await asyncio.gather(*moving, return_exceptions=True)
        await _drain(process)
        for stream in (said, incoming, outgoing, to_say):
            stream.close()


async def _read(process: Process, said: ObjectSendStream[SessionMessage | Exception]) -> None:
    assert process.stdout is not None
    pace = Pace(at_once=_BYTES_AT_ONCE, per_sec=_BYTES_PER_SEC)
    async with said:
        with suppress(asyncio.IncompleteReadError, ConnectionError, *_NOBODY_LISTENS):
            while True:
                try:
                    line = await process.stdout.readuntil(b"\n")
                except asyncio.LimitOverrunError:
                    logger.warning("An MCP command said a line of more than {}", MAX_ANSWER_BYTES)
                    _signal(process, signal.SIGKILL)
                    return
                await pace.take(len(line))
                await said.send(_message(line))


async def _write(
    process: Process,
    to_say: ObjectReceiveStream[SessionMessage],
    said: ObjectSendStream[SessionMessage | Exception],
) -> None:
    assert process.stdin is not None
    with suppress(ConnectionError, *_NOBODY_LISTENS):
        async with to_say:
            async for item in to_say:
                text = item.message.model_dump_json(by_alias=True, exclude_unset=True)
                process.stdin.write(text.encode(errors="replace") + b"\n")
                try:
                    async with asyncio.timeout(_WRITE_SECS):
                        await process.stdin.drain()
                except TimeoutError:
                    logger.warning("An MCP command does not read what it is told")
                    _signal(process, signal.SIGKILL)
                    return
    # Nobody waits for an answer to what could not be said.
    await said.aclose()


def _message(line: bytes) -> SessionMessage | Exception:
    """Return a line's message, or what is wrong with it: the client then passes over it."""
    if parts_of(line) > MAX_PARTS:
        return ValueError("the message has too many parts")
    try:
        # One byte that is no text must not end the connection.
        message = jsonrpc_message_adapter.validate_json(
            line.decode(errors="replace"), by_name=False
        )
    except ValueError as error:
        return error
    return SessionMessage(message)


async def _stop(process: Process) -> None:
    """End it and all that it has started: by the end of its input, by SIGTERM, by SIGKILL."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        if not await _has_ended(process):
            _signal(process, signal.SIGTERM)
            await _has_ended(process)
    finally:
        # Also what it left behind.
        _signal(process, signal.SIGKILL)
    await _has_ended(process)


async def _drain(process: Process) -> None:
    """Read what is left: only at its end is the pipe closed."""
    assert process.stdout is not None
    with suppress(TimeoutError):
        async with asyncio.timeout(_GRACE_SECS):
            while await process.stdout.read(MAX_ANSWER_BYTES):
                pass


async def _has_ended(process: Process) -> bool:
    # Process.wait() also waits for whoever has inherited its pipes.
    for _ in range(int(_GRACE_SECS / _POLL_SECS)):
        if process.returncode is not None:
            return True
        await asyncio.sleep(_POLL_SECS)
    return False


def _signal(process: Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
