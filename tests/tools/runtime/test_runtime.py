"""The end of a call at every moment of a tool's life: nothing raises, nothing stays behind."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pipecat.frames.frames import EndFrame
from pipecat.workers.runner import WorkerRunner

from tests.fake_openai import open_fake_openai
from tests.tools.runtime.talk import Talk, calls, words
from tools.calls.commands import CallEnded, CallEvent, CallNeedsConfirmation, CallStarted
from tools.set_timer import set_timer
from tools.tool import Tool, tool

_GRACE_SECS = 1.0


class Shop:
    """What the tools of one call do, and have done."""

    def __init__(self) -> None:
        self.door = asyncio.Event()
        """Holds every tool until set."""
        self.done: list[str] = []

    def tools(self) -> list[Tool]:
        @tool(timeout_secs=20.0)
        async def look() -> str:
            """Look."""
            return await self._work("look")

        @tool(effect="write", timeout_secs=20.0)
        async def note() -> str:
            """Note."""
            return await self._work("note")

        @tool(effect="irreversible", confirm="Shall I pay?", timeout_secs=20.0)
        async def pay() -> str:
            """Pay."""
            return await self._work("pay")

        @tool(timeout_secs=20.0)
        async def clumsy() -> str:
            """Fail while being stopped."""
            try:
                return await self._work("clumsy")
            finally:
                raise RuntimeError("cannot clean up")

        return [look, note, pay, clumsy, set_timer]

    async def _work(self, name: str) -> str:
        await self.door.wait()
        self.done.append(name)
        return name


End = Callable[[Talk, asyncio.Task[Any]], Awaitable[None]]


async def _gracefully(talk: Talk, running: asyncio.Task[Any]) -> None:
    await talk.worker.queue_frame(EndFrame())
    await asyncio.wait({running}, timeout=3.0)
    await talk.runtime.aclose(grace_secs=_GRACE_SECS)


async def _at_once(talk: Talk, running: asyncio.Task[Any]) -> None:
    await talk.worker.cancel()
    await asyncio.wait({running}, timeout=3.0)
    await talk.runtime.aclose(grace_secs=_GRACE_SECS)


async def _runtime_first(talk: Talk, running: asyncio.Task[Any]) -> None:
    await talk.runtime.aclose(grace_secs=_GRACE_SECS)
    await talk.worker.cancel()
    await asyncio.wait({running}, timeout=3.0)


async def _by_cancelling(talk: Talk, running: asyncio.Task[Any]) -> None:
    for _ in range(2):
        running.cancel()
        await asyncio.wait({running}, timeout=3.0)
    await talk.runtime.aclose(grace_secs=_GRACE_SECS)


ENDS = [_gracefully, _at_once, _runtime_first, _by_cancelling]


@asynccontextmanager
async def running_talk(shop: Shop) -> AsyncGenerator[tuple[Talk, asyncio.Task[Any]]]:
    """Run a conversation that the test itself has to end; complaints of the loop fail it."""
    complaints: list[Mapping[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    async with open_fake_openai() as fake:
        talk = Talk(fake, shop.tools(), {})
        runner = WorkerRunner(handle_sigint=False, handle_sigterm=False)
        await runner.add_workers(talk.worker)
        running = asyncio.create_task(runner.run())
        yield talk, running
        assert running.done()
    gc.collect()
    await asyncio.sleep(0)
    loop.set_exception_handler(None)
    assert [context["message"] for context in complaints] == []
    names = {task.get_name() for task in asyncio.all_tasks()}
    assert not [name for name in names if name.startswith("tool-")]


def _has(talk: Talk, kind: type[CallEvent]) -> bool:
    return any(isinstance(event, kind) for event in talk.events)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("name", ["look", "note", "clumsy"])
async def test_a_call_that_ends_while_a_tool_runs(name: str, end: End) -> None:
    shop = Shop()
    async with running_talk(shop) as (talk, running):
        talk.model_says(calls((name, {})), words("Done."))
        await talk.caller_says("Do it.")
        await talk.until(lambda: _has(talk, CallStarted))
        await end(talk, running)
        assert _has(talk, CallEnded)
        assert shop.done == []


@pytest.mark.parametrize("end", ENDS)
async def test_a_write_that_returns_within_the_grace_is_done_once(end: End) -> None:
    shop = Shop()
    async with running_talk(shop) as (talk, running):
        talk.model_says(calls(("note", {}), ("look", {})), words("Noted."))
        await talk.caller_says("Note it.")
        await talk.until(lambda: _has(talk, CallStarted))
        ending = asyncio.ensure_future(end(talk, running))
        if end is not _gracefully:  # the end of the pipeline comes before the end of its tools
            await asyncio.wait({running}, timeout=0.1)
        shop.door.set()
        await ending
        assert sorted(shop.done) == ["look", "note"]


@pytest.mark.parametrize("end", ENDS)
async def test_a_call_that_ends_over_a_question(end: End) -> None:
    shop = Shop()
    async with running_talk(shop) as (talk, running):
        talk.model_says(calls(("pay", {})), words("Done."))
        await talk.caller_says("Pay it.")
        await talk.until(lambda: _has(talk, CallNeedsConfirmation))
        await end(talk, running)
        shop.door.set()
        await asyncio.sleep(0)
        assert shop.done == []


@pytest.mark.parametrize("end", ENDS)
async def test_a_call_that_ends_over_a_timer(end: End) -> None:
    shop = Shop()
    async with running_talk(shop) as (talk, running):
        talk.model_says(calls(("set_timer", {"duration_secs": 60})), words("I will."))
        await talk.caller_says("Remind me.")
        await talk.until_spoken("I will.")
        await end(talk, running)
