"""Flux in front of our turns: whatever its events say, in whatever order."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tests.processors.speech_to_text.virtual_flux import FluxTalk, flux_talk

_SPOKEN = 20
"""Windows of 32 ms that the caller speaks; then silence."""
_HALF, _WORDS = "What time", "What time is it?"
_LONG = 80
"""Windows of silence after which everything is over."""


class Event(NamedTuple):
    """One message, and when it comes."""

    window: int
    name: str
    text: str = _WORDS
    confidence: float = 0.1
    lag_secs: float = 0.0
    begin_secs: float = 0.0


KIND = (
    Event(6, "StartOfTurn", "What", lag_secs=0.1),
    Event(14, "Update", _HALF, lag_secs=0.1),
    Event(23, "EagerEndOfTurn", confidence=0.6),
    Event(25, "EndOfTurn", confidence=0.85),
)
UNKIND: dict[str, tuple[Event, ...]] = {
    "kind": KIND,
    "no end at all": KIND[:2] + (Event(23, "Update"),),
    "no early end": KIND[:2] + KIND[3:],
    "an end in mid-speech": (
        *KIND[:2],
        Event(14, "EagerEndOfTurn", _HALF, 1.0, 0.1),
        Event(15, "EndOfTurn", _HALF, 1.0, 0.1),
        Event(19, "StartOfTurn", "is it?", 0.1, 0.1, 0.35),
        Event(25, "EndOfTurn", "is it?", 0.9, 0.0, 0.35),
    ),
    "an early end in mid-speech that is never taken back": (
        *KIND[:2],
        Event(14, "EagerEndOfTurn", _HALF, 1.0, 0.1),
        *KIND[2:],
    ),
    "twice": (*KIND, *KIND[2:], KIND[3]),
    "late": (*KIND[:2], KIND[3]._replace(window=40, lag_secs=0.5)),
    "very late": (*KIND[:2], KIND[3]._replace(window=70, lag_secs=1.5)),
    "backwards": (KIND[3], KIND[2]._replace(window=26), KIND[1]._replace(window=27)),
    "taken back for nothing": (*KIND[:3], Event(24, "TurnResumed"), *KIND[3:]),
    "taken back and never ended": (*KIND[:3], Event(24, "TurnResumed")),
    "an end without words": (*KIND[:3], Event(25, "EndOfTurn", "", 1.0)),
    "an end of another turn": (*KIND[:2], Event(8, "TurnResumed", ""), *KIND[2:]),
    "no time at all": tuple(one._replace(lag_secs=99.0) for one in KIND),
    "time to come": tuple(one._replace(lag_secs=-30.0) for one in KIND),
}


async def listen(talk: FluxTalk, events: tuple[Event, ...]) -> None:
    """Have the caller speak and fall silent while Flux says all that."""
    left = sorted(events, key=lambda event: event.window)
    for window in range(_SPOKEN + _LONG):
        await talk.rig.hear_window(is_voice=window < _SPOKEN)
        await talk.rig.pipeline.settle()
        while left and left[0].window <= window:
            event = left.pop(0)
            await talk.tell(
                event.name,
                event.text,
                begin_secs=event.begin_secs,
                lag_secs=event.lag_secs,
                confidence=event.confidence,
            )
        if window < _SPOKEN:
            assert not talk.rig.is_over


def words_of(talk: FluxTalk) -> list[str]:
    return " ".join(str(message) for message in talk.rig.messages).lower().split()


@pytest.mark.promise(
    "Speech-to-text", "Flux's own turn ends cost no word, double none and cut nobody."
)
@pytest.mark.parametrize("probability", [0.99, 0.05])
@pytest.mark.parametrize("how", UNKIND)
def test_every_word_is_taken_once_and_no_turn_is_cut_or_held(how: str, probability: float) -> None:
    async def body(talk: FluxTalk) -> None:
        talk.rig.analyzer.probability = probability
        await listen(talk, UNKIND[how])
        assert talk.rig.is_over
        assert [word.strip("?") for word in words_of(talk)] == ["what", "time", "is", "it"]

    flux_talk(body)


def test_a_kind_turn_is_one_request_that_the_early_end_began() -> None:
    async def body(talk: FluxTalk) -> None:
        talk.rig.analyzer.probability = 0.4
        await listen(talk, KIND)
        assert talk.rig.requests == [(True, _WORDS)]
        assert talk.rig.messages == [_WORDS]

    flux_talk(body)


@pytest.mark.promise("Turns", "An answer to other words than were said is thrown away.")
def test_a_turn_that_goes_on_after_an_early_end_is_answered_whole() -> None:
    async def body(talk: FluxTalk) -> None:
        talk.rig.analyzer.is_stuck = True
        await talk.say(10)
        await talk.rig.hush(2)
        await talk.tell("EagerEndOfTurn", _HALF, confidence=0.6)
        assert talk.rig.requests == [(True, _HALF)]
        await talk.say(10)
        await talk.tell("TurnResumed", _WORDS)
        talk.rig.analyzer.is_stuck = False
        await talk.rig.hush(2)
        await talk.tell("EagerEndOfTurn", _WORDS, confidence=0.6)
        await talk.tell("EndOfTurn", _WORDS, confidence=0.9)
        await talk.windows_until_over()
        assert talk.rig.requests == [(True, _HALF), (True, _WORDS)]
        assert talk.rig.messages == [_WORDS]

    flux_talk(body)
