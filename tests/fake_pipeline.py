"""A running pipeline around one processor, for tests that talk to it while it runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from pipecat.clocks.base_clock import BaseClock
from pipecat.frames.frames import DataFrame, EndFrame, Frame, StartFrame, SystemFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.workers.runner import WorkerRunner
from typing_extensions import override

F = TypeVar("F", bound=Frame)


@dataclass(eq=False)
class _DataMark(DataFrame):
    """Follows data frames."""


@dataclass(eq=False)
class _SystemMark(SystemFrame):
    """Follows system frames."""


class _End(FrameProcessor):
    """One end of the pipeline: keeps what arrives there."""

    def __init__(self, keeps: FrameDirection, on_change: Callable[[], None]) -> None:
        super().__init__(enable_direct_mode=True)
        self._keeps = keeps
        self._on_change = on_change
        self.frames: list[Frame] = []

    @override
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if direction is self._keeps:
            self.frames.append(frame)
            self._on_change()
        await self.push_frame(frame, direction)


class FakePipeline:
    """Sends frames through a processor and collects what comes out of both ends."""

    def __init__(
        self,
        processor: FrameProcessor,
        *,
        has_metrics: bool = False,
        clock: BaseClock | None = None,
    ) -> None:
        self._changed = asyncio.Event()
        self._source = _End(FrameDirection.UPSTREAM, self._changed.set)
        self._sink = _End(FrameDirection.DOWNSTREAM, self._changed.set)
        self.worker = PipelineWorker(
            Pipeline([self._source, processor, self._sink]),
            params=PipelineParams(
                audio_in_sample_rate=16_000,
                audio_out_sample_rate=24_000,
                enable_metrics=has_metrics,
                enable_usage_metrics=has_metrics,
            ),
            clock=clock,
            cancel_on_idle_timeout=False,
            enable_rtvi=False,
            enable_turn_tracking=False,
        )

    @property
    def down(self) -> list[Frame]:
        """What came out downstream so far."""
        return self._sink.frames

    @property
    def up(self) -> list[Frame]:
        """What came out upstream so far."""
        return self._source.frames

    async def send(self, *frames: Frame) -> None:
        """Send frames downstream."""
        for frame in frames:
            await self._source.push_frame(frame)

    async def send_up(self, *frames: Frame) -> None:
        """Send frames upstream."""
        for frame in frames:
            await self._sink.push_frame(frame, FrameDirection.UPSTREAM)

    async def settle(self) -> None:
        """Wait until everything sent so far, and what it set off, has been worked through."""
        for _ in range(4):
            marks = (_DataMark(), _SystemMark())
            # An interruption drops what waits in the queues.
            marks[0].interruptible = False
            seen = len(self.down)
            await self.send(*marks)
            async with asyncio.timeout(10):
                while not all(any(mark is down for down in self.down[seen:]) for mark in marks):
                    self._changed.clear()
                    await self._changed.wait()

    async def until_down(self, kind: type[F], count: int = 1) -> list[F]:
        """Wait for frames of a kind at the downstream end."""
        return await self._until(self._sink, kind, count)

    async def until_up(self, kind: type[F], count: int = 1) -> list[F]:
        """Wait for frames of a kind at the upstream end."""
        return await self._until(self._source, kind, count)

    async def _until(self, end: _End, kind: type[F], count: int) -> list[F]:
        async with asyncio.timeout(10):
            while True:
                found = [frame for frame in end.frames if isinstance(frame, kind)]
                if len(found) >= count:
                    return found
                self._changed.clear()
                await self._changed.wait()


@asynccontextmanager
async def open_fake_pipeline(
    processor: FrameProcessor, *, has_metrics: bool = False, clock: BaseClock | None = None
) -> AsyncGenerator[FakePipeline]:
    """Run a pipeline around the processor; it is ended at the end of the block.

    Args:
        processor: What is tested, or a pipeline of it and others.
        has_metrics: Whether metrics are made.
        clock: Of the pipeline; None for the machine's.
    """
    pipeline = FakePipeline(processor, has_metrics=has_metrics, clock=clock)
    runner = WorkerRunner(handle_sigint=False, handle_sigterm=False)
    await runner.add_workers(pipeline.worker)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(runner.run())
        try:
            await pipeline.until_down(StartFrame)
            yield pipeline
        finally:
            await pipeline.worker.queue_frame(EndFrame())
