"""When a call rests between two turns: nobody speaks, and nobody is owed a word.

Then its bot can be exchanged, and the caller notices nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from typing_extensions import override

from bot.call.course import Course, Phase
from bot.call.lines import Lines
from bot.call.welcome import Speech
from processors.agent_protocol.events import ConversationListener, Side, ToolCall, ToolOutcome
from processors.floor import Floor
from tools.runtime.runtime import ToolRuntime

OWED_SECS = 10.0
"""An answer that has not begun by then does not come: the stages give up sooner, and say so."""
UNSETTLED_SECS = 3.0
"""Recognisers settle within a second; some never say that they have."""


class Pause(ConversationListener):
    """Knows whether a session rests just now.

    Args:
        course: Tells whether the call goes on.
        floor: Who speaks at present.
        speech: What the bot still has to say.
        lines: What the session itself has said.
        tools: Calls that run or wait.
        clock_secs: Monotonic.
    """

    def __init__(  # noqa: PLR0913 - all that may be under way in a call
        self,
        *,
        course: Course,
        floor: Floor,
        speech: Speech,
        lines: Lines,
        tools: ToolRuntime,
        clock_secs: Callable[[], float] = time.monotonic,
    ) -> None:
        self._course = course
        self._floor = floor
        self._speech = speech
        self._lines = lines
        self._tools = tools
        self._clock_secs = clock_secs
        self._running: set[str] = set()
        self._is_writing = False
        self._owed_since_secs: float | None = None
        self._unsettled_since_secs: float | None = None
        self._unremembered_since_secs: float | None = None
        """Since the model has written words that the memory does not hold yet."""

    @property
    def is_on(self) -> bool:
        """Whether the call rests."""
        course, floor, tools = self._course, self._floor, self._tools
        is_live = course.phase is Phase.LIVE and not course.is_away
        is_anybody_heard = (
            floor.is_bot_speaking
            or floor.is_caller_turn
            or floor.is_voice
            or self._speech.is_under_way
        )
        is_tool_at_work = bool(self._running) or tools.is_busy
        is_word_owed = (
            self._is_writing
            or self._is_within(self._owed_since_secs, OWED_SECS)
            or self._is_within(self._unremembered_since_secs, OWED_SECS)
            or self._is_within(self._unsettled_since_secs, UNSETTLED_SECS)
            or self._lines.is_waiting
            or not tools.announcer.is_floor_free
        )
        is_quiet = not (is_anybody_heard or is_tool_at_work or is_word_owed)
        return is_live and is_quiet

    @override
    def caller_started(self) -> None:
        """What was owed is taken up in the new turn, or dropped with it."""
        self._owed_since_secs = None

    @override
    def caller_fell_silent(self, silence_secs: float) -> None:
        self._unsettled_since_secs = self._clock_secs()

    @override
    def caller_words(self, text: str, *, is_final: bool) -> None:
        if not is_final:
            self._unsettled_since_secs = self._clock_secs()

    @override
    def caller_words_settled(self) -> None:
        self._unsettled_since_secs = None

    @override
    def caller_stopped(self, *, has_words: bool) -> None:
        if has_words:
            self._owe()

    @override
    def turn_added(self, side: Side, text: str) -> None:
        if side is Side.CALLER:
            self._owe()
        else:
            self._unremembered_since_secs = None

    @override
    def reply_started(self) -> None:
        self._is_writing = True
        self._owed_since_secs = None

    @override
    def reply_written(self, *, has_words: bool) -> None:
        self._is_writing = False
        if has_words:
            self._unremembered_since_secs = self._clock_secs()

    @override
    def tools_started(self, calls: Sequence[ToolCall]) -> None:
        self._running.update(call.call_id for call in calls)
        self._owed_since_secs = None

    @override
    def tool_ended(self, outcome: ToolOutcome) -> None:
        self._running.discard(outcome.call_id)
        if outcome.is_answered:
            self._owe()

    @override
    def answer_delayed(self) -> None:
        self._owe()

    @override
    def interrupted(self) -> None:
        self._is_writing = False
        self._unremembered_since_secs = None

    @override
    def playout_started(self) -> None:
        self._lines.heard()

    def _owe(self) -> None:
        self._owed_since_secs = self._clock_secs()

    def _is_within(self, since_secs: float | None, limit_secs: float) -> bool:
        return since_secs is not None and self._clock_secs() - since_secs < limit_secs
