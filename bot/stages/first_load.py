"""Has servers load their models before the first call: a cold one takes minutes for its first word.

Ollama and its like load a model when it is first asked for. The vendors' own need no such thing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx
from loguru import logger

from bot.processes.task_set import TaskSet
from bot.settings import Settings
from bot.stages.questions.question import FAILURES, Refusal, question_of
from bot.stages.stage import Place, Stage
from bot.stages.table import stages_of

_LIMIT_SECS = 600.0
"""40 GB from a disk of 100 MB/s take 400 s."""
_RETRY_SECS = 2.0
_NOT_READY = 503
"""llama-server's answer while it loads."""


@asynccontextmanager
async def first_load(settings: Settings) -> AsyncGenerator[None]:
    """Ask for one word of each such server while the block runs; failing is only logged."""
    async with TaskSet() as tasks:
        for stage in stages_of(settings).in_use():
            if stage.place is Place.ELSEWHERE and stage.vendor.loads_when_asked:
                tasks.spawn(_provoke(stage), name=f"first load {stage.name}")
        yield


async def _provoke(stage: Stage) -> None:
    clock = asyncio.get_running_loop()
    began = clock.time()
    try:
        await _ask_until_ready(stage)
    except FAILURES as error:
        logger.warning("{}: no answer yet ({}); doctor says why", stage, type(error).__name__)
    else:
        logger.info("{}: first answer after {:.1f} s", stage, clock.time() - began)


async def _ask_until_ready(stage: Stage) -> None:
    ask = question_of(stage).ask
    async with asyncio.timeout(_LIMIT_SECS):
        while True:
            try:
                return await ask(stage, limit_secs=_LIMIT_SECS)
            except Refusal as refusal:
                if refusal.status != _NOT_READY:
                    raise
            except httpx.ConnectError:
                # It may be started together with us.
                pass
            await asyncio.sleep(_RETRY_SECS)
