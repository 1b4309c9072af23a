"""Takes up a call that had another bot: its memory, its reminders, its clock and its meter."""

from __future__ import annotations

import time
from typing import cast

from loguru import logger
from pipecat.processors.aggregators.llm_context import LLMContextMessage

from bot.call.course import Course
from bot.call.lines import Lines
from bot.call.meter import Meter
from bot.call.pipeline import SessionPipeline
from bot.call.recovery import Recovery, recover
from bot.call.session_log import SessionLog
from bot.errors import SessionError
from bot.languages.language import Language
from bot.rooms.plan import JobPlan
from tools.runtime.runtime import ToolRuntime


async def take_over(  # noqa: PLR0913 - all that a call consists of
    plan: JobPlan,
    log: SessionLog,
    course: Course,
    tools: ToolRuntime,
    pipeline: SessionPipeline,
    language: Language,
    meter: Meter | None = None,
) -> Recovery:
    """Take up the call of a bot that was lost, or has given it; one that begins is left as it is.

    Raises:
        SessionError: code "not_known" if the bot that has given it must keep it.
    """
    if not plan.takeover and plan.given_by is None:
        return Recovery()
    kept = await log.take_over()
    if kept is None and plan.given_by is not None:
        raise SessionError("not_known", "The call that was given is not known.")
    logger.info("The call is taken over, the {}. time", plan.takeover)
    if kept is not None:
        if meter is not None:
            meter.go_on(kept.usage)
        now_secs = time.time()
        course.spend(now_secs - kept.began_at)
        for timer in kept.timers:
            delay_secs = max(timer.due_at - now_secs, 0.0)
            tools.announcer.reminders.set(timer.label, delay_secs=delay_secs, text=timer.text)
    if kept is not None and plan.given_by is not None:
        # One that had not said anything yet had not greeted.
        is_begun = any(turn.text.strip() for turn in kept.turns)
        recovery = Recovery(messages=kept.messages, is_silent=is_begun)
    else:
        recovery = recover(
            kept, takeover=plan.takeover, sentences=language.recovery, only_reads=tools.only_reads
        )
    pipeline.context.add_messages(cast("list[LLMContextMessage]", [*recovery.messages]))
    return recovery


def begin(recovery: Recovery, *, course: Course, lines: Lines, greeting: str) -> None:
    """Say what is first; the play-out holds it until the caller listens."""
    if recovery.is_silent:
        return
    if recovery.is_end:
        course.caller_joined()
        course.recovery_failed(recovery.sentence or "")
        return
    lines.say(greeting if recovery.sentence is None else recovery.sentence)
    if recovery.is_answer_due:
        lines.answer_last()
