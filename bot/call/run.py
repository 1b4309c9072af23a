"""Runs a session's pipeline until the session is over, and leaves its room: neither may hang."""

from __future__ import annotations

import asyncio

from loguru import logger
from pipecat.pipeline.worker import PipelineWorker
from pipecat.workers.runner import WorkerRunner

from bot.call.course import Course, EndReason
from bot.call.lines import Lines
from processors.agent_protocol.audience import Audience

_CANCEL_LIMIT_SECS = 4.0
_LEAVE_LIMIT_SECS = 10.0
"""More than the limits of all its parts."""


async def run_until_over(worker: PipelineWorker, *, course: Course, lines: Lines) -> None:
    """Run the pipeline until it ends or the session is over."""
    runner = WorkerRunner(handle_sigint=False, handle_sigterm=False)
    await runner.add_workers(worker)
    run = asyncio.create_task(runner.run(), name="pipeline")
    speaking = asyncio.create_task(lines.deliver(worker), name="lines")
    over = asyncio.create_task(course.until_over(), name="course")
    try:
        await asyncio.wait({run, over}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        speaking.cancel()
        over.cancel()
        await _stop(run)


async def leave(audience: Audience, reason: EndReason, *, is_replaced: bool) -> None:
    """Tell the room why, unless the call goes on with another bot: nothing has ended then.

    Runs also when the pipeline never started.
    """
    logger.info("The session ends: {}", reason.value)
    try:
        async with asyncio.timeout(_LEAVE_LIMIT_SECS):
            await audience.close(reason="" if is_replaced else reason.value)
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller must not stay alone
        # Only the type: a caption that could not be sent is what somebody said.
        logger.error("The room was not left in order: {}", type(error).__name__)


async def _stop(run: asyncio.Task[None]) -> None:
    """Stop a runner's task, whatever it hangs in.

    `WorkerRunner.run` swallows the first cancellation to clean up; a pipeline that waits for an
    `EndFrame` ends only by the second.
    """
    for _ in range(2):
        if run.done():
            break
        run.cancel()
        await asyncio.wait({run}, timeout=_CANCEL_LIMIT_SECS)
    if run.done() and not run.cancelled() and run.exception() is not None:
        logger.opt(exception=run.exception()).error("The pipeline failed")
