"""A pipeline that wakes its observers only for what they look at."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from pipecat.frames.frames import Frame
from pipecat.observers.base_observer import BaseObserver, FramePushed
from pipecat.pipeline.pipeline import Pipeline
from pipecat.processors.frame_processor import FrameProcessor, FrameProcessorSetup


class ObservedPipeline(Pipeline):
    """Pipecat's pipeline; its observers see frames of the given types being pushed, and no more.

    Pipecat wakes a task per observer for each push and for each frame a processor takes in, whether
    or not the observer has a use for it.
    """

    def __init__(
        self, processors: Sequence[FrameProcessor], *, observed: Collection[type[Frame]]
    ) -> None:
        super().__init__(processors)
        self._observed = frozenset(observed)

    async def setup(self, setup: FrameProcessorSetup) -> None:
        """Set up the processors with an observer that passes on what is looked at."""
        if setup.observer:
            setup = replace(setup, observer=_PushesOf(self._observed, setup.observer))
        await super().setup(setup)


class _PushesOf(BaseObserver):
    def __init__(self, types: frozenset[type[Frame]], to: BaseObserver) -> None:
        super().__init__()
        self._types = types
        self._to = to

    async def on_push_frame(self, data: FramePushed) -> None:
        if type(data.frame) in self._types:
            await self._to.on_push_frame(data)
