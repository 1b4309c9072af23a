"""Every way a session ends, in time that jumps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, cast

import pytest
from pipecat.frames.frames import Frame, TTSSpeakFrame
from pipecat.pipeline.worker import PipelineWorker

from bot.call.course import Course, EndReason, Phase, build_course
from bot.call.lines import Lines
from bot.languages.en import LANGUAGE as ENGLISH
from bot.rooms.job_plan import JobPlan
from bot.settings import Settings
from tests.virtual_time import run_in_virtual_time

SAID = ENGLISH.session
_LASTS_SECS = 600.0
# As docs/reliability.md has them.
_GRACE_SECS = 3.0
_RESUME_SECS = 60.0
_END_LIMIT_SECS = 15.0
_NOTICE_SECS = 15.0


class Call:
    """A course, what it has said, and when it was over; time begins with it."""

    def __init__(self, *, lasts_secs: float = _LASTS_SECS, is_parked: bool = False) -> None:
        self.frames: list[Frame] = []
        lines = Lines()
        self.course = build_course(
            settings=Settings.model_validate({"session_max_secs": lasts_secs}),
            plan=JobPlan(session_id="s1", is_parked=is_parked),
            lines=lines,
        )
        self.course.wait()
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


def play(story: Callable[[Call], Coroutine[Any, Any, None]], **options: Any) -> Any:
    """Run a story; returns why and when the session was over, and what was said."""

    async def run() -> Any:
        call = Call(**options)
        await story(call)
        reason, secs = await call.over()
        return reason, pytest.approx(secs, abs=0.01), call.said

    return run_in_virtual_time(run())


@pytest.mark.promise(
    "Ending a call", "A bot that nobody joins is gone after 60 s, a parked one after 15 min."
)
@pytest.mark.parametrize(
    ("given_out_secs", "waits_secs"), [(None, 60.0), (1_000.0, 900.0), (100.0, 160.0)]
)
def test_nobody_ever_comes(given_out_secs: float | None, waits_secs: float) -> None:
    async def story(call: Call) -> None:
        # It is told of each change.
        for secs in ((given_out_secs or 0.0) + 10.0 * n for n in range(2)):
            asyncio.get_running_loop().call_later(secs, call.course.handed_out)

    is_parked = given_out_secs is not None
    assert play(story, is_parked=is_parked) == (EndReason.NEVER_JOINED, waits_secs, [])


@pytest.mark.promise("Ending a call", "A room that is taken away ends its session.")
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


@pytest.mark.promise(
    "Ending a call", "A caller who is gone is waited for until RESUME_SECS are over."
)
def test_a_caller_who_leaves_is_waited_for_and_then_not() -> None:
    async def story(call: Call) -> None:
        call.course.caller_joined()
        for _ in range(2):
            call.course.caller_left()
            await asyncio.sleep(_RESUME_SECS - 0.1)
            away_secs = call.course.caller_joined()
            assert away_secs == pytest.approx(_RESUME_SECS - 0.1)
            await asyncio.sleep(100.0)
            assert call.course.phase is Phase.LIVE
        call.course.caller_left()

    reason, secs, said = play(story)
    assert (reason, said) == (EndReason.CALLER_LEFT, [])
    assert secs == 200.0 + 3 * _RESUME_SECS - 0.2


@pytest.mark.promise(
    "Ending a call", "A caller who is gone is waited for until RESUME_SECS are over."
)
def test_a_caller_who_is_reported_gone_twice_comes_back_all_the_same() -> None:
    async def story(call: Call) -> None:
        call.course.caller_joined()
        call.course.caller_left()
        await asyncio.sleep(1.0)
        call.course.caller_left()
        await asyncio.sleep(1.0)
        call.course.caller_joined()
        await asyncio.sleep(100.0)
        assert call.course.phase is Phase.LIVE
        call.course.room_gone()

    assert play(story) == (EndReason.CALLER_LEFT, 102.0, [])


@pytest.mark.promise("Ending a call", "While a caller is away nothing is said to nobody.")
@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ("caller_silent", EndReason.CALLER_LEFT),
        ("hung_up", EndReason.GOODBYE),
        ("drained", EndReason.DRAINED),
        ("session_spent", EndReason.SESSION_BUDGET),
        ("day_spent", EndReason.DAILY_BUDGET),
    ],
)
def test_to_one_who_is_away_nothing_is_said(event: str, reason: EndReason) -> None:
    async def story(call: Call) -> None:
        call.course.caller_joined()
        call.course.caller_left()
        await asyncio.sleep(30.0)
        for _ in range(2):
            getattr(call.course, event)()

    secs = _RESUME_SECS if reason is EndReason.CALLER_LEFT else 30.0
    assert play(story) == (reason, secs, [])


@pytest.mark.promise("Ending a call", "While a caller is away nothing is said to nobody.")
def test_the_time_goes_on_while_a_caller_is_away() -> None:
    async def story(call: Call) -> None:
        call.course.caller_joined()
        await asyncio.sleep(_LASTS_SECS - _RESUME_SECS / 2)
        call.course.caller_left()

    assert play(story) == (EndReason.TIME_LIMIT, _LASTS_SECS, [])


@pytest.mark.promise(
    "Ending a call", "A caller who is gone is waited for until RESUME_SECS are over."
)
def test_a_caller_who_reloads_the_page_hears_the_goodbye_to_its_end() -> None:
    async def story(call: Call) -> None:
        call.course.caller_joined()
        call.course.drained()
        call.course.caller_left()
        await asyncio.sleep(1.0)
        call.course.caller_joined()
        await asyncio.sleep(_GRACE_SECS)
        assert call.course.phase is Phase.ENDING

    said = [SAID.drained_goodbye, "EndFrame"]
    assert play(story) == (EndReason.DRAINED, _END_LIMIT_SECS, said)


@pytest.mark.promise("Ending a call", "A silent caller is asked, and the next time told goodbye.")
def test_a_silent_caller_is_asked_once_and_then_told_goodbye() -> None:
    async def story(call: Call) -> None:
        call.course.caller_joined()
        for _ in range(2):
            call.course.caller_silent()
            call.course.caller_spoke()
        call.course.caller_silent()
        call.course.caller_silent()

    said = [*[SAID.nudge] * 3, SAID.idle_goodbye, "EndFrame"]
    assert play(story) == (EndReason.IDLE, _END_LIMIT_SECS, said)


@pytest.mark.promise("Ending a call", "A goodbye that hangs is cut after 15 s.")
@pytest.mark.parametrize(
    ("end", "reason", "farewell"),
    [
        (Course.hung_up, EndReason.GOODBYE, []),
        (Course.drained, EndReason.DRAINED, [SAID.drained_goodbye]),
        (Course.session_spent, EndReason.SESSION_BUDGET, [SAID.session_budget_goodbye]),
        (Course.day_spent, EndReason.DAILY_BUDGET, [SAID.daily_budget_goodbye]),
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

    assert play(heard) == (reason, _END_LIMIT_SECS, [*farewell, "EndFrame"])
    assert play(unheard) == (reason, 0.0, [])


def test_a_bot_without_its_voice_plays_out_what_it_has_kept_of_it() -> None:
    async def story(call: Call) -> None:
        call.course.caller_joined()
        call.course.provider_failed(is_voice_left=False)

    assert play(story) == (EndReason.PROVIDER_FAILED, _END_LIMIT_SECS, ["EndFrame"])


@pytest.mark.promise(
    "Ending a call",
    "A call may last as long as is set, from the first join; 15 s before, the bot says so.",
)
@pytest.mark.parametrize("reloads_at_secs", [0.0, 300.0, 590.0])
@pytest.mark.parametrize("waited_secs", [0.0, 500.0])
def test_the_time_limit_counts_from_the_first_join(
    reloads_at_secs: float, waited_secs: float
) -> None:
    last_secs = waited_secs + _LASTS_SECS

    async def story(call: Call) -> None:
        async def until(secs: float) -> None:
            await asyncio.sleep(secs - call.now_secs)

        await until(waited_secs)
        call.course.caller_joined()
        loop = asyncio.get_running_loop()
        loop.call_later(reloads_at_secs, call.course.caller_left)
        loop.call_later(reloads_at_secs + 1.0, call.course.caller_joined)
        await until(last_secs - _NOTICE_SECS - 0.1)
        assert call.said == []
        await until(last_secs - _NOTICE_SECS + 0.1)
        assert call.said == [SAID.time_limit_notice]
        await until(last_secs - 0.1)
        assert call.said == [SAID.time_limit_notice]
        await until(last_secs + 0.1)
        assert call.course.phase is Phase.ENDING

    said = [SAID.time_limit_notice, SAID.time_limit_goodbye, "EndFrame"]
    end = (EndReason.TIME_LIMIT, last_secs + _END_LIMIT_SECS, said)
    assert play(story, is_parked=True) == end


def test_nothing_is_said_of_the_time_during_a_goodbye() -> None:
    async def story(call: Call) -> None:
        call.course.caller_joined()
        await asyncio.sleep(_LASTS_SECS - _NOTICE_SECS - 5.0)
        call.course.hung_up()

    last_secs = _LASTS_SECS - _NOTICE_SECS - 5.0 + _END_LIMIT_SECS
    assert play(story) == (EndReason.GOODBYE, last_secs, ["EndFrame"])


@pytest.mark.promise(
    "Ending a call",
    "A call may last as long as is set, from the first join; 15 s before, the bot says so.",
)
def test_a_limit_shorter_than_its_notice_is_kept() -> None:
    async def story(call: Call) -> None:
        call.course.caller_joined()

    reason, secs, _ = play(story, lasts_secs=12.0)
    assert (reason, secs) == (EndReason.TIME_LIMIT, 12.0 + _END_LIMIT_SECS)


@pytest.mark.promise("Ending a call", "A call ends for one reason, the first there was.")
def test_the_first_reason_is_kept_and_one_goodbye_is_said() -> None:
    async def story(call: Call) -> None:
        call.course.caller_joined()
        call.course.hung_up()
        call.course.drained()
        call.course.caller_left()
        await asyncio.sleep(1.0)
        assert call.said == ["EndFrame"]

    assert play(story) == (EndReason.GOODBYE, _GRACE_SECS, ["EndFrame"])


@pytest.mark.promise("Ending a call", "A room that is taken away ends its session.")
def test_a_goodbye_that_nobody_can_hear_any_more_is_not_waited_for() -> None:
    async def story(call: Call) -> None:
        call.course.caller_joined()
        call.course.drained()
        await asyncio.sleep(1.0)
        call.course.room_gone()

    assert play(story) == (EndReason.DRAINED, 1.0, [SAID.drained_goodbye, "EndFrame"])


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
