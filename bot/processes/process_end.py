"""How a child process is asked to end, waited for and killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal

_POLL_SECS = 0.05


async def ended(process: asyncio.subprocess.Process, limit_secs: float) -> None:
    """Wait until the process has ended, for a limited time."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(limit_secs):
            await exit_code(process)


async def exit_code(process: asyncio.subprocess.Process) -> int:
    """Wait until the process has ended.

    Not `process.wait()`: that waits for the end of its pipes too, which what it started may hold.
    """
    while process.returncode is None:  # noqa: ASYNC110 - asyncio has no event for it
        await asyncio.sleep(_POLL_SECS)
    return process.returncode


def send(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    # Not `process.send_signal`: it polls first, and a child it reaps is unknown to asyncio.
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)


def let_go(process: asyncio.subprocess.Process) -> None:
    """Close our ends of its pipes: whoever it has started may hold the others for ever."""
    # asyncio has no public way.
    process._transport.close()  # pyright: ignore


def kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
