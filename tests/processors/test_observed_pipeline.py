from __future__ import annotations

from pipecat.frames.frames import EndFrame, LLMTextFrame, TTSTextFrame
from pipecat.observers.base_observer import BaseObserver, FrameProcessed, FramePushed
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.filters.identity_filter import IdentityFilter
from pipecat.workers.runner import WorkerRunner

from processors.observed_pipeline import ObservedPipeline


class Watcher(BaseObserver):
    """Keeps what it is woken for: who pushed which frame, and who took one."""

    def __init__(self) -> None:
        super().__init__(observe_every_push=True)
        self.pushed: set[tuple[str, str]] = set()
        self.processed: set[str] = set()

    async def on_push_frame(self, data: FramePushed) -> None:
        self.pushed.add((type(data.source).__name__, type(data.frame).__name__))

    async def on_process_frame(self, data: FrameProcessed) -> None:
        self.processed.add(type(data.processor).__name__)


async def test_an_observer_is_woken_for_pushes_of_what_it_looks_at_and_for_nothing_else() -> None:
    watcher = Watcher()
    pipeline = ObservedPipeline([IdentityFilter(), IdentityFilter()], observed=[LLMTextFrame])
    worker = PipelineWorker(
        pipeline, observers=[watcher], enable_rtvi=False, enable_turn_tracking=False
    )
    await worker.queue_frames([LLMTextFrame("one"), TTSTextFrame("two", "word"), EndFrame()])
    await WorkerRunner(handle_sigint=False).run(worker)
    assert ("IdentityFilter", "LLMTextFrame") in watcher.pushed
    assert ("IdentityFilter", "TTSTextFrame") not in watcher.pushed
    assert "IdentityFilter" not in watcher.processed
