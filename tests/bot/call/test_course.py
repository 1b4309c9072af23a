"""Every way a session ends, in time that jumps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, cast

import pytest
from pipecat.frames.frames import Frame, TTSSpeakFrame
from pipecat.pipeline.worker import PipelineWorker

from bot.call.course import (
    END_LIMIT_SECS,
    NEVER_JOINED_SECS,
    RELOAD_GRACE_SECS,
    TIME_LIMIT_NOTICE_SECS,
    Course,
    EndReason,
    Phase,
)
from bot.call.lines import Lines
from bot.languages.en import LANGUAGE as ENGLISH
from tests.virtual_time import run_in_virtual_time

SAID = ENGLISH.session
_LASTS_SECS = 600.0


class Call:
    """A course, what it has said, and when it was over; time begins with it."""

    def __init__(self, *, lasts_secs: float = _LASTS_SECS) -> None:
        self.frames: list[Frame] = []
        lines = Lines()
        self.course = Course(
            lines=lines,
            sentences=SAID,
            waits_secs=NEVER_JOINED_SECS,
            lasts_secs=lasts_secs,
        )
        # It only ever queues frames, and listens for those that arrive.
        self._speaking = asyncio.create_task(lines.deliver(cast(PipelineWorker, self)))
        self._begun_secs = self.now_secs

    async def queue_frame(self, frame: Frame) -> None:
        self.frames.append(frame)

    def add_reached_downstream_filter(self, _: object) -> None: ...

    def add_event_handler(self, *_: object) -> None: ...

    @property
    def said(self) -> list[str]:
        return [
            frame.text if isinstance(frame, TTSSpeakFrame) else type(frame).__name__
            for frame in self.frames
        ]

    @property
    def now_secs(self) -> float:
        return asyncio.get_running_loop().time()

    async def over(self) -> tuple[EndReason, float]:
        """Wait for the end; returns why and after how long."""
        await self.course.until_over()
        await asyncio.sleep(0)
        self._speaking.cancel()
        return self.course.reason, self.now_secs - self._begun_secs


def play(story: Callable[[Call], Coroutine[Any, Any, None]], **options: float) -> Any:
    """Run a story; returns why and when the session was over, and what was said."""

    async def run() -> Any:
        call = Call(**options)
        await story(call)
        reason, secs = await call.over()
        return reason, pytest.approx(secs, abs=0.01), call.said

    return run_in_virtual_time(run())


def test_nobody_ever_comes() -> None:
    async def story(_: Call) -> None:
        pass

    assert play(story) == (EndReason.NEVER_JOINED, NEVER_JOINED_SECS, [])


def test_the_room_is_gone_before_anybody_comes() -> None:
    async def story(call: Call) -> None:
        await asyncio.sleep(1.0)
        call.course.room_gone()

    assert play(story) == (EndReason.NEVER_JOINED, 1.0, [])


def test_the_room_is_gone_during_the_call() -> None:
    async def story(call: Call) -> None:
        call.course.caller_joined()
        await asyncio.sleep(100.0)
        call.course.room_gone()

    assert play(story) == (EndReason.CALLER_LEFT, 100.0, [])


def test_a_caller_who_leaves_is_waited_for_and_then_not() -> None:
    async def story(call: Call) -> None:
        call.course.caller_joined()
        call.course.caller_left()
        await asyncio.sleep(RELOAD_GRACE_SECS - 0.1)
        call.course.caller_joined()
        await asyncio.sleep(100.0)
        assert call.course.phase is Phase.LIVE
        call.course.caller_left()

    reason, secs, said = play(story)
    assert (reason, said) == (EndReason.CALLER_LEFT, [])
    assert secs == 100.0 + 2 * RELOAD_GRACE_SECS - 0.1


def test_a_silent_caller_is_asked_once_and_then_told_goodbye() -> None:
    async def story(call: Call) -> None:
        call.course.caller_joined()
        call.course.caller_silent()
        call.course.caller_spoke()
        call.course.caller_silent()
        call.course.caller_silent()

    said = [SAID.nudge, SAID.nudge, SAID.idle_goodbye, "EndFrame"]
    assert play(story) == (EndReason.IDLE, END_LIMIT_SECS, said)


@pytest.mark.parametrize(
    ("end", "reason", "farewell"),
    [
        (Course.hung_up, EndReason.GOODBYE, []),
        (Course.drained, EndReason.DRAINED, [SAID.drained_goodbye]),
        (
            lambda course: course.provider_failed(is_voice_left=True),
            EndReason.PROVIDER_FAILED,
            [SAID.provider_failed_goodbye],
        ),
    ],
)
def test_an_end_is_said_if_somebody_hears_it(
    end: Callable[[Course], None], reason: EndReason, farewell: list[str]
) -> None:
    async def heard(call: Call) -> None:
        call.course.caller_joined()
        end(call.course)
        assert call.course.phase is Phase.ENDING

    async def unheard(call: Call) -> None:
        end(call.course)

    assert play(heard) == (reason, END_LIMIT_SECS, [*farewell, "EndFrame"])
    assert play(unheard) == (reason, 0.0, [])


def test_a_bot_without_its_voice_ends_at_once() -> None:
    async def story(call: Call) -> None:
        call.course.caller_joined()
        call.course.provider_failed(is_voice_left=False)

    assert play(story) == (EndReason.PROVIDER_FAILED, 0.0, [])


def test_the_time_limit_counts_from_the_first_join() -> None:
    async def story(call: Call) -> None:
        call.course.caller_joined()
        await asyncio.sleep(300.0)
        call.course.caller_left()
        call.course.caller_joined()
        await asyncio.sleep(_LASTS_SECS - TIME_LIMIT_NOTICE_SECS - 300.0 + 0.1)
        assert call.said == [SAID.time_limit_notice]

    said = [SAID.time_limit_notice, SAID.time_limit_goodbye, "EndFrame"]
    assert play(story) == (EndReason.TIME_LIMIT, _LASTS_SECS + END_LIMIT_SECS, said)


def test_a_limit_shorter_than_its_notice_is_kept() -> None:
    async def story(call: Call) -> None:
        call.course.caller_joined()

    reason, secs, _ = play(story, lasts_secs=5.0)
    assert (reason, secs) == (EndReason.TIME_LIMIT, 5.0 + END_LIMIT_SECS)


def test_the_first_reason_is_kept_and_one_goodbye_is_said() -> None:
    async def story(call: Call) -> None:
        call.course.caller_joined()
        call.course.hung_up()
        call.course.drained()
        call.course.caller_left()
        await asyncio.sleep(1.0)
        assert call.said == ["EndFrame"]

    assert play(story) == (EndReason.GOODBYE, RELOAD_GRACE_SECS, ["EndFrame"])


def test_what_comes_after_the_end_changes_nothing() -> None:
    async def story(call: Call) -> None:
        call.course.caller_joined()
        call.course.close()
        call.course.caller_joined()
        call.course.caller_left()
        call.course.hung_up()
        call.course.room_gone()
        await asyncio.sleep(100.0)
        assert call.course.phase is Phase.OVER

    assert play(story) == (EndReason.ERROR, 100.0, [])
