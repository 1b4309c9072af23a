"""What the bot is doing, as the participant attribute LiveKit clients show.

`lk.agent.state` is true for the ear: `speaking` while something plays, `listening` while the caller
may talk, `thinking` while an answer or a tool is under way. `parley.state` says whether the bot has
its caller, `parley.trouble` which part of it is not well, `parley.end_reason` why the call ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from enum import StrEnum

from livekit import rtc
from typing_extensions import override

from ..floor import Floor
from ..frames import Part
from ..room.own_attributes import OwnAttributes
from .events import (
    ConversationListener,
    Stage,
    ToolCall,
    ToolOutcome,
)

STATE_ATTRIBUTE = "lk.agent.state"
END_REASON_ATTRIBUTE = "parley.end_reason"
SESSION_STATE_ATTRIBUTE = "parley.state"
"""`live` or `away`: whether the bot has its caller."""

TROUBLE_ATTRIBUTE = "parley.trouble"
"""The part that is not well, and is tried again: `voice`, `hearing` or `thinking`, the first of
those if there are several; empty when all is well."""

# Longer than the 3 s within which a failing provider is answered in speech: what is not audible by
# then is not coming, so the bot shows that it listens again.
ANSWER_PATIENCE_SECS = 4.0

_ANSWER_STAGES = (Stage.LANGUAGE_MODEL, Stage.TEXT_TO_SPEECH)


class AgentState(StrEnum):
    """The values of `lk.agent.state` that LiveKit clients know."""

    INITIALIZING = "initializing"
    LISTENING = "listening"
    THINKING = "thinking"
    SPEAKING = "speaking"


class Presence(ConversationListener):
    """Derives the bot's state from the conversation and shows it in the room.

    The worker seeds `initializing` when it accepts the job.

    Args:
        room: The bot's room, connected before `began` is called.
        floor: Who is speaking, as of the event being told.
        on_change: Told the old and the new state, in order.
        answer_patience_secs: How long an expected answer may stay silent.
    """

    def __init__(
        self,
        *,
        room: rtc.Room,
        floor: Floor,
        on_change: Callable[[AgentState, AgentState], None] | None = None,
        answer_patience_secs: float = ANSWER_PATIENCE_SECS,
    ) -> None:
        self.state = AgentState.INITIALIZING
        self._room = room
        self._floor = floor
        self._attributes = OwnAttributes(room=room)
        self._on_change = on_change
        self._answer_patience_secs = answer_patience_secs
        self._patience: asyncio.TimerHandle | None = None
        self._has_begun = False
        self._end_reason = ""
        self._is_reply_being_written = False
        self._is_answer_due = False
        self._is_answer_delayed = False
        self._running_tools: set[str] = set()
        self._troubles: set[Part] = set()
        self._has_been_troubled = False

    @override
    def began(self) -> None:
        """Show the bot as listening: it is connected and warm, and its pipeline has started."""
        self._has_begun = True
        self._update()

    @override
    def ended(self, reason: str) -> None:
        """Keep why the call ends; it is shown last, when all else is in the room."""
        self._end_reason = reason

    @override
    async def close(self) -> None:
        """Show why the call ends; returns when the room knows it, after a few seconds at most."""
        self._stop_patience()
        if self._end_reason and self._room.isconnected():
            self._attributes.set(END_REASON_ATTRIBUTE, self._end_reason)
        await self._attributes.close()

    @override
    def caller_came(self) -> None:
        """Show that the bot has its caller."""
        self._attributes.set(SESSION_STATE_ATTRIBUTE, "live")

    @override
    def caller_left(self) -> None:
        """Show that the bot waits for its caller."""
        self._attributes.set(SESSION_STATE_ATTRIBUTE, "away")

    @override
    def caller_started(self) -> None:
        """Listen, whatever was being thought about."""
        self._update()

    @override
    def caller_stopped(self, *, has_words: bool) -> None:
        """Think about what was said, if anything was."""
        self._expect_answer(has_words)

    @override
    def reply_started(self) -> None:
        """Think."""
        self._is_answer_delayed = False
        self._is_reply_being_written = True
        self._expect_answer(True)

    @override
    def reply_written(self, *, has_words: bool) -> None:
        """Go on thinking until the words are audible."""
        self._is_reply_being_written = False
        if has_words:
            self.trouble(Part.THINKING, is_over=True)
        self._expect_answer(has_words and not self._floor.is_bot_speaking)

    @override
    def tools_started(self, calls: Sequence[ToolCall]) -> None:
        """Think while tools run."""
        self._running_tools.update(call.call_id for call in calls)
        self._update()

    @override
    def tool_ended(self, outcome: ToolOutcome) -> None:
        """Think about the result, if it will be answered."""
        self._running_tools.discard(outcome.call_id)
        self._expect_answer(outcome.is_answered or self._is_answer_due)

    @override
    def playout_started(self) -> None:
        """Speak."""
        self._expect_answer(False)

    @override
    def playout_stopped(self, *, is_interrupted: bool) -> None:
        """Listen, unless a tool runs or the next reply is being made."""
        self._update()

    @override
    def interrupted(self) -> None:
        """Forget the answer under way; what is audible ends with its own event."""
        self._is_reply_being_written = False
        self._is_answer_delayed = False
        self._expect_answer(False)

    @override
    def answer_delayed(self) -> None:
        """Think, also after the sentence that says so, until the answer is there or dropped."""
        self._is_answer_delayed = True
        self._update()

    @override
    def words_heard(self, text: str, *, is_remembered: bool = True) -> None:
        """The answer is there, or the sentence that it is not, behind which it is told again."""
        self._is_answer_delayed = False

    @override
    def trouble(self, part: Part, *, is_over: bool) -> None:
        """Show which part is not well."""
        (self._troubles.discard if is_over else self._troubles.add)(part)
        shown = next((part for part in Part if part in self._troubles), "")
        if shown or self._has_been_troubled:
            self._has_been_troubled = True
            self._attributes.set(TROUBLE_ATTRIBUTE, shown)

    @override
    def failed(self, stage: Stage) -> None:
        """Expect no answer from a stage that failed."""
        if stage is Stage.LANGUAGE_MODEL:
            self.trouble(Part.THINKING, is_over=False)
        if stage in _ANSWER_STAGES:
            self._is_answer_delayed = False
            self._is_reply_being_written = False
            self._expect_answer(False)

    def _expect_answer(self, is_due: bool) -> None:
        self._is_answer_due = is_due
        self._stop_patience()
        if is_due and not self._is_reply_being_written:
            loop = asyncio.get_running_loop()
            self._patience = loop.call_later(self._answer_patience_secs, self._expect_answer, False)
        self._update()

    def _stop_patience(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _update(self) -> None:
        state = self._derive()
        if state is self.state:
            return
        old_state, self.state = self.state, state
        self._attributes.set(STATE_ATTRIBUTE, state)
        if self._on_change is not None:
            self._on_change(old_state, state)

    def _derive(self) -> AgentState:
        if not self._has_begun:
            return AgentState.INITIALIZING
        if self._floor.is_bot_speaking:
            return AgentState.SPEAKING
        is_thinking = self._is_reply_being_written or self._is_answer_due or self._running_tools
        is_thinking = is_thinking or self._is_answer_delayed
        if is_thinking and not self._floor.is_caller_turn:
            return AgentState.THINKING
        return AgentState.LISTENING
