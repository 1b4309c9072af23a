"""Runs cells: the calls of a batch come to their moments side by side, then the fault meets all."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Sequence
from contextlib import AsyncExitStack, closing, suppress

import httpx
import psutil
from livekit import rtc

from bench import voice
from tests.chaos.assistant import Assistant
from tests.chaos.cell import Cell, live_on
from tests.chaos.client import Client, open_client
from tests.chaos.faults import Fault
from tests.chaos.moments import (
    GREETING,
    LISTENING,
    QUESTION,
    SPEAKING,
    SPOKEN,
    THINKING,
    TOOL,
    Moment,
    greeted,
)

BATCHES: tuple[tuple[Moment, ...], ...] = (
    (QUESTION, LISTENING, SPEAKING, THINKING),
    (TOOL, GREETING),
)
"""Moments that are reached side by side, the briefest last; any other is a batch of its own."""
_THINKING_MS = 1_200.0
"""To the first token: so that thinking lasts long enough to be met."""
_TROUBLE = (
    *(TimeoutError, OSError, LookupError, AssertionError, psutil.Error),
    *(rtc.ConnectError, rtc.StreamError, httpx.HTTPError),
)
"""What a call, or the machine below it, may come to."""
_BATCH_LIMIT_SECS = 200.0


def batches_of(fault: Fault) -> list[tuple[Moment, ...]]:
    """Return the moments of a fault, as they are run."""
    together = [batch for batch in BATCHES if all(moment in fault.moments for moment in batch)]
    alone = [one for one in fault.moments if not any(one in batch for batch in together)]
    return [*together, *((one,) for one in alone)]


def warm_up() -> None:
    """Have ready what callers say."""
    for text in SPOKEN:
        voice.spoken(text)


async def run_batch(assistant: Assistant, fault: Fault, moments: Sequence[Moment]) -> list[Cell]:
    """Run the cells of one fault at some moments; never raises for what a call does."""
    cells = [Cell(fault=fault.name, moment=one.name, has_way=fault.has_way) for one in moments]
    await assistant.set_faults(language_model={"first_token_ms": _THINKING_MS})
    try:
        async with asyncio.timeout(_BATCH_LIMIT_SECS), AsyncExitStack() as stack:
            calls = [await stack.enter_async_context(open_client(assistant)) for _ in moments]
            await _bring_all(calls, moments)
            since_secs = time.monotonic()
            await fault.begin(assistant, calls)
            since_secs = time.monotonic() if fault.is_of_caller else since_secs
            is_over = asyncio.Event()
            mending = asyncio.create_task(_mend(assistant, fault, calls, is_over))
            stack.push_async_callback(_until_mended, mending, is_over)
            lives = [
                live_on(call, moment, cell, since_secs=since_secs, lasts_secs=fault.lasts_secs)
                for call, moment, cell in zip(calls, moments, cells, strict=True)
            ]
            await asyncio.gather(*map(_guarded, cells, lives))
    except _TROUBLE as error:
        for cell in cells:
            cell.problems.append(f"the cell could not be run: {type(error).__name__} {error}"[:200])
    await assistant.set_faults()
    left = await assistant.left()
    for cell in cells:
        cell.problems += [f"left: {one}" for one in left]
    _clear_calendar(assistant)
    return cells


async def _bring_all(calls: Sequence[Client], moments: Sequence[Moment]) -> None:
    """Bring each call to its moment: all are greeted first, and the briefest moments come last."""
    pairs = list(zip(calls, moments, strict=True))
    await asyncio.gather(*(greeted(call) for call, moment in pairs if moment is not GREETING))
    *early, (last_call, last_moment) = pairs
    await asyncio.gather(*(moment.bring(call) for call, moment in early))
    await last_moment.bring(last_call)


async def _guarded(cell: Cell, living: Awaitable[None]) -> None:
    try:
        await living
    except _TROUBLE as error:
        cell.problems.append(f"{type(error).__name__} {error}"[:200])


async def _mend(
    assistant: Assistant, fault: Fault, calls: Sequence[Client], is_over: asyncio.Event
) -> None:
    """Mend it in its time, or when the calls are over."""
    with suppress(TimeoutError):
        await asyncio.wait_for(is_over.wait(), fault.lasts_secs)
    await fault.mend(assistant, calls)


async def _until_mended(mending: asyncio.Task[None], is_over: asyncio.Event) -> None:
    is_over.set()
    await asyncio.wait((mending,))


def _clear_calendar(assistant: Assistant) -> None:
    path = assistant.folder / "appointments.sqlite"
    with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as opened, opened:
        opened.execute("DELETE FROM appointments")
