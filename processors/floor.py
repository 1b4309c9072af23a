"""Who is speaking, and since when an answer is due: kept once, read by everybody."""

from __future__ import annotations

import time
from collections.abc import Callable

_NEVER = float("-inf")


class Floor:
    """Who has the floor of one session.

    Three parts write: the output when the caller begins and ceases to hear the bot, and what, the
    caller's side of the pipeline when voice is detected and when it tells of a turn, the transport
    while the caller is away. Everybody else reads.

    It tells the present, which a frame in a queue does not: a reader may know of a change before
    the frame that tells of it has come by. A reader that lives by the order of events, as the
    listeners behind an observer do, reads a `Floor` that is told with those events
    (`processors/agent_protocol/audience.py`).

    Args:
        clock_secs: The time by which all is noted; readers compare with the same clock.
    """

    def __init__(self, *, clock_secs: Callable[[], float] = time.monotonic) -> None:
        self._clock_secs = clock_secs
        self.is_bot_speaking = False
        """The caller hears the bot, or would if its words were not held for a moment."""
        self.is_caller_turn = False
        """The caller's turn is on, pauses included."""
        self.is_caller_away = False
        """The caller is gone for the moment: what the bot says is held until they are back."""
        self.is_voice = False
        """Voice activity detection hears the caller."""
        self.bot_began_secs = _NEVER
        """When the bot last became audible."""
        self.bot_ended_secs = _NEVER
        self.heard_text = ""
        """What was heard of the bot since it last became audible; recent words only."""
        self.caller_began_secs = _NEVER
        """When the caller's last turn began."""
        self.caller_ended_secs = _NEVER
        self.caller_voiced_secs = 0.0
        """Of voice in their last whole turn, without its pauses."""
        self.answer_due_since_secs: float | None = None
        """Since the caller's turn ended; None if that was answered, or the caller goes on."""

    def bot_began(self) -> None:
        """Note that the bot became audible."""
        self.is_bot_speaking = True
        self.bot_began_secs = self._clock_secs()
        self.heard_text = ""
        self.answer_due_since_secs = None

    def bot_ended(self) -> None:
        """Note that the bot fell silent: it has finished, or was cut."""
        self.is_bot_speaking = False
        self.bot_ended_secs = self._clock_secs()

    def caller_began(self) -> None:
        """Note that the caller's turn has begun."""
        self.is_caller_turn = True
        self.caller_began_secs = self._clock_secs()
        self.answer_due_since_secs = None

    def caller_ended(self, *, voiced_secs: float = 0.0) -> None:
        """Note that the caller's turn is over, and how much of it was voice; an answer is due."""
        self.is_caller_turn = False
        self.caller_voiced_secs = voiced_secs
        self.caller_ended_secs = self.answer_due_since_secs = self._clock_secs()

    def voice_began(self) -> None:
        """Note that voice activity detection hears the caller."""
        self.is_voice = True

    def voice_ended(self) -> None:
        """Note that voice activity detection hears the caller no more."""
        self.is_voice = False

    def is_answer_due(self, *, within_secs: float) -> bool:
        """Tell whether an answer is due, and has been for less than `within_secs`."""
        since_secs = self.answer_due_since_secs
        return since_secs is not None and self._clock_secs() - since_secs < within_secs
