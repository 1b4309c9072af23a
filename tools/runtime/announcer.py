"""Everything the runtime says by itself, and the rule that it never talks over anybody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import takewhile
from math import ceil

from tools.calls.announcements import Announcements
from tools.calls.call import Call
from tools.calls.consent import spaced
from tools.calls.dead_air import DeadAir
from tools.calls.floor import Floor
from tools.calls.free_floor import FreeFloor
from tools.calls.sentences import CallSentences
from tools.reminders import Reminders
from tools.runtime.outlet import Outlet

_TICK_SECS = 0.1
_SLOW_TICK_SECS = 1.0
# A result that should be answered and is not by then was lost on the way to the model, which takes
# milliseconds; the caller hears nothing meanwhile.
_LOST_REPLY_SECS = 1.0
# Less of a question than this is not enough to know what it asks. How it begins, a model may have
# said by itself ("Shall I do that?"); who answers over the end of a question has heard four of five
# words. Numbers may be spoken, and so told, as words.
_QUESTION_BEGUN_SECS = 0.3
_QUESTION_BEGUN_WORDS = 2
_QUESTION_HEARD_SHARE = 0.7
_SPOKEN_LIMIT_SECS = 20.0


class Announcer:
    """Says questions, fillers, progress and reminders of one session.

    Args:
        floor: Who speaks.
        clock: The time in seconds, as the floor has it.
        wake: Called when there is something new to wait for.
        sentences: What is said while a tool keeps the caller waiting.
    """

    def __init__(
        self,
        *,
        floor: Floor,
        clock: Callable[[], float],
        wake: Callable[[], None],
        sentences: CallSentences,
    ) -> None:
        self._free_floor = FreeFloor(floor)
        self.outlet = Outlet()
        self._floor = floor
        self._clock = clock
        self._announcements = Announcements()
        self.reminders = Reminders(announcements=self._announcements, clock=clock, wake=wake)
        self._wake = wake
        self._dead_air = DeadAir(sentences)
        self._reply_owed_secs: float | None = None
        self._heard_call_id = ""
        """Of the call whose question was heard last."""

    async def say(self, text: str, *, is_remembered: bool = True) -> None:
        """Speak these words after whatever is being spoken."""
        if text.strip():
            self.words_given()
            await self.outlet.say(text, is_remembered=is_remembered)

    async def until_spoken(self) -> None:
        """Wait until everything the bot has to say was heard.

        Raises:
            TimeoutError: It is still speaking after `_SPOKEN_LIMIT_SECS`.
        """
        async with asyncio.timeout(_SPOKEN_LIMIT_SECS):
            # The floor becomes free by time passing too, so there is no event to wait for.
            while self._free_floor.is_told and not self.is_floor_free:  # noqa: ASYNC110
                await asyncio.sleep(_TICK_SECS)

    def expect_reply(self) -> None:
        """Note that the model was asked to reply; it is asked again if it does not begin."""
        self._reply_owed_secs = self._clock()
        self._free_floor.reply_asked(self._reply_owed_secs)
        self._wake()

    def model_began(self) -> None:
        """Note that the model writes a reply."""
        self._reply_owed_secs = None
        self._free_floor.model_began(self._clock())

    def model_ended(self) -> None:
        """Note that the model finished writing, or that it will not be asked."""
        self._free_floor.model_ended(self._clock())

    def interrupted(self) -> None:
        """Note that what was being written or was on its way to be spoken is dropped."""
        self._free_floor.interrupted()

    def words_given(self) -> None:
        """Note that words were handed to text-to-speech."""
        self._free_floor.words_given(self._clock())

    @property
    def is_floor_free(self) -> bool:
        """Nobody speaks, writes or is about to speak."""
        return self._free_floor.is_free(self._clock())

    @property
    def quiet_secs(self) -> float:
        """For how long the floor has been free; 0.0 while it is not."""
        return self._free_floor.quiet_secs(self._clock())

    def note_question(self, call: Call | None, asked_secs: float) -> None:
        """See whether the caller hears, or has just heard, what they were asked then.

        A voice in trouble says so first, and may never come to the question.
        """
        floor = self._floor
        if call is None or asked_secs == float("-inf"):
            return
        is_spoken = floor.is_bot_speaking or floor.bot_ended_secs >= asked_secs
        if is_spoken and f" {_enough_of(call.question)} " in spaced(floor.heard_text):
            self._heard_call_id = call.call_id

    def was_heard(self, call: Call, asked_secs: float) -> bool:
        """Tell whether the caller's last words can be an answer to what was asked then."""
        floor = self._floor
        if not self._free_floor.is_told:
            return True
        if not floor.is_caller_turn and floor.caller_ended_secs <= asked_secs:
            return True  # They said nothing aloud since: it was typed.
        began_secs = max(asked_secs, floor.bot_began_secs)
        is_spoken = floor.is_bot_speaking or floor.bot_ended_secs >= asked_secs
        self.note_question(call, asked_secs)
        is_spoken = is_spoken and self._heard_call_id == call.call_id
        return is_spoken and floor.caller_began_secs >= began_secs + _QUESTION_BEGUN_SECS

    async def tick(self, running: Sequence[Call]) -> None:
        """Say what is due, if the floor is free."""
        now_secs = self._clock()
        quiet_secs = self._free_floor.quiet_secs(now_secs)
        words = self._dead_air.next_words(
            running, now_secs=now_secs, silence_secs=self._free_floor.silence_secs(now_secs)
        )
        if words is not None:
            await self.say(words, is_remembered=False)
        elif not running and self._reply_owed_secs is None:
            reminder = self._announcements.take(now_secs=now_secs, quiet_secs=quiet_secs)
            if reminder is not None:
                await self.say(reminder)
        owed_secs = self._reply_owed_secs
        has_waited = owed_secs is not None and now_secs - owed_secs >= _LOST_REPLY_SECS
        if has_waited and quiet_secs >= _LOST_REPLY_SECS:
            self._reply_owed_secs = None
            self._free_floor.reply_asked(now_secs)
            await self.outlet.ask_for_reply()

    def next_wait_secs(self) -> float | None:
        """Return how long there is nothing to say for sure; None if nothing is planned."""
        if self._reply_owed_secs is not None and self._free_floor.is_told:
            return _TICK_SECS
        due_secs = self._announcements.next_due_secs()
        if due_secs is None:
            return None
        return min(max(due_secs - self._clock(), _TICK_SECS), _SLOW_TICK_SECS)


def _enough_of(question: str) -> str:
    words = spaced(question).split()
    count = max(ceil(_QUESTION_HEARD_SHARE * len(words)), _QUESTION_BEGUN_WORDS)
    begin = takewhile(lambda word: not any(map(str.isdigit, word)), words[:count])
    return " ".join([*begin] or words[:_QUESTION_BEGUN_WORDS])
