"""The course of a session: waiting, live, ending, over; and every way it comes to an end.

`docs/reliability.md` has the same list for readers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import IntEnum, StrEnum

from loguru import logger

from bot.call.lines import Lines
from bot.languages.choice import language_for
from bot.languages.language import SessionSentences
from bot.rooms.job_plan import JobPlan
from bot.settings import Settings

NEVER_JOINED_SECS = 60.0
"""Longer than LiveKit keeps an empty room; this only ends a job whose room is not ours."""
PARKED_NEVER_JOINED_SECS = 900.0
ENDING_GRACE_SECS = 3.0
"""For a caller who is gone while the goodbye is said; a reload of the page takes one or two."""
TIME_LIMIT_NOTICE_SECS = 15.0
END_LIMIT_SECS = 15.0
"""A graceful end plays out a goodbye; Pipecat itself would wait for ever."""


class EndReason(StrEnum):
    """Why a session ended."""

    CALLER_LEFT = "caller_left"
    GOODBYE = "goodbye"
    IDLE = "idle"
    TIME_LIMIT = "time_limit"
    DRAINED = "drained"
    SESSION_BUDGET = "session_budget"
    DAILY_BUDGET = "daily_budget"
    PROVIDER_FAILED = "provider_failed"
    ERROR = "error"
    NEVER_JOINED = "never_joined"


class Phase(IntEnum):
    """Where a session stands; it only ever moves on."""

    WAITING = 0
    """Nobody has joined: what the bot says is held until somebody listens."""
    LIVE = 1
    """A caller is here, or is waited for."""
    ENDING = 2
    """What is being said, and the goodbye, are played out."""
    OVER = 3
    """Nothing is said any more; the room goes."""


class Course:
    """Decides when a session ends, and why. Whatever happens to the session is told here.

    Each phase has its own timers, which end with it; the caller's absence has one of its own.

    Args:
        lines: Has said what is to be said on the way.
        sentences: What that is.
        waits_secs: How long for the first caller, from `wait` on.
        resume_secs: How long for one who is gone without a word.
        lasts_secs: How long a caller may stay.
    """

    def __init__(
        self,
        *,
        lines: Lines,
        sentences: SessionSentences,
        waits_secs: float,
        resume_secs: float,
        lasts_secs: float,
    ) -> None:
        self._lines = lines
        self._sentences = sentences
        self._waits_secs = waits_secs
        self.resume_secs = resume_secs
        self._lasts_secs = self._left_secs = lasts_secs
        self._phase = Phase.WAITING
        self._reason: EndReason | None = None
        self._times_asked = 0
        """In a row, whether the silent caller is there."""
        self._absence: asyncio.TimerHandle | None = None
        self._left_at_secs: float | None = None
        """By the loop's clock; None while the caller is there."""
        self._timers: list[asyncio.TimerHandle] = []
        self._over = asyncio.Event()

    @property
    def phase(self) -> Phase:
        """Where the session stands."""
        return self._phase

    @property
    def reason(self) -> EndReason:
        """Why it ended; `ERROR` for an end that nobody told of."""
        return self._reason or EndReason.ERROR

    async def until_over(self) -> None:
        """Wait until nothing more is to be said."""
        await self._over.wait()

    @property
    def is_away(self) -> bool:
        """Whether the caller is gone and waited for."""
        return self._left_at_secs is not None

    def wait(self) -> None:
        """Wait for the caller from now on, not for ever."""
        if self._phase is Phase.WAITING:
            self._after(self._waits_secs, Phase.OVER, EndReason.NEVER_JOINED)

    def handed_out(self) -> None:
        """Wait no longer than for somebody on the way: a start has got the room that waited."""
        if self._phase is Phase.WAITING and self._waits_secs > NEVER_JOINED_SECS:
            self._waits_secs = NEVER_JOINED_SECS
            self._stop_timers()
            self.wait()

    def go_on(self) -> None:
        """Go on with a call that another bot had begun; its caller may be away."""
        self._to(Phase.LIVE)

    def caller_joined(self) -> float | None:
        """Begin the call, or go on with it; returns for how many seconds the caller was away."""
        logger.info("The caller is here")
        left_at_secs, self._left_at_secs = self._left_at_secs, None
        self._stop_absence()
        self._times_asked = 0
        self._to(Phase.LIVE)
        return None if left_at_secs is None else asyncio.get_running_loop().time() - left_at_secs

    def caller_left(self) -> None:
        """Wait for the caller to come back, and end if they do not."""
        self._stop_absence()
        if self._phase is Phase.OVER:
            return
        logger.info("The caller is gone")
        self._left_at_secs = self._left_at_secs or asyncio.get_running_loop().time()
        waits_secs = self.resume_secs if self._phase is Phase.LIVE else ENDING_GRACE_SECS
        self._absence = asyncio.get_running_loop().call_later(
            waits_secs, self._to, Phase.OVER, EndReason.CALLER_LEFT
        )

    def room_gone(self, reason: EndReason | None = None) -> None:
        """End now: there is nobody to speak to.

        Args:
            reason: Why, if the room has told before it went.
        """
        is_waiting = self._phase is Phase.WAITING
        left = EndReason.NEVER_JOINED if is_waiting else EndReason.CALLER_LEFT
        self._to(Phase.OVER, reason or left)

    def caller_spoke(self) -> None:
        """Note a sign of life."""
        self._times_asked = 0

    def caller_silent(self, *, is_mute: bool = False) -> None:
        """Ask if the caller is there; the second time (the third if `is_mute`), say goodbye."""
        if self.is_away:
            return
        if self._times_asked > is_mute:
            self._end(EndReason.IDLE, farewell=self._sentences.idle_goodbye)
        else:
            self._times_asked += 1
            if not is_mute:
                self._lines.say(self._sentences.nudge)

    def hung_up(self) -> None:
        """End as the bot and the caller have said goodbye."""
        self._end(EndReason.GOODBYE)

    def dismissed(self) -> None:
        """End now, as the caller has told the bot to leave."""
        self._to(Phase.OVER, EndReason.CALLER_LEFT)

    def drained(self) -> None:
        """End as the runner wants to stop, and this call has gone on for long enough."""
        self._end(EndReason.DRAINED, farewell=self._sentences.drained_goodbye)

    def session_spent(self) -> None:
        """End as this call has used all that one may."""
        self._end(EndReason.SESSION_BUDGET, farewell=self._sentences.session_budget_goodbye)

    def day_spent(self) -> None:
        """End as all calls of the day together have."""
        self._end(EndReason.DAILY_BUDGET, farewell=self._sentences.daily_budget_goodbye)

    def recovery_failed(self, farewell: str) -> None:
        """End as too many bots were lost in this call."""
        self._end(EndReason.ERROR, farewell=farewell)

    def spend(self, secs: float) -> None:
        """Count what the call has lasted by now, with whatever bots.

        Of a call that is live already nobody knew it: its caller is given the notice all the same.
        """
        self._left_secs = max(self._lasts_secs - secs, 0.0)
        if self._phase is Phase.LIVE:
            self._left_secs = max(self._left_secs, TIME_LIMIT_NOTICE_SECS)
            self._stop_timers()
            self._limit_time()

    def provider_failed(self, *, is_voice_left: bool) -> None:
        """End, as a part of the pipeline is of no use any more; aloud if it was not the voice."""
        if is_voice_left:
            farewell = self._sentences.provider_failed_goodbye
            self._end(EndReason.PROVIDER_FAILED, farewell=farewell)
        else:
            # What it has kept of itself is played out.
            self._end(EndReason.PROVIDER_FAILED)

    def close(self) -> None:
        """End now if nothing else did: the pipeline is gone, or the session was cancelled."""
        self._to(Phase.OVER)

    def _end(self, reason: EndReason, *, farewell: str = "") -> None:
        """End gracefully if somebody hears it."""
        if self._phase is Phase.WAITING or self.is_away:
            self._to(Phase.OVER, reason)
        elif self._to(Phase.ENDING, reason):
            self._lines.end(farewell=farewell, reason=reason.value)

    def _to(self, phase: Phase, reason: EndReason | None = None) -> bool:
        """Move on; returns False if the session is there already, or further.

        The first reason is kept: what follows from it is no reason of its own.
        """
        if phase <= self._phase:
            return False
        self._phase = phase
        self._reason = self._reason or reason
        self._stop_timers()
        if phase is Phase.LIVE:
            self._limit_time()
        elif phase is Phase.ENDING:
            self._after(END_LIMIT_SECS, Phase.OVER, None)
        elif phase is Phase.OVER:
            self._stop_absence()
            self._over.set()
        return True

    def _limit_time(self) -> None:
        notice_secs = max(self._left_secs - TIME_LIMIT_NOTICE_SECS, 0.0)
        self._time(notice_secs, self._tell_of_limit)
        last_secs = notice_secs + min(TIME_LIMIT_NOTICE_SECS, self._left_secs)
        self._time(last_secs, self._time_up)

    def _stop_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    def _tell_of_limit(self) -> None:
        if not self.is_away:
            self._lines.say(self._sentences.time_limit_notice)

    def _time_up(self) -> None:
        self._end(EndReason.TIME_LIMIT, farewell=self._sentences.time_limit_goodbye)

    def _after(self, secs: float, phase: Phase, reason: EndReason | None) -> None:
        self._time(secs, self._to, phase, reason)

    def _time(self, secs: float, callback: Callable[..., object], *args: object) -> None:
        """Do something unless the phase ends before."""
        self._timers.append(asyncio.get_running_loop().call_later(secs, callback, *args))

    def _stop_absence(self) -> None:
        if self._absence is not None:
            self._absence.cancel()
        self._absence = None


def build_course(*, settings: Settings, plan: JobPlan, lines: Lines) -> Course:
    """Return the course of one session.

    Args:
        settings: Of this process.
        plan: What the dispatch said about this session.
        lines: Has said what is to be said on the way.
    """
    return Course(
        lines=lines,
        sentences=language_for(settings.language).session,
        waits_secs=PARKED_NEVER_JOINED_SECS if plan.is_parked else NEVER_JOINED_SECS,
        resume_secs=settings.resume_secs,
        lasts_secs=settings.session_max_secs,
    )
