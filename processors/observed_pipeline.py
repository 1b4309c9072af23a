"""A pipeline with an observer of its own, which is woken only for what it looks at."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from pipecat.frames.frames import Frame
from pipecat.observers.base_observer import (
    BaseObserver,
    FrameProcessed,
    FramePushed,
    ProcessorSetUp,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker_observer import WorkerObserver
from pipecat.processors.frame_processor import FrameProcessor, FrameProcessorSetup
from typing_extensions import override


class ObservedPipeline(Pipeline):
    """Pipecat's pipeline; its own observer sees pushes of the frame types given, and no more.

    Pipecat wakes a task per observer for each push and for each frame a processor takes in, whether
    or not the observer has a use for it. Observers given to Pipecat's worker, if there are any, see
    everything as ever.
    """

    def __init__(
        self,
        processors: Sequence[FrameProcessor],
        *,
        observer: BaseObserver,
        observed: Collection[type[Frame]],
    ) -> None:
        super().__init__(processors)
        self._own = WorkerObserver(observers=[observer])
        self._observed = frozenset(observed)

    @override
    async def setup(self, setup: FrameProcessorSetup) -> None:
        """Set up the observer, then the processors with it and the worker's."""
        await self._own.setup(setup.task_manager)
        both = _Both(self._own, types=self._observed, all_else=setup.observer)
        await super().setup(replace(setup, observer=both))

    @override
    async def cleanup(self) -> None:
        """Clean up the processors, then the observer that may still hear of it."""
        await super().cleanup()
        await self._own.cleanup()


class _Both(BaseObserver):
    """Tells one observer of pushes of some types, and another of everything."""

    def __init__(
        self, some: BaseObserver, *, types: frozenset[type[Frame]], all_else: BaseObserver | None
    ) -> None:
        super().__init__()
        self._some = some
        self._types = types
        # Pipecat's worker has none only when a test sets a pipeline up by hand.
        self._all = all_else or BaseObserver()

    @override
    async def on_push_frame(self, data: FramePushed) -> None:
        if type(data.frame) in self._types:
            await self._some.on_push_frame(replace(data))
        await self._all.on_push_frame(data)

    @override
    async def on_process_frame(self, data: FrameProcessed) -> None:
        await self._all.on_process_frame(data)

    @override
    async def on_processor_setup(self, data: ProcessorSetUp) -> None:
        await self._all.on_processor_setup(data)
