"""The log of a session: what was heard, turn by turn, what tools did, and what is still to come.

It hears of the conversation as every listener does, behind the frames, and only takes note; the
store is written by `SessionWriter`.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from typing import Any

from loguru import logger
from pipecat.metrics.metrics import MetricsData
from typing_extensions import override

from bot.errors import StoreError
from bot.rooms.job_plan import JobPlan
from bot.session_log.call_log import CallLog
from bot.session_log.late_talk import LateTalk
from bot.session_log.session_writer import Row, SessionWriter
from bot.session_log.turn_log import TurnLog
from bot.session_log.turn_timings import TurnTimings
from bot.settings import Settings
from bot.spent import Spent
from bot.store.kept_session import CLOCK, ENDED, MODELS, SILENT_SECS, KeptSession, KeptTimer
from bot.store.redaction import Redactor, open_redactor
from bot.store.session_rows import SessionRow, takeovers_of
from bot.store.sessions import note_state, note_takeover
from bot.store.store import Store, open_as_it_is
from bot.store.talk import load_talk
from processors.agent_protocol.events import (
    ConversationListener,
    Side,
    Stage,
    ToolCall,
    ToolOutcome,
)
from tools.calls.commands import CallEvent
from tools.reminders import Reminders

_LIMIT_SECS = 2.0
"""For what somebody waits for: a takeover, an end."""


class SessionLog(ConversationListener):
    """Notes one session. Without a store it notes nothing.

    Args:
        session_id: Whose.
        language: What callers speak.
        store: Where it is kept; None keeps nothing.
        redactor: Sees all words before they are kept.
        now_secs: Wall-clock time.
        clock_secs: Monotonic time.
    """

    def __init__(  # noqa: PLR0913 - its session, its place, and two clocks
        self,
        *,
        session_id: str,
        language: str = "",
        store: Store | None,
        redactor: Redactor | None = None,
        now_secs: Callable[[], float] = time.time,
        clock_secs: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._now_secs = now_secs
        self._clock_secs = clock_secs
        self._zero_secs = clock_secs()
        began_at = round(now_secs() * 1000)
        self._session = SessionRow(
            id=session_id, language=language, began_at=began_at, seen_at=began_at
        )
        self._redactor = redactor
        self._writer = SessionWriter(store=store, describe=self._describe, redactor=redactor)
        self._usage: Callable[[], Spent] = Spent
        self._models: Callable[[], Mapping[str, Any]] = dict[str, Any]
        self._reminders: Reminders | None = None
        self._is_open = False
        self._late = LateTalk(ask=self._taken, take=self._take_late)
        self._when_found: Callable[[KeptSession], None] = lambda _: None
        self._silent_secs = SILENT_SECS
        self._asked_secs = self._zero_secs
        self._timings = TurnTimings(clock_secs=clock_secs)
        self._next_place = 1
        places = iter(self._place, 0)
        self._turns = TurnLog(places=places, clock_ms=self._clock_ms, put=self._put)
        self._calls = CallLog(places=places, clock_ms=self._clock_ms, put=self._put)

    def watch(
        self,
        *,
        usage: Callable[[], Spent],
        reminders: Reminders,
        models: Callable[[], Mapping[str, Any]] = dict[str, Any],
    ) -> None:
        """Keep these too, as they are at each write; `models`: what was used of each."""
        self._usage, self._reminders, self._models = usage, reminders, models

    async def take_over(
        self,
        *,
        when_found: Callable[[KeptSession], None] = lambda _: None,
        silent_secs: float = SILENT_SECS,
    ) -> KeptSession | None:
        """Go on with a session that another bot has begun; what that one still writes is not taken.

        If the store fails nobody knows what there is: nothing is written over. It is asked again
        from when the caller is there, and what was noted until then goes behind what it has.

        Args:
            when_found: Told of a session that is found so late.
            silent_secs: The longest that nothing may have been written of it until now.

        Returns:
            All that is known of it, as it stands now; None if it is over, was never kept, or the
            store fails.
        """
        self._silent_secs, self._asked_secs = silent_secs, self._clock_secs()
        try:
            kept = await self._taken()
        except (StoreError, TimeoutError) as error:
            logger.error("What was said before is not known: {}", type(error).__name__)
            self._late.is_missing, self._when_found = True, when_found
            return None
        if kept is not None:
            self._calls.question = kept.question
            self._go_on(kept)
        return kept

    @property
    def is_kept(self) -> bool:
        """Whether another bot could go on by it."""
        return self._store is not None

    async def is_taken(self) -> bool:
        """Tell whether another bot has taken the session over; if nobody knows it has not."""
        if self._store is None or not self._is_open:
            return False
        try:
            async with asyncio.timeout(_LIMIT_SECS):
                number = await takeovers_of(self._store, self._session.id)
        except (StoreError, TimeoutError):
            return False
        return number is not None and number > self._session.takeovers

    async def hold(self, *, is_here: Callable[[], bool]) -> None:
        """Take the session back if it is not this bot's.

        Args:
            is_here: Whether its call is.
        """
        # What was written as it was taken back may have been refused, and stopped the writer.
        is_stopped = self._session.takeovers > 0 and not self._writer.is_ours
        if (is_stopped or await self.is_taken()) and is_here() and await self.take_back():
            logger.warning("Another bot that was sent for had the session; it is taken back")

    async def settle(self) -> bool:
        """Have all written down; returns whether it is, so that another bot can go on with it."""
        return await self._writer.settle()

    async def take_back(self) -> bool:
        """Go on with the session, as the bot that was to have it may have begun to.

        Returns:
            Whether it is this bot's; not if it was deleted, or nobody knows.
        """
        if self._store is None or self._late.is_missing:
            return False
        try:
            async with asyncio.timeout(_LIMIT_SECS):
                number = await note_takeover(self._store, self._session.id)
        except (StoreError, TimeoutError) as error:
            logger.error("The session is not kept any more: {}", type(error).__name__)
            return False
        if number is None:
            return False
        self._session.takeovers = number
        self._writer.take_back()
        return True

    async def go_on_with(self, session_id: str) -> KeptSession | None:
        """Note whose talk this session continues; returns it, None if it is not kept.

        Raises:
            StoreError: nobody knows.
        """
        self._session.continues = session_id
        if self._store is None:
            return None
        try:
            async with asyncio.timeout(_LIMIT_SECS):
                return await load_talk(self._store, session_id)
        except TimeoutError as error:
            raise StoreError("store_failed", "it does not answer") from error

    def caller_joined(self) -> None:
        """Begin to keep the session."""
        if self._is_open or self._late.is_searched:
            return
        self._zero_secs = self._clock_secs()
        self._session.began_at = round(self._now_secs() * 1000)
        if self._late.is_missing:
            self._late.begin()
        else:
            self._open(is_known=False)

    def know_person(self, person: str) -> None:
        """Note who the caller is."""
        self._session.person = person
        self._put()

    def summarised(self, summary: str, first_kept: str) -> None:
        """Note the message that stands for all before the turn that begins with `first_kept`."""
        until = self._turns.place_of(first_kept) if first_kept else self._next_place
        if not until and self._session.continues:
            return  # the turn is of the session before, which is kept as a whole
        self._session.summary, self._session.summary_until = summary, until
        self._put()

    def on_event(self, event: CallEvent) -> None:
        """Note what the tool runtime tells."""
        self._calls.on_event(event)

    async def kept(self) -> bool:
        """Wait until what was noted is written; returns False if another bot has the session."""
        await self._writer.kept()
        return self._writer.is_ours or not await self.is_taken()

    async def end(self, reason: str) -> None:
        """Write what is left, and why the session ended unless that is known; within limits."""
        if self._store is None:
            return
        await self.close()
        me, mine = self._session.id, self._session.takeovers
        try:
            async with asyncio.timeout(_LIMIT_SECS):
                await note_state(self._store, me, ENDED, end_reason=reason, takeovers=mine)
        except (StoreError, TimeoutError) as error:
            logger.error("Why the session ended is not kept: {}", type(error).__name__)

    @override
    async def close(self) -> None:
        await self._late.close()
        await self._writer.close()

    @override
    def caller_words(self, text: str, *, is_final: bool) -> None:
        if is_final and text.strip():
            self._turns.caller_said(text)

    @override
    def caller_fell_silent(self, silence_secs: float) -> None:
        self._timings.caller_fell_silent(silence_secs)

    @override
    def caller_stopped(self, *, has_words: bool) -> None:
        self._timings.turn_ended()

    @override
    def playout_started(self) -> None:
        self._timings.audible()

    @override
    def measured(self, stage: Stage, data: Sequence[MetricsData]) -> None:
        self._timings.measured(stage, data)

    @override
    def words_heard(self, text: str, *, is_remembered: bool = True) -> None:
        figures = self._timings.take()
        self._turns.bot_heard(text, is_remembered=is_remembered, timings=figures)

    @override
    def playout_stopped(self, *, is_interrupted: bool) -> None:
        self._turns.bot_fell_silent(is_cut=is_interrupted)

    @override
    def turn_added(self, side: Side, text: str) -> None:
        self._turns.remembered(side, text)

    @override
    def tools_started(self, calls: Sequence[ToolCall]) -> None:
        for call in calls:
            self._calls.wanted(call)

    @override
    def tool_ended(self, outcome: ToolOutcome) -> None:
        self._calls.told(outcome)

    def _open(self, *, is_known: bool) -> None:
        self._is_open = True
        self._writer.open(is_known=is_known)
        self._put()

    async def _taken(self) -> KeptSession | None:
        if self._store is None:
            return None
        async with asyncio.timeout(_LIMIT_SECS):
            if await note_takeover(self._store, self._session.id) is None:
                return None
            kept = await load_talk(self._store, self._session.id)
        counted_secs = self._clock_secs() - self._asked_secs
        return kept and kept.gone_on(
            self._now_secs(), most_secs=self._silent_secs, counted_secs=counted_secs
        )

    def _go_on(self, kept: KeptSession) -> None:
        behind, zero_secs = kept.next_place - 1, self._zero_secs
        self._zero_secs = self._clock_secs() - kept.lasted_secs
        person = self._session.person or kept.person
        self._session = replace(kept.row_for(self._session), person=person)
        self._next_place += behind
        self._turns.know(kept.turns, moved_by=behind)
        later_ms = round(1000 * (zero_secs - self._zero_secs))
        self._late.move_rows(places=behind, later_ms=later_ms)
        if self._redactor is not None:
            self._redactor.go_on(kept)
        self._open(is_known=True)

    def _take_late(self, kept: KeptSession | None) -> None:
        if kept is None:
            self._open(is_known=False)
            return
        logger.info("What was said before is found; what was said since is kept behind it")
        self._go_on(kept)
        self._when_found(kept)

    def _put(self, row: Row | None = None, *, is_urgent: bool = False) -> None:
        if row is not None:
            self._late.note(row)
        self._writer.put(row, is_urgent=is_urgent)

    def _place(self) -> int:
        self._next_place += 1
        return self._next_place - 1

    def _clock_ms(self) -> int:
        return max(round(1000 * (self._clock_secs() - self._zero_secs)), 0)

    def _describe(self) -> SessionRow:
        question = self._calls.question
        now_secs = self._now_secs()
        timers = [
            KeptTimer(label=one.label, text=one.text, due_at=now_secs + one.left_secs)
            for one in (self._reminders.waiting() if self._reminders else ())
        ]
        used = {
            **asdict(self._usage()),
            MODELS: dict(self._models()),
            CLOCK: self._clock_ms(),
        }
        return replace(
            self._session,
            seen_at=round(now_secs * 1000),
            question=json.dumps(asdict(question)) if question else "",
            timers=json.dumps([asdict(timer) for timer in timers]),
            usage=json.dumps(used),
        )


@asynccontextmanager
async def open_session_log(settings: Settings, plan: JobPlan) -> AsyncGenerator[SessionLog]:
    """Return the log of a session; nothing is opened on disk before the caller joins."""
    store = open_as_it_is(settings) if settings.store else None
    async with open_redactor(settings.redact_file) as redactor:
        log = SessionLog(
            session_id=plan.session_id, language=settings.language, store=store, redactor=redactor
        )
        try:
            yield log
        finally:
            await log.close()
            if store is not None:
                await store.close()
