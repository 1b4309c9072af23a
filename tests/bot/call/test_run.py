"""Whatever hangs or fails in a pipeline or a room, a session ends; in virtual time."""

from __future__ import annotations

import asyncio

import pytest
from pipecat.frames.frames import CancelFrame, EndFrame, Frame, TTSSpeakFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from typing_extensions import override

from bot.call.course import Course, EndReason, build_course
from bot.call.lines import Lines
from bot.call.run import leave, run_until_over
from bot.rooms.job_plan import JobPlan
from bot.settings import Settings
from processors.agent_protocol.audience import Audience
from processors.agent_protocol.events import ConversationListener
from processors.floor import Floor
from tests.virtual_time import run_in_virtual_time

_GOODBYE_LIMIT_SECS = 15.0
_STOP_LIMIT_SECS = 10.0
"""What the pipeline may take to be stopped after that."""


class Stuck(FrameProcessor):
    """Never comes back from some frames."""

    def __init__(self, *kinds: type[Frame]) -> None:
        super().__init__()
        self._kinds = kinds
        self.spoken: list[str] = []

    @override
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, TTSSpeakFrame):
            self.spoken.append(frame.text)
        if isinstance(frame, self._kinds):
            await asyncio.Event().wait()
        await self.push_frame(frame, direction)


def seconds_to_the_end(processor: Stuck, *, farewell: bool = True) -> tuple[EndReason, float]:
    """Hold a call with this in the pipeline; returns why and when it was over."""

    async def main() -> tuple[EndReason, float]:
        lines = Lines()
        course = build_course(settings=Settings(), plan=JobPlan(session_id="s1"), lines=lines)
        worker = PipelineWorker(
            Pipeline([processor]),
            enable_rtvi=False,
            enable_turn_tracking=False,
            idle_timeout_secs=None,
            cancel_timeout_secs=3.0,
        )
        worker.add_event_handler("on_pipeline_started", lambda *_: _begin(course, farewell))
        await run_until_over(worker, course=course, lines=lines)
        leftover = asyncio.all_tasks() - {asyncio.current_task()}
        for task in leftover:
            task.cancel()
        await asyncio.gather(*leftover, return_exceptions=True)
        return course.reason, asyncio.get_running_loop().time()

    return run_in_virtual_time(main())


def _begin(course: Course, farewell: bool) -> None:
    course.caller_joined()
    if farewell:
        course.drained()


@pytest.mark.promise("Ending a call", "A goodbye that hangs is cut after 15 s.")
@pytest.mark.parametrize(
    "kinds", [(TTSSpeakFrame,), (EndFrame,), (EndFrame, CancelFrame), (TTSSpeakFrame, CancelFrame)]
)
def test_a_goodbye_that_hangs_is_cut(kinds: tuple[type[Frame], ...]) -> None:
    reason, secs = seconds_to_the_end(Stuck(*kinds))
    assert reason is EndReason.DRAINED
    assert _GOODBYE_LIMIT_SECS <= secs <= _GOODBYE_LIMIT_SECS + _STOP_LIMIT_SECS


def test_the_end_of_the_pipeline_is_the_end_after_its_farewell() -> None:
    processor = Stuck()
    reason, secs = seconds_to_the_end(processor)
    assert reason is EndReason.DRAINED and secs < 1.0
    [farewell] = processor.spoken
    assert "have to go" in farewell


class Listener(ConversationListener):
    """One of those who are told of the end; it may do badly."""

    def __init__(self, mood: str = "") -> None:
        self.mood = mood
        self.reason = ""
        self.is_closed = False

    @override
    def ended(self, reason: str) -> None:
        self.reason = reason

    @override
    async def close(self) -> None:
        if self.mood == "fails":
            raise ConnectionError("the network is gone")
        if self.mood == "hangs":
            await asyncio.Event().wait()
        self.is_closed = True


@pytest.mark.promise(
    "Ending a call", "A step of leaving that fails or hangs keeps no other from being done."
)
@pytest.mark.parametrize("mood", ["fails", "hangs"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_step_of_leaving_that_does_not_end_well_is_left_behind(mood: str, place: int) -> None:
    listeners = [Listener(), Listener(), Listener()]
    listeners[place].mood = mood

    async def main() -> float:
        audience = Audience(floor=Floor(), listeners=listeners)
        await leave(audience, EndReason.GOODBYE, is_replaced=False)
        return asyncio.get_running_loop().time()

    assert run_in_virtual_time(main()) <= 10.0
    assert [listener.reason for listener in listeners] == ["goodbye"] * 3
    assert [one.is_closed for one in listeners] == [one.mood == "" for one in listeners]


@pytest.mark.promise("Lost bots", "A bot that leaves its call to another one tells of no end.")
@pytest.mark.parametrize(("is_replaced", "told"), [(True, ""), (False, "error")])
async def test_who_is_replaced_tells_of_no_end(*, is_replaced: bool, told: str) -> None:
    listener = Listener()
    audience = Audience(floor=Floor(), listeners=[listener])
    await leave(audience, EndReason.ERROR, is_replaced=is_replaced)
    assert (listener.reason, listener.is_closed) == (told, True)
