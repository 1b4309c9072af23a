"""Background tasks end with their owner."""

from __future__ import annotations

import asyncio

from bot.processes.task_set import TaskSet


async def test_tasks_are_cancelled_and_waited_for() -> None:
    ended: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append("cleaned up")

    async with TaskSet() as tasks:
        tasks.spawn(work(), name="work")
        await asyncio.sleep(0)
    assert ended == ["cleaned up"]


async def test_failing_task_touches_no_other() -> None:
    done: list[str] = []

    async def fail() -> None:
        raise ValueError

    async def work() -> None:
        await asyncio.sleep(0)
        done.append("done")

    async with TaskSet() as tasks:
        tasks.spawn(fail(), name="fail")
        tasks.spawn(work(), name="work")
        for _ in range(5):
            await asyncio.sleep(0)
    assert done == ["done"]
