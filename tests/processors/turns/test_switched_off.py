"""A caller who switches the microphone off, as by letting go of a key, has finished."""

from __future__ import annotations

import pytest

from tests.turn_rig import TurnRig, open_turn_rig

_UNSURE = [
    ("What time is it?", 0.01),
    ("What time is it in the", 0.99),
    ("My number is zero one seven", 0.99),
    ("Could you perhaps", 0.4),
]


async def _talk(rig: TurnRig, words: str, probability: float) -> None:
    rig.analyzer.probability = probability
    await rig.say(10)
    await rig.interim(words)


@pytest.mark.parametrize(("words", "probability"), _UNSURE)
async def test_the_turn_ends_at_once_whatever_its_words_sound_like(
    words: str, probability: float
) -> None:
    async with open_turn_rig() as rig:
        await _talk(rig, words, probability)
        rig.is_microphone_off = True
        await rig.hush(4)
        await rig.final(words, finalized=True)
        assert not rig.is_over
        await rig.hush(4)
        assert rig.is_over
        assert rig.messages == [words]


@pytest.mark.parametrize(("words", "probability"), _UNSURE)
async def test_with_the_microphone_on_the_same_pause_ends_no_turn(
    words: str, probability: float
) -> None:
    async with open_turn_rig() as rig:
        await _talk(rig, words, probability)
        await rig.hush(4)
        await rig.final(words, finalized=True)
        await rig.hush(4)
        assert not rig.is_over


async def test_what_was_on_its_way_when_it_was_switched_off_belongs_to_the_turn() -> None:
    async with open_turn_rig() as rig:
        await _talk(rig, "Where is the", 0.99)
        await rig.hush(5)
        rig.is_microphone_off = True
        await rig.say(4)
        await rig.interim("Where is the station")
        await rig.hush(3)
        await rig.final("Where is the station?", finalized=True)
        assert rig.is_over
        assert rig.messages == ["Where is the station?"]


async def test_a_moment_off_amid_the_words_ends_nothing() -> None:
    async with open_turn_rig() as rig:
        await _talk(rig, "Where is the", 0.99)
        rig.is_microphone_off = True
        await rig.hush(3)
        rig.is_microphone_off = False
        await rig.hush(4)
        assert not rig.is_over
        await rig.say(4)
        await rig.final("Where is the station?", finalized=True)
        await rig.hush(4)
        assert rig.is_over
