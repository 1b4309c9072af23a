"""A caller whom only the recogniser hears, or nobody any more."""

from __future__ import annotations

import asyncio

import pytest

from tests.turn_rig import open_turn_rig
from tests.virtual_time import run_in_virtual_time


@pytest.mark.promise("Turns", "Words that voice detection does not hear are speech too.")
async def test_a_caller_too_quiet_for_voice_detection_is_heard_out() -> None:
    async with open_turn_rig() as rig:
        await rig.hush(40)
        words = ["I", "would", "like", "to", "book", "a", "table", "for", "four"]
        for number in range(1, len(words) + 1):
            await rig.interim(" ".join(words[:number]))
            await rig.hush(24)
            assert not rig.is_over
        await rig.hush(8)
        assert rig.is_over
        assert rig.messages == ["I would like to book a table for four"]
        assert len(rig.requests) == 1


async def test_a_quiet_callers_final_waits_for_a_pause() -> None:
    async with open_turn_rig() as rig:
        await rig.hush(40)
        await rig.interim("I would like")
        await rig.final("I would like")
        await rig.hush(10)
        assert not rig.is_over
        await rig.interim("a table")
        await rig.hush(10)
        await rig.final("a table.")
        await rig.hush(10)
        assert rig.is_over
        assert rig.messages == ["I would like a table."]


async def test_a_quiet_callers_finals_are_one_message_until_somebody_answers() -> None:
    async with open_turn_rig() as rig:
        await rig.hush(40)
        await rig.final("I would like")
        await rig.hush(20)
        await rig.final("a table.")
        assert rig.messages == ["I would like a table."]
        assert rig.requests[-1] == (False, "I would like a table.")


@pytest.mark.promise("Turns", "Words that voice detection does not hear are speech too.")
async def test_words_that_grow_in_a_long_pause_are_speech() -> None:
    async with open_turn_rig() as rig:
        rig.analyzer.probability = 0.1
        await rig.say(10)
        await rig.final("Hey", span_secs=(0.0, 0.3))
        await rig.hush(45)
        await rig.interim("so I was", span_secs=(0.3, 1.7))
        await rig.hush(20)
        assert not rig.is_over


def test_words_still_open_when_the_microphone_falls_silent_are_answered() -> None:
    async def fall_silent() -> None:
        async with open_turn_rig() as rig:
            await rig.say(10)
            await rig.interim("What time is it?")
            await rig.hush(10)
            # Pipecat's own limit ends the turn when no more audio comes.
            await asyncio.sleep(7.0)
            assert rig.messages == ["What time is it?"]
            assert rig.requests[-1] == (False, "What time is it?")

    run_in_virtual_time(fall_silent())


async def test_interims_that_waver_for_ever_do_not_hold_the_turn() -> None:
    async with open_turn_rig() as rig:
        await rig.hush(40)
        for number in range(8):
            await rig.interim("you you" if number % 2 else "you")
            await rig.hush(8)
        assert rig.is_over
