"""Begins a session that goes on with the talk of one that has ended: its memory, its greeting.

Which session that is the runner has written into the room, before the caller gets their token: a
bot that waits in a parked room has greeted by then, and nobody has heard it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from itertools import chain, repeat
from typing import cast

from livekit import rtc
from loguru import logger
from pipecat.processors.aggregators.llm_context import LLMContextMessage

from bot.call.kept_history import tell_history
from bot.call.lines import Lines
from bot.call.person import Instructed
from bot.call.pipeline import SessionPipeline
from bot.call.recovery import remembered
from bot.errors import StoreError
from bot.languages.language import Language
from bot.processes.task_set import TaskSet
from bot.rooms.job_plan import JobPlan
from bot.rooms.plan import RoomMetadata
from bot.session_log.session_log import SessionLog
from bot.session_log.session_writer import RETRY_SECS
from bot.store.kept_session import ENDED, KeptSession
from processors.agent_protocol.session_items import SessionItems
from tools.runtime.runtime import ToolRuntime

_SETTLES_SECS = 1.0
_LOOK_PAUSE_SECS = 0.2
"""A call that is continued at once is still being written down: its bot gathers for 0.3 s, and a
tool may end with it. The caller joins about a second after the room is theirs."""
_INSTRUCTION = (
    "This call continues an earlier one with the same caller, which ended {ago} ago and stands at "
    "the beginning of this conversation. What was asked there and got no answer is not asked any "
    "more, and no tool is called again for anything said there, unless the caller now asks for it."
)


class EarlierTalk:
    """Has a session begin with what is remembered, if it continues another one.

    Args:
        plan: Of this session.
        room: Says which session that is.
        log: Knows what is kept.
        lines: Has said what is to be said.
        tools: Repeats reminders that are still due.
        pipeline: Gets the memory.
        language: What is said.
        items: What clients read of the talk.
        tasks: Owns the reading.
        now_secs: Wall-clock time.
    """

    def __init__(  # noqa: PLR0913 - all that a call begins with
        self,
        *,
        plan: JobPlan,
        room: rtc.Room,
        log: SessionLog,
        lines: Lines,
        tools: ToolRuntime,
        pipeline: SessionPipeline,
        language: Language,
        items: SessionItems,
        tasks: TaskSet,
        now_secs: Callable[[], float] = time.time,
    ) -> None:
        self._plan = plan
        self._room = room
        self._log = log
        self._lines = lines
        self._tools = tools
        self._pipeline = pipeline
        self._language = language
        self._items = items
        self._tasks = tasks
        self._now_secs = now_secs
        self._may_change = self._has_taken_up = False

    def begin(self, greeting: str) -> None:
        """Greet: with the memory of the talk that is continued, or as everybody is."""
        if not self._take_up():
            self._may_change = True
            self._lines.say(greeting)

    def room_changed(self) -> None:
        """Take the greeting back if the room was given to somebody who continues a talk."""
        if self._may_change and self._take_up():
            self._lines.cut()

    def _take_up(self) -> bool:
        earlier_id = RoomMetadata.from_json(self._room.metadata).continues
        # In a room that somebody else's program made, nobody has checked whose talk it is.
        if not earlier_id or self._plan.caller_identity is None or self._has_taken_up:
            return False
        self._has_taken_up = True
        self._tasks.spawn(self._remember(earlier_id), name="earlier talk")
        return True

    async def _remember(self, earlier_id: str) -> None:
        context, is_late = self._pipeline.context, False
        try:
            kept = await self._settled(earlier_id)
        except StoreError as error:
            logger.error("What was said before is not known: {}", error.message)
            kept, is_late = None, True
        if kept is not None:
            self._know(kept, add=context.add_messages)
            self._lines.say(self._language.session.continued)
            return
        self._lines.say(self._language.recovery.forgotten)
        if is_late and (kept := await self._found_late(earlier_id)) is not None:
            # Nothing is said of it: the caller has said what they want by now.
            set_since = self._tools.announcer.reminders.remaining_secs()
            timers = [timer for timer in kept.timers if timer.label not in set_since]
            self._know(replace(kept, timers=timers), add=context.remember_before)

    def _know(self, kept: KeptSession, *, add: Callable[[list[LLMContextMessage]], None]) -> None:
        logger.info("The talk of {} is continued", kept.session_id)
        now_secs = self._now_secs()
        messages = remembered(kept, only_reads=self._tools.only_reads)
        add(cast("list[LLMContextMessage]", [*messages]))
        tell_history(self._items, kept)
        tell_continued(self._pipeline.language_model, kept, now_secs=now_secs)
        for timer in kept.timers:
            # Of what came due in between nobody waits to hear.
            if (delay_secs := timer.due_at - now_secs) > 0:
                reminders = self._tools.announcer.reminders
                reminders.set(timer.label, delay_secs=delay_secs, text=timer.text)

    async def _found_late(self, earlier_id: str) -> KeptSession | None:
        """Ask the store again until it answers."""
        for pause_secs in chain(RETRY_SECS, repeat(RETRY_SECS[-1])):
            await asyncio.sleep(pause_secs)
            with suppress(StoreError):
                return await self._log.go_on_with(earlier_id)
        return None

    async def _settled(self, earlier_id: str) -> KeptSession | None:
        """Return what is kept, to its last word unless its bot has died, or the store fails then.

        Raises:
            StoreError: it has not told anything.
        """
        kept = await self._log.go_on_with(earlier_id)
        with suppress(TimeoutError):
            async with asyncio.timeout(_SETTLES_SECS):
                while kept is not None and kept.state != ENDED:
                    await asyncio.sleep(_LOOK_PAUSE_SECS)
                    with suppress(StoreError):
                        kept = await self._log.go_on_with(earlier_id)
        return kept


@asynccontextmanager
async def open_earlier_talk(  # noqa: PLR0913 - all that a call begins with
    plan: JobPlan,
    room: rtc.Room,
    log: SessionLog,
    lines: Lines,
    tools: ToolRuntime,
    pipeline: SessionPipeline,
    language: Language,
    items: SessionItems,
) -> AsyncGenerator[EarlierTalk]:
    """Return what begins the talk and hears of the room; it reads no longer than the block."""
    async with TaskSet() as tasks:
        earlier = EarlierTalk(
            plan=plan,
            room=room,
            log=log,
            lines=lines,
            tools=tools,
            pipeline=pipeline,
            language=language,
            items=items,
            tasks=tasks,
        )
        room.on("room_metadata_changed", lambda *_: earlier.room_changed())
        yield earlier


def tell_continued(model: Instructed, earlier: KeptSession, *, now_secs: float) -> None:
    """Tell the model that its memory begins with a call that is over."""
    ago = _span(max(now_secs - earlier.seen_at, 0.0))
    model.append_system_instruction(_INSTRUCTION.format(ago=ago))


def _span(secs: float) -> str:
    for unit, length_secs in (("day", 86_400.0), ("hour", 3_600.0)):
        if secs >= length_secs:
            count = int(secs / length_secs)
            return f"{count} {unit}{'s' if count > 1 else ''}"
    count = max(int(secs / 60), 1)
    return f"{count} minute{'s' if count > 1 else ''}"
