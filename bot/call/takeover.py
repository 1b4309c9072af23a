"""Takes up a call that had another bot: its memory, its reminders, its clock and its meter."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import cast

from loguru import logger
from pipecat.processors.aggregators.llm_context import LLMContextMessage

from bot.call.course import Course
from bot.call.earlier_talk import EarlierTalk, tell_continued
from bot.call.handover import TAKE_SECS
from bot.call.kept_history import tell_history
from bot.call.lines import Lines
from bot.call.meter import Meter
from bot.call.pipeline import SessionPipeline
from bot.call.recovery import Recovery, recover, remembered
from bot.call.session_room import SessionRoom
from bot.errors import SessionError
from bot.languages.language import Language
from bot.rooms.job_plan import JobPlan
from bot.session_log.session_log import SessionLog
from bot.store.kept_session import KeptSession, longest_silence
from processors.agent_protocol.session_feed import SessionFeed
from tools.calls.call import CallState
from tools.runtime.runtime import ToolRuntime

_TRIED = (CallState.DONE, CallState.RUNNING, CallState.TIMED_OUT, CallState.CANCELLED)
"""What has, or may have, happened if it was begun at all; one that failed says that nothing did."""

_FOUND_LATE = (
    "The beginning of this conversation was lost to you for a while, and you may have told the "
    "caller so; you know it again by now. What was asked there and got no answer is not asked any "
    "more, and no tool is called again for anything said there, unless the caller now asks for it."
)


async def take_over(  # noqa: PLR0913 - all that a call consists of
    plan: JobPlan,
    log: SessionLog,
    course: Course,
    meter: Meter,
    tools: ToolRuntime,
    pipeline: SessionPipeline,
    language: Language,
    session_room: SessionRoom,
    feed: SessionFeed,
) -> Recovery:
    """Take up the call of a bot that was lost, or has given it; one that begins is left as it is.

    That it was lost need not be known to whoever has sent for this one: a LiveKit that was started
    anew, or a runner, remembers nothing.

    Raises:
        SessionError: code "not_known": the bot that has given it takes it back.
    """
    is_given = plan.given_by is not None
    is_new = plan.is_parked and not plan.takeover
    if not is_given and (is_new or await session_room.has_other_bot()):
        return Recovery()
    found = partial(_find_late, course, meter, tools, pipeline, feed)
    # One that is given was written down for it.
    silent_secs = TAKE_SECS if is_given else longest_silence(course.resume_secs)
    kept = await log.take_over(when_found=found, silent_secs=silent_secs)
    if kept is None and is_given:
        raise SessionError("not_known", "The call that was given is not known.")
    takeover = plan.takeover or int(kept is not None)
    if not takeover:
        return Recovery()
    logger.info("The call is taken over, the {}. time", takeover)
    if kept is not None:
        _go_on(course, meter, tools, pipeline, feed, kept)
    if kept is not None and is_given:
        # One that had not said anything yet had not greeted.
        is_begun = any(turn.text.strip() for turn in kept.turns)
        known = remembered(kept, only_reads=tools.only_reads)
        recovery = Recovery(messages=known, is_silent=is_begun)
    else:
        recovery = recover(
            kept, takeover=takeover, sentences=language.recovery, only_reads=tools.only_reads
        )
    pipeline.context.add_messages(cast("list[LLMContextMessage]", [*recovery.messages]))
    if recovery.instruction:
        pipeline.language_model.append_system_instruction(recovery.instruction)
    return replace(recovery, goes_on=True)


def _go_on(  # noqa: PLR0913 - as above
    course: Course,
    meter: Meter,
    tools: ToolRuntime,
    pipeline: SessionPipeline,
    feed: SessionFeed,
    kept: KeptSession,
) -> None:
    """Count on, have clients read what the bots before have told, and the tools know of it."""
    meter.go_on(kept.usage)
    course.spend(kept.lasted_secs)
    tell_history(feed.items, kept)
    feed.began_at = kept.began_at
    feed.usage.go_on(kept.models)
    if kept.earlier is not None:
        tell_continued(pipeline.language_model, kept.earlier, now_secs=kept.seen_at)
    for timer in kept.timers:
        delay_secs = max(timer.due_at - kept.seen_at, 0.0)
        tools.announcer.reminders.set(timer.label, delay_secs=delay_secs, text=timer.text)
    for call in kept.tool_calls:
        if call.state in _TRIED:
            is_done = call.state == CallState.DONE
            tools.know_effect(call.idempotency_key, is_done=is_done)


def _find_late(  # noqa: PLR0913 - as above
    course: Course,
    meter: Meter,
    tools: ToolRuntime,
    pipeline: SessionPipeline,
    feed: SessionFeed,
    kept: KeptSession,
) -> None:
    """Have the rest of the call go on from what a store that failed could not tell in time.

    Nothing is said of it, and nothing that was owed then is answered: the caller was told that it
    is lost, and has said anew what they want.
    """
    set_since = tools.announcer.reminders.remaining_secs()
    timers = [timer for timer in kept.timers if timer.label not in set_since]
    _go_on(course, meter, tools, pipeline, feed, replace(kept, timers=timers))
    if messages := remembered(kept, only_reads=tools.only_reads):
        pipeline.context.remember_before(cast("list[LLMContextMessage]", [*messages]))
        pipeline.language_model.append_system_instruction(_FOUND_LATE)


def begin(
    recovery: Recovery, earlier: EarlierTalk, *, course: Course, lines: Lines, greeting: str
) -> None:
    """Say what is first; the play-out holds it until the caller listens."""
    if recovery.is_silent:
        return
    if recovery.is_end:
        course.caller_joined()
        if recovery.sentence is None:
            course.hung_up()
        else:
            course.recovery_failed(recovery.sentence)
        return
    if recovery.sentence is None:
        earlier.begin(greeting)
        return
    lines.say(recovery.sentence)
    if recovery.is_answer_due:
        lines.answer_last()
