"""Everything the runtime says by itself, and the rule that it never talks over anybody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from pipecat.services.llm_service import LLMService

from tools.calls.announcements import Announcements
from tools.calls.call import Call
from tools.calls.dead_air import DeadAir
from tools.calls.floor import Floor
from tools.calls.sentences import CallSentences
from tools.reminders import Reminders
from tools.runtime.voice import Voice

_TICK_SECS = 0.1
_SLOW_TICK_SECS = 1.0
# A result that should be answered and is not by then was lost on the way to the model.
_LOST_REPLY_SECS = 1.5
# Less of a question than this is not enough to know what it asks.
_QUESTION_BEGUN_SECS = 0.3
_SPOKEN_LIMIT_SECS = 20.0


class Speaker:
    """Says questions, fillers, progress and reminders of one session.

    Args:
        clock: The time in seconds.
        wake: Called when there is something new to wait for.
        sentences: What is said while a tool keeps the caller waiting.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        wake: Callable[[], None],
        sentences: CallSentences,
    ) -> None:
        self.floor = Floor()
        self._clock = clock
        self._announcements = Announcements()
        self.reminders = Reminders(announcements=self._announcements, clock=clock, wake=wake)
        self._wake = wake
        self._dead_air = DeadAir(sentences)
        self._voice: Voice | None = None
        self._reply_owed_secs: float | None = None

    def attach(self, service: LLMService[Any]) -> None:
        """Speak through this service's pipeline."""
        self._voice = self._voice or Voice(service)

    async def say(self, text: str, *, is_remembered: bool = True) -> None:
        """Speak these words after whatever is being spoken."""
        if self._voice is not None and text.strip():
            self.floor.words_given(self._clock())
            await self._voice.say(text, is_remembered=is_remembered)

    async def until_spoken(self) -> None:
        """Wait until everything the bot has to say was heard.

        Raises:
            TimeoutError: It is still speaking after `_SPOKEN_LIMIT_SECS`.
        """
        async with asyncio.timeout(_SPOKEN_LIMIT_SECS):
            # The floor becomes free by time passing too, so there is no event to wait for.
            while self.floor.is_told and not self.floor.is_free(self._clock()):  # noqa: ASYNC110
                await asyncio.sleep(_TICK_SECS)

    def expect_reply(self) -> None:
        """Note that the model was asked to reply; it is asked again if it does not begin."""
        self._reply_owed_secs = self._clock()
        self._wake()

    def model_began(self) -> None:
        """Note that the model writes a reply."""
        self._reply_owed_secs = None
        self.floor.model_began(self._clock())

    def was_heard(self, asked_secs: float) -> bool:
        """Tell whether the caller's last words can be an answer to what was asked then."""
        floor = self.floor
        if not floor.is_told:
            return True
        if not floor.is_caller_speaking and floor.caller_ended_secs <= asked_secs:
            return True  # They said nothing aloud since: it was typed.
        began_secs = max(asked_secs, floor.bot_began_secs)
        is_spoken = floor.is_bot_speaking or floor.bot_ended_secs >= asked_secs
        return is_spoken and floor.caller_began_secs >= began_secs + _QUESTION_BEGUN_SECS

    async def tick(self, running: Sequence[Call]) -> None:
        """Say what is due, if the floor is free."""
        now_secs = self._clock()
        quiet_secs = self.floor.quiet_secs(now_secs)
        words = self._dead_air.next_words(
            running, now_secs=now_secs, silence_secs=self.floor.silence_secs(now_secs)
        )
        if words is not None:
            await self.say(words, is_remembered=False)
        elif not running:
            reminder = self._announcements.take(now_secs=now_secs, quiet_secs=quiet_secs)
            if reminder is not None:
                await self.say(reminder)
        owed_secs = self._reply_owed_secs
        has_waited = owed_secs is not None and now_secs - owed_secs >= _LOST_REPLY_SECS
        if has_waited and quiet_secs >= _LOST_REPLY_SECS and self._voice is not None:
            self._reply_owed_secs = None
            await self._voice.ask_for_reply()

    def next_wait_secs(self) -> float | None:
        """Return how long there is nothing to say for sure; None if nothing is planned."""
        if self._reply_owed_secs is not None and self.floor.is_told:
            return _TICK_SECS
        due_secs = self._announcements.next_due_secs()
        if due_secs is None:
            return None
        return min(max(due_secs - self._clock(), _TICK_SECS), _SLOW_TICK_SECS)
