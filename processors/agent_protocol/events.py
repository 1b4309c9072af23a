"""What may happen in a conversation, as one small interface.

`ConversationObserver` turns frames into these calls; presence, captions and the session host
listen. None of them sees a frame or a pipeline.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from pipecat.metrics.metrics import MetricsData

from ..frames import Part


class Stage(Enum):
    """The part of the pipeline a failure comes from."""

    SPEECH_TO_TEXT = "speech_to_text"
    LANGUAGE_MODEL = "language_model"
    TEXT_TO_SPEECH = "text_to_speech"
    OTHER = "other"


class Side(Enum):
    """Which side of the conversation an entry is from."""

    CALLER = "user"
    BOT = "assistant"


@dataclass(frozen=True)
class ToolCall:
    """One call of a tool the language model asked for."""

    call_id: str
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])
    title: str = ""
    """What people are shown for its name; empty: nothing better."""


@dataclass(frozen=True)
class ToolOutcome:
    """How a tool call ended."""

    call_id: str
    name: str
    result: Any
    """What the language model is told; `None` for a cancelled call."""
    is_error: bool
    is_cancelled: bool
    is_answered: bool
    """True if the language model answers next because of this outcome."""


class ConversationListener:
    """Base of all listeners: every event is a method that does nothing.

    Methods are called in the order of the events, on the event loop; they only take note and return
    at once. Whatever has to wait is done in a task of the listener's own.
    """

    def began(self) -> None:
        """Note that the bot is there: the room is connected and the pipeline runs."""

    def ended(self, reason: str) -> None:
        """Note why the conversation is over; nothing but `close` follows."""

    async def close(self) -> None:
        """Finish what is under way, within a few seconds. Also without `began` before."""

    def caller_came(self) -> None:
        """Note that the caller is there, for the first time or again."""

    def caller_left(self) -> None:
        """Note that the caller is gone, and is waited for."""

    def caller_started(self) -> None:
        """Note that the caller's turn has begun."""

    def caller_fell_silent(self, silence_secs: float) -> None:
        """Note that the caller has been silent for `silence_secs`; the turn is still open."""

    def caller_words(self, text: str, *, is_final: bool) -> None:
        """Note a transcript of the current stretch of speech; an interim one replaces the last."""

    def caller_words_settled(self) -> None:
        """Note that no more words follow for what the caller has said, if there were any."""

    def caller_stopped(self, *, has_words: bool) -> None:
        """Note that the caller's turn is over and, if it `has_words`, will be answered."""

    def reply_started(self) -> None:
        """Note that the language model began to write a reply."""

    def reply_written(self, *, has_words: bool) -> None:
        """Note that the language model finished writing; without words nothing will be heard."""

    def tools_started(self, calls: Sequence[ToolCall]) -> None:
        """Note that tools began to run."""

    def tool_ended(self, outcome: ToolOutcome) -> None:
        """Note that a tool returned, failed or was cancelled."""

    def playout_started(self) -> None:
        """Note that the bot became audible."""

    def words_heard(self, text: str, *, is_remembered: bool = True) -> None:
        """Note words of the bot, with their spacing, whose audio began to play.

        Args:
            text: The words.
            is_remembered: Whether the language model is to know that it said them.
        """

    def playout_stopped(self, *, is_interrupted: bool) -> None:
        """Note that the bot fell silent: it has finished, or was cut."""

    def interrupted(self) -> None:
        """Note that everything the bot was about to say is dropped."""

    def failed(self, stage: Stage) -> None:
        """Note that a stage reported an error."""

    def answer_delayed(self) -> None:
        """Note that an answer failed, or its speech, and is still to come."""

    def trouble(self, part: Part, *, is_over: bool) -> None:
        """Note that a part does not do what it should and is tried again, or is well again."""

    def words_unspoken(self, text: str) -> None:
        """Note words of the bot that could not be spoken, and will not be."""

    def paused(self) -> None:
        """Note that the bot holds its words because somebody may be interrupting."""

    def resumed(self) -> None:
        """Note that the bot goes on: it was no interruption."""

    def turn_added(self, side: Side, text: str) -> None:
        """Note what the conversation's memory now holds of a turn; of the bot's, what was heard."""

    def measured(self, stage: Stage, data: Sequence[MetricsData]) -> None:
        """Note figures a stage measured about itself."""
