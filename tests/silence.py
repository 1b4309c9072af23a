"""The silence checker: after a caller's turn nobody is left for 3 s without a word or a reason.

A turn is owed something until the bot is heard, a caption of its grows, it shows a state that says
what is wrong, or the call ends. A filler ("One moment") is something, but the debt goes on.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from typing_extensions import override

from bench.caller import Caller
from bot.languages.en import LANGUAGE as ENGLISH
from tests.cpu_pressure import CpuPressure

LIMIT_SECS = 3.0
AGAIN_SECS = 13.0
"""From a filler to the next word: docs/reliability.md promises one every 10 s, and 3 s are 3 s."""
_TAIL_SECS = 0.3
"""What an interrupted bot still sounds like when the caller's turn was shorter than its stop."""
_PAUSE_SECS = 0.6
"""Between two words of one filler, and between its caption and its sound."""
QUIET_STATES = frozenset({"initializing", "idle", "listening", "thinking", "speaking"})
"""States of an agent that say nothing of why it is silent."""
FILLER = ENGLISH.tools.sentences.fillers[0]
FILLERS = frozenset({ENGLISH.excuses.slow, *ENGLISH.tools.sentences.fillers})
"""What is said in place of an answer."""


@dataclass(frozen=True)
class Silence:
    """A caller left alone: `time.monotonic` seconds."""

    since_secs: float
    until_secs: float

    @override
    def __str__(self) -> str:
        return f"{self.until_secs - self.since_secs:.1f} s of silence"


@dataclass(frozen=True, kw_only=True)
class Noticed:
    """What one caller noticed of one call, in `time.monotonic` seconds, each list in order."""

    turns: Sequence[tuple[float, float]]
    """From the first to the last sound (or key) of each of their turns."""
    loud_secs: Sequence[float] = ()
    """When the bot was heard: a moment for each 10 ms."""
    signs: Sequence[tuple[float, str]] = ()
    """What was shown, and when: text of captions, states that say why."""
    end_secs: float = field(default=float("inf"))
    """The call ended, or they stopped listening."""
    slack_secs: float = 0.0
    """What the machine adds to a limit, as others work on it too."""


def noticed_by(caller: Caller, *, stretch: float = 1.0) -> Noticed:
    """Return what a caller of a bench has noticed so far.

    Args:
        caller: Who.
        stretch: How many times longer than on an idle machine the call's work has taken.
    """
    said = [(one.u0_secs, one.u1_secs) for one in caller.microphone.said]
    captions = [
        (at, caption.text[:length])
        for caption in caller.bot_captions
        for at, length in caption.growth
    ]
    states = [one for one in caller.bot_seen.states if one[1] not in QUIET_STATES]
    return Noticed(
        turns=sorted(said + [(at, at) for at in caller.typed_secs]),
        loud_secs=caller.recording.loud_secs(),
        signs=sorted(captions + states),
        end_secs=caller.left_secs or time.monotonic(),
        slack_secs=LIMIT_SECS * (stretch - 1.0) + max(caller.microphone.lags_secs, default=0.0),
    )


def silences(noticed: Noticed) -> list[Silence]:
    """Return every silence after a turn that went on for too long."""
    starts = [began for began, _ in noticed.turns[1:]]
    found = (
        _silence_after(ended, min(until_secs, noticed.end_secs), noticed)
        for (_, ended), until_secs in zip(noticed.turns, [*starts, float("inf")], strict=False)
    )
    return [silence for silence in found if silence]


def _silence_after(since_secs: float, until_secs: float, noticed: Noticed) -> Silence | None:
    """Return the first silence of one turn; the caller's next one, or the end, is at the end."""
    limit_secs = LIMIT_SECS
    while True:
        sign_secs = min(
            _next(noticed.loud_secs, since_secs + _TAIL_SECS),
            _next([at for at, _ in noticed.signs], since_secs),
        )
        if min(sign_secs, until_secs) - since_secs > limit_secs + noticed.slack_secs:
            return Silence(since_secs, min(sign_secs, until_secs))
        if sign_secs >= until_secs:
            return None
        text = _shown(noticed, sign_secs)
        if text not in FILLERS:
            return None
        since_secs, limit_secs = _end_of_sound(noticed.loud_secs, sign_secs), AGAIN_SECS


def _end_of_sound(loud_secs: Sequence[float], since_secs: float) -> float:
    """Return when what is heard from `since_secs` on ends; that moment, if nothing is."""
    end_secs = since_secs
    for at in loud_secs[bisect_right(loud_secs, since_secs) :]:
        if at - end_secs > _PAUSE_SECS:
            break
        end_secs = at
    return end_secs


def _shown(noticed: Noticed, at_secs: float) -> str:
    """Return the text of the caption that goes with a sound."""
    near = [text for at, text in noticed.signs if at_secs - 0.5 <= at <= at_secs + LIMIT_SECS]
    return near[-1] if near else ""


def _next(times: Sequence[float], since_secs: float) -> float:
    at = bisect_right(times, since_secs)
    return times[at] if at < len(times) else float("inf")


@asynccontextmanager
async def never_silent(caller: Caller, *, silence_is_meant: str = "") -> AsyncGenerator[None]:
    """Look at a call when the block ends well.

    Args:
        caller: Whose call.
        silence_is_meant: Why a test wants one; it is not looked for then.

    Raises:
        AssertionError: there was a silence.
    """
    pressure = CpuPressure()
    yield
    noticed = noticed_by(caller, stretch=pressure.stretch)
    found = [] if silence_is_meant else silences(noticed)
    assert not found, f"after a turn of the caller's: {', '.join(map(str, found))}"
