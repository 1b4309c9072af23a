"""The silence checker notices planted silences, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from livekit import rtc

from bench.caller import Caller
from bench.microphone import Utterance
from tests.silence import AGAIN_SECS, LIMIT_SECS, Noticed, Silence, never_silent, silences

_FILLER, _ANSWER = "One moment.", "It is noon in Tokyo."


def sound(since_secs: float, secs: float = 1.0) -> list[float]:
    return [since_secs + 0.01 * frame for frame in range(round(100 * secs))]


# A caller's turn from 10 to 12 s; the call ends at 30 s.
_TURN = ((10.0, 12.0),)
_KEPT: dict[str, Noticed] = {
    "answered": Noticed(turns=_TURN, loud_secs=sound(14.8)),
    "written": Noticed(turns=_TURN, signs=[(14.9, _ANSWER)]),
    "owned up to": Noticed(turns=_TURN, signs=[(12.1, "recovering")]),
    "over in time": Noticed(turns=_TURN, end_secs=14.9),
    "gone on by the caller": Noticed(
        turns=(*_TURN, (14.0, 15.0)), loud_secs=sound(17.0), end_secs=30.0
    ),
    "a filler, then the answer": Noticed(
        turns=_TURN,
        loud_secs=sound(14.0) + sound(26.0),
        signs=[(14.0, _FILLER), (26.0, _ANSWER)],
    ),
    "a stalled machine": Noticed(turns=_TURN, loud_secs=sound(16.0), slack_secs=1.5),
    "no turn": Noticed(turns=(), end_secs=60.0),
}
_BROKEN: dict[str, tuple[Noticed, Silence]] = {
    "never": (Noticed(turns=_TURN, end_secs=30.0), Silence(12.0, 30.0)),
    "late": (Noticed(turns=_TURN, loud_secs=sound(15.2)), Silence(12.0, 15.2)),
    "until the caller asks again": (
        Noticed(turns=(*_TURN, (20.0, 21.0)), loud_secs=sound(22.0), end_secs=30.0),
        Silence(12.0, 20.0),
    ),
    "only the tail of what was cut": (
        Noticed(turns=_TURN, loud_secs=sound(11.5, 0.7), end_secs=30.0),
        Silence(12.0, 30.0),
    ),
    "only what was shown before": (
        Noticed(turns=_TURN, signs=[(11.0, _ANSWER)], end_secs=30.0),
        Silence(12.0, 30.0),
    ),
    "a filler, then nothing": (
        Noticed(turns=_TURN, loud_secs=sound(14.0), signs=[(14.1, _FILLER)], end_secs=60.0),
        Silence(14.99, 60.0),
    ),
    "a filler, then nothing for too long": (
        Noticed(
            turns=_TURN,
            loud_secs=sound(13.0) + sound(28.0),
            signs=[(13.0, _FILLER), (28.0, _ANSWER)],
        ),
        Silence(13.99, 28.0),
    ),
}


@pytest.mark.parametrize("noticed", _KEPT.values(), ids=_KEPT)
def test_who_is_answered_is_not_left_alone(noticed: Noticed) -> None:
    assert silences(noticed) == []


@pytest.mark.parametrize(("noticed", "silence"), _BROKEN.values(), ids=_BROKEN)
def test_a_planted_silence_is_noticed(noticed: Noticed, silence: Silence) -> None:
    (found,) = silences(noticed)
    assert found.since_secs == pytest.approx(silence.since_secs)
    assert found.until_secs == pytest.approx(silence.until_secs)


async def test_a_call_left_in_silence_fails_its_test_unless_silence_is_meant() -> None:
    caller = Caller(rtc.Room())
    caller.microphone.said.append(Utterance(u0_secs=10.0, u1_secs=12.0, end_secs=12.2))
    caller.left_secs = 30.0
    async with never_silent(caller, silence_is_meant="they said stop"):
        pass
    with pytest.raises(AssertionError, match=r"18\.0 s of silence"):
        async with never_silent(caller):
            pass
    loud = np.full(320, 8_000, np.int16).tobytes()
    for frame in range(50):
        caller.heard_so_far.append(loud, arrived_secs=13.0 + 0.02 * frame)
    async with never_silent(caller):
        pass


def test_the_limits_are_those_that_are_promised() -> None:
    assert (LIMIT_SECS, AGAIN_SECS) == (3.0, 13.0)
