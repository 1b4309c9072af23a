"""What a recogniser's word for the end of a turn does, and what it cannot do."""

from __future__ import annotations

import pytest
from pipecat.frames.frames import EagerEndOfTurnCancelFrame

from tests.turn_rig import TurnRig, open_turn_rig

_WORDS = "What time is it?"


async def windows_until_over(rig: TurnRig, *, confidence: float | None = None) -> int:
    """The caller has said all and is silent; words are final from the first."""
    await rig.hush(1)
    await rig.final(_WORDS, finalized=True)
    if confidence is not None:
        await rig.end_heard(confidence)
    for count in range(1, 100):
        if rig.is_over:
            return count
        await rig.hush(1)
    return 100


@pytest.mark.promise("Turns", "A recogniser's word for the end of a turn never ends one alone.")
async def test_an_end_that_is_heard_while_the_caller_speaks_ends_and_asks_nothing() -> None:
    async with open_turn_rig() as rig:
        await rig.say(10)
        await rig.interim(_WORDS, lag_secs=0.0)
        for lag_secs in (0.0, 0.3, None):
            await rig.end_heard(1.0, lag_secs=lag_secs)
        await rig.final(_WORDS, finalized=True)
        await rig.end_heard(1.0)
        await rig.say(5)
        assert rig.requests == [] and not rig.is_over


@pytest.mark.promise("Turns", "A recogniser's word for the end of a turn never ends one alone.")
@pytest.mark.parametrize("confidence", [None, 1.0])
async def test_without_the_turn_models_answer_a_turn_ends_no_sooner(
    confidence: float | None,
) -> None:
    async with open_turn_rig() as rig:
        rig.analyzer.is_stuck = True
        await rig.say(10)
        assert 13 <= await windows_until_over(rig, confidence=confidence) <= 16


@pytest.mark.promise("Turns", "A recogniser's word for the end of a turn never ends one alone.")
async def test_a_caller_who_pauses_amid_a_sentence_is_not_cut_by_a_lie() -> None:
    async with open_turn_rig() as rig:
        rig.analyzer.probability = 0.05
        await rig.say(10)
        await rig.hush(1)
        await rig.final("I need a table", finalized=True)
        for _ in range(26):
            await rig.end_heard(1.0)
            await rig.hush(1)
        assert not rig.is_over
        await rig.say(10)
        rig.analyzer.probability = 0.99
        await rig.hush(1)
        await rig.final("for two people.", finalized=True)
        await rig.hush(3)
        assert rig.messages == ["I need a table for two people."]


@pytest.mark.promise("Turns", "A recogniser that hears the end of a turn too shortens the wait.")
@pytest.mark.parametrize(
    ("probability", "confidence", "least", "most"),
    [
        (0.75, None, 6, 9),
        (0.75, 0.9, 2, 4),
        (0.6, None, 13, 16),
        (0.6, 0.9, 5, 9),
        (0.3, None, 27, 31),
        (0.3, 0.9, 13, 16),
        (0.05, None, 48, 53),
        (0.05, 0.9, 27, 31),
        (0.99, 0.1, 2, 4),
        (0.6, 0.1, 13, 16),
    ],
)
async def test_an_end_that_both_hear_comes_sooner_and_a_doubt_delays_nothing(
    probability: float, confidence: float | None, least: int, most: int
) -> None:
    async with open_turn_rig() as rig:
        rig.analyzer.probability = probability
        await rig.say(10)
        assert least <= await windows_until_over(rig, confidence=confidence) <= most


@pytest.mark.parametrize("goes_on", ["aloud", "resumed"])
async def test_an_end_is_forgotten_when_the_caller_goes_on(goes_on: str) -> None:
    async with open_turn_rig() as rig:
        rig.analyzer.probability = 0.6
        await rig.say(10)
        await rig.hush(1)
        await rig.interim("What time", lag_secs=0.0)
        await rig.end_heard(0.9)
        if goes_on == "resumed":
            await rig.end_heard(0.0)
        else:
            await rig.say(5)
        assert 13 <= await windows_until_over(rig) <= 16


@pytest.mark.parametrize("lag_secs", [0.2, 1.0])
async def test_an_end_of_an_earlier_pause_that_comes_late_counts_for_nothing(
    lag_secs: float,
) -> None:
    async with open_turn_rig() as rig:
        rig.analyzer.probability = 0.6
        await rig.say(10)
        await rig.hush(2)
        await rig.end_heard(0.9, lag_secs=lag_secs)
        assert 10 <= await windows_until_over(rig) <= 14


@pytest.mark.promise(
    "Turns", "A recogniser that takes a turn for over has the answer made ahead of time."
)
async def test_an_early_end_has_the_language_model_asked_before_the_turn_model_has_answered() -> (
    None
):
    async with open_turn_rig() as rig:
        rig.analyzer.is_stuck = True
        await rig.say(10)
        await rig.hush(1)
        await rig.interim(_WORDS, lag_secs=0.0)
        assert rig.requests == []
        await rig.end_heard(0.6, lag_secs=0.0)
        assert rig.requests == [(True, _WORDS)]
        rig.analyzer.is_stuck = False
        await rig.final(_WORDS, finalized=True)
        await rig.hush(16)
        assert rig.is_over and rig.requests == [(True, _WORDS)]


@pytest.mark.promise(
    "Turns", "A recogniser that takes a turn for over has the answer made ahead of time."
)
@pytest.mark.parametrize(("probability", "is_asked"), [(0.4, True), (0.05, False)])
async def test_two_witnesses_are_weighed_before_an_answer_is_made_ahead(
    probability: float, is_asked: bool
) -> None:
    async with open_turn_rig() as rig:
        rig.analyzer.probability = probability
        await rig.say(10)
        await rig.hush(2)
        await rig.interim(_WORDS, lag_secs=0.0)
        assert rig.requests == []
        await rig.end_heard(0.7)
        assert bool(rig.requests) is is_asked


@pytest.mark.promise(
    "Turns", "An answer made ahead on a recogniser's word goes when that is withdrawn."
)
@pytest.mark.parametrize(("probability", "withdrawals"), [(0.3, 1), (0.9, 0)])
async def test_an_answer_made_ahead_on_the_word_of_a_recogniser_alone_goes_with_it(
    probability: float, withdrawals: int
) -> None:
    async with open_turn_rig() as rig:
        rig.analyzer.probability = probability
        await rig.say(10)
        await rig.hush(1)
        await rig.interim(_WORDS, lag_secs=0.0)
        await rig.end_heard(0.8)
        assert rig.requests == [(True, _WORDS)]
        await rig.end_heard(0.0)
        assert rig.count(EagerEndOfTurnCancelFrame) == withdrawals
