"""Speaks up when a turn of the caller's comes to nothing: no words, no answer, no sound at all.

Each stage says itself that it is slow or has failed, while it has the turn
(`processors/language_model/answering.py`, `processors/text_to_speech/speaking.py`). Here is what is
in no stage's hands.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from typing_extensions import override

from bot.call.course import Course, Phase
from bot.call.lines import Lines
from bot.languages.language import Language
from processors.agent_protocol.events import ConversationListener, Side, ToolCall, ToolOutcome
from processors.floor import Floor
from processors.room.microphone_signs import MicrophoneSigns

HEARING_SECS = 1.0
"""For words, after a turn that has ended without any. It ends after 1.5 s of silence
(`processors/turns/patience.py`), and 3 s without a word are too long."""

ANSWER_SECS = 2.5
"""For the answer to begin, after a turn with words; it begins within milliseconds, or a stage says
what is wrong."""

VOICED_SECS = 0.7
"""Of voice, without its pauses: less of it may be a cough, which needs no words. The coughs of
tests/caller_sounds.py have up to 0.5 s, the shortest question 0.8 s."""

DEAD_SECS = 5.0
"""Of zeros alone: by then no microphone that is on is taken for a dead one."""


class Supervisor(ConversationListener):
    """Watches what becomes of each turn of one session, and acts through its lines.

    Args:
        lines: Say it.
        course: Tells whether the call goes on.
        floor: Who speaks at present.
        microphone: Of the caller.
        language: What is said.
    """

    def __init__(
        self,
        lines: Lines,
        course: Course,
        floor: Floor,
        microphone: MicrophoneSigns,
        language: Language,
    ) -> None:
        self._lines = lines
        self._troubles = language.troubles
        self._moment = language.excuses.moment
        self._floor = floor
        self._course = course
        self._microphone = microphone
        self._timer: asyncio.TimerHandle | None = None
        self._has_words = self._is_settled = False
        self._is_waiting = False
        """Words are awaited for a turn that is over."""
        self._has_asked = False
        """The caller was asked to say it again, and no words have come since."""
        self._is_taken = self._is_answered = False
        self._tools: set[str] = set()
        self._is_typing = False

    def on_caller_silent(self, *_: object) -> None:
        """Ask the caller whether they are there, or say that nothing comes from their microphone.

        For Pipecat's event `on_user_turn_idle`.
        """
        # Who types may have none.
        is_off = self._microphone.is_off and not self._is_typing
        is_dead = is_off or self._microphone.dead_secs > DEAD_SECS
        if is_dead and not self._course.is_away:
            self._lines.say(self._troubles.microphone, is_remembered=False)
        self._course.caller_silent(is_mute=is_off)

    @override
    def ended(self, reason: str) -> None:
        """Say nothing more."""
        self._stop()

    @override
    def caller_started(self) -> None:
        """Begin a turn."""
        self._stop()
        self._has_words = self._is_settled = self._is_waiting = False
        self._is_taken = self._is_answered = False

    @override
    def caller_fell_silent(self, silence_secs: float) -> None:
        """Await the words of what was just said."""
        self._is_settled = False

    @override
    def caller_words(self, text: str, *, is_final: bool) -> None:
        """The recogniser hears."""
        if text.strip():
            self._has_words = True
            self._has_asked = False
            if self._is_waiting:
                self._stop()
                self._is_waiting = False

    @override
    def caller_words_settled(self) -> None:
        """The recogniser has heard all there is."""
        self._is_settled = True
        if self._is_waiting:
            self._say_not_caught()

    @override
    def caller_stopped(self, *, has_words: bool) -> None:
        """See what becomes of the turn."""
        self._stop()
        if has_words:
            self._after(ANSWER_SECS, self._see_to_answer)
        elif self._floor.caller_voiced_secs < VOICED_SECS:
            return
        elif self._is_settled:
            self._say_not_caught()
        else:
            self._is_waiting = True
            self._after(HEARING_SECS, self._say_hard_to_hear)

    @override
    def turn_added(self, side: Side, text: str) -> None:
        """The memory holds the turn."""
        self._is_taken = self._is_taken or side is Side.CALLER
        self._is_typing = self._is_taken and not self._has_words

    @override
    def reply_started(self) -> None:
        """The model has the turn."""
        self._is_answered = True

    @override
    def tools_started(self, calls: Sequence[ToolCall]) -> None:
        """The tools have it."""
        self._tools.update(call.call_id for call in calls)

    @override
    def tool_ended(self, outcome: ToolOutcome) -> None:
        """One has done its part."""
        self._tools.discard(outcome.call_id)
        self._is_answered = True

    @override
    def playout_started(self) -> None:
        """The caller hears something."""
        self._is_answered = True

    def _see_to_answer(self) -> None:
        if self._is_answered or self._tools:
            return
        if self._is_taken:
            self._lines.say(self._moment, is_remembered=False)
            self._lines.ask_again()
        elif self._floor.caller_voiced_secs >= VOICED_SECS:
            # There were words, and they were taken back.
            self._say_not_caught()

    def _say_not_caught(self) -> None:
        self._stop()
        self._is_waiting = False
        if not self._has_asked and not self._is_anybody_heard:
            self._has_asked = True
            self._lines.say(self._troubles.not_caught)

    def _say_hard_to_hear(self) -> None:
        # Words, or that there are none, are still awaited.
        if not self._is_anybody_heard:
            self._lines.say(self._troubles.hearing, is_remembered=False)

    @property
    def _is_anybody_heard(self) -> bool:
        floor = self._floor
        is_over = self._course.phase is not Phase.LIVE or self._course.is_away
        return is_over or floor.is_bot_speaking or floor.is_caller_turn

    def _after(self, secs: float, act: Callable[[], None]) -> None:
        self._timer = asyncio.get_running_loop().call_later(secs, act)

    def _stop(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
