from __future__ import annotations

import pytest
from pipecat.frames.frames import (
    EagerEndOfTurnCancelFrame,
    VADUserStoppedSpeakingFrame,
)

from tests.turn_rig import open_turn_rig


@pytest.mark.promise("Turns", "A finished sentence ends the turn after a tenth of a second.")
async def test_a_sure_turn_ends_after_a_hundred_milliseconds_of_silence() -> None:
    async with open_turn_rig() as rig:
        await rig.say(10)
        await rig.interim("What time is it?")
        await rig.hush(2)
        await rig.final("What time is it?", lag_secs=0.1)
        assert not rig.is_over
        await rig.hush(1)
        assert rig.is_over
        assert rig.messages == ["What time is it?"]
        assert rig.analyzer.looks == 1


async def test_the_model_is_asked_in_the_first_silence_and_its_answer_kept() -> None:
    async with open_turn_rig() as rig:
        await rig.say(10)
        await rig.interim("What time is it")
        await rig.hush(1)
        assert rig.requests == [(True, "What time is it")]
        assert rig.messages == []
        await rig.hush(2)
        await rig.final("What time is it?", finalized=True)
        assert rig.is_over
        assert rig.requests == [(True, "What time is it")]
        assert rig.messages == ["What time is it?"]
        assert rig.count(EagerEndOfTurnCancelFrame) == 0


async def test_quiet_that_voice_detection_has_not_noticed_is_enough_to_prepare_a_reply() -> None:
    async with open_turn_rig() as rig:
        rig.voice.lag_windows = 4
        await rig.say(10)
        await rig.interim("What time is it", lag_secs=0.0)
        await rig.hush(3)
        assert rig.voice.silent_run == 0
        assert rig.requests == [(True, "What time is it")]
        await rig.say(1)
        assert not rig.is_over


async def test_the_turn_model_is_asked_early_though_the_words_so_far_hang() -> None:
    async with open_turn_rig() as rig:
        rig.voice.lag_windows = 4
        await rig.say(10)
        await rig.interim("Where is the")
        await rig.hush(2)
        assert rig.analyzer.looks == 1
        await rig.interim("Where is the station", lag_secs=0.05)
        assert rig.requests == [(True, "Where is the station")]


async def test_words_that_lag_behind_the_sound_are_not_asked_about() -> None:
    async with open_turn_rig() as rig:
        await rig.say(10)
        await rig.interim("What time", lag_secs=0.2)
        await rig.hush(3)
        assert rig.requests == []
        await rig.interim("What time is it", lag_secs=0.05)
        assert rig.requests == [(True, "What time is it")]


@pytest.mark.promise("Turns", "An answer to other words than were said is thrown away.")
async def test_words_that_change_withdraw_the_speculation() -> None:
    async with open_turn_rig() as rig:
        await rig.say(10)
        await rig.interim("What time is it")
        await rig.hush(1)
        await rig.say(5)
        assert rig.count(EagerEndOfTurnCancelFrame) == 0
        await rig.interim("What time is it over there")
        assert rig.count(EagerEndOfTurnCancelFrame) == 1
        await rig.hush(4)
        await rig.final("What time is it over there?", finalized=True)
        assert rig.requests == [
            (True, "What time is it"),
            (True, "What time is it over there"),
        ]
        assert rig.messages == ["What time is it over there?"]


@pytest.mark.promise("Turns", "An answer to other words than were said is thrown away.")
async def test_a_final_that_differs_is_asked_anew() -> None:
    async with open_turn_rig() as rig:
        await rig.say(10)
        await rig.interim("What time is it")
        await rig.hush(3)
        await rig.final("What time was it?", finalized=True)
        assert rig.is_over
        assert rig.requests[-1] in [(False, "What time was it?"), (True, "What time was it?")]
        assert rig.count(EagerEndOfTurnCancelFrame) == 1
        assert rig.messages == ["What time was it?"]


async def test_a_hesitant_turn_costs_at_most_four_speculations() -> None:
    async with open_turn_rig() as rig:
        text = ""
        for number in range(8):
            await rig.say(4)
            text = f"{text} word{number}".strip()
            await rig.interim(text)
            await rig.hush(1)
        assert len(rig.requests) == 4


async def test_a_click_in_the_pause_keeps_the_speculation() -> None:
    async with open_turn_rig() as rig:
        await rig.say(10)
        await rig.interim("What time is it")
        await rig.hush(1)
        await rig.say(1)
        await rig.hush(3)
        await rig.final("What time is it?", finalized=True)
        assert rig.is_over
        assert rig.requests == [(True, "What time is it")]


async def test_a_speculation_that_wants_a_tool_is_asked_again_after_the_turn_only() -> None:
    async with open_turn_rig() as rig:
        await rig.say(10)
        await rig.interim("What time is it")
        await rig.hush(1)
        await rig.pipeline.send_up(EagerEndOfTurnCancelFrame())
        await rig.hush(2)
        assert len(rig.requests) == 1
        await rig.final("What time is it?", finalized=True)
        assert rig.requests == [(True, "What time is it"), (False, "What time is it?")]


@pytest.mark.promise("Turns", "A turn is answered though its prepared answer was dropped.")
async def test_a_refusal_that_crosses_the_end_of_the_turn_is_asked_again() -> None:
    async with open_turn_rig() as rig:
        await rig.say(10)
        await rig.interim("What time is it")
        await rig.hush(3)
        await rig.final("What time is it?", finalized=True)
        assert rig.is_over
        await rig.pipeline.send_up(EagerEndOfTurnCancelFrame())
        await rig.pipeline.settle()
        assert rig.requests == [(True, "What time is it"), (False, "What time is it?")]


@pytest.mark.promise("Turns", "A caller who pauses to think is heard out.")
async def test_an_unsure_turn_waits_for_a_longer_pause() -> None:
    async with open_turn_rig() as rig:
        rig.analyzer.probability = 0.4
        await rig.say(10)
        await rig.final("I think so", finalized=True)
        await rig.hush(20)
        assert not rig.is_over
        await rig.hush(12)
        assert rig.is_over
        assert rig.requests == [(False, "I think so")]


async def test_an_unsure_stop_is_heard_after_two_hundred_milliseconds() -> None:
    async with open_turn_rig() as rig:
        rig.analyzer.probability = 0.6
        await rig.say(10)
        await rig.hush(5)
        assert rig.count(VADUserStoppedSpeakingFrame) == 0
        await rig.hush(1)
        assert rig.count(VADUserStoppedSpeakingFrame) == 1


@pytest.mark.promise("Turns", "A caller who pauses to think is heard out.")
async def test_a_caller_who_goes_on_in_the_pause_is_heard_out() -> None:
    async with open_turn_rig() as rig:
        rig.analyzer.probability = 0.3
        await rig.say(10)
        await rig.final("I would like", finalized=True)
        await rig.hush(15)
        await rig.say(10)
        rig.analyzer.probability = 0.99
        await rig.hush(3)
        assert not rig.is_over
        await rig.final("a table.", finalized=True)
        await rig.hush(1)
        assert rig.is_over
        assert rig.messages == ["I would like a table."]


async def test_a_sentence_that_hangs_waits_though_the_model_is_sure() -> None:
    async with open_turn_rig() as rig:
        await rig.say(10)
        await rig.hush(3)
        await rig.final("Book a table for the", finalized=True)
        await rig.hush(10)
        assert not rig.is_over
        await rig.hush(7)
        assert rig.is_over
        assert rig.requests == [(False, "Book a table for the")]


@pytest.mark.promise("Turns", "Pauses in a number that is being dictated end no turn.")
async def test_a_dictated_number_gets_more_patience() -> None:
    async with open_turn_rig() as rig:
        await rig.say(10)
        await rig.interim("It's five five five")
        await rig.hush(15)
        await rig.final("It's five five five", finalized=True)
        assert not rig.is_over
        await rig.say(10)
        await rig.hush(3)
        await rig.final("one two three four five six seven", finalized=True)
        await rig.hush(1)
        assert rig.is_over


async def test_a_final_nobody_asked_for_ends_the_turn_only_if_it_reaches_the_last_voice() -> None:
    async with open_turn_rig() as rig:
        await rig.say(10)
        await rig.hush(4)
        await rig.final("What time", lag_secs=0.5)
        assert not rig.is_over
        await rig.final("is it?", lag_secs=0.1)
        assert rig.is_over
        assert rig.messages == ["What time is it?"]


async def test_the_news_that_nothing_follows_ends_the_turn() -> None:
    async with open_turn_rig() as rig:
        await rig.say(10)
        await rig.final("What time is it?")
        await rig.hush(4)
        assert not rig.is_over
        await rig.settled()
        assert rig.is_over


async def test_a_final_without_any_news_ends_the_turn_at_the_recognisers_usual_delay() -> None:
    async with open_turn_rig() as rig:
        await rig.say(10)
        await rig.final("What time is it?")
        await rig.hush(10)
        assert not rig.is_over
        await rig.hush(1)
        assert rig.is_over


async def test_a_late_final_ends_the_turn_at_once() -> None:
    async with open_turn_rig() as rig:
        await rig.say(10)
        await rig.hush(20)
        assert not rig.is_over
        await rig.final("What time is it?")
        assert rig.is_over


@pytest.mark.promise("Turns", "A turn ends in bounded time, whatever recogniser and turn model do.")
async def test_words_that_never_become_final_are_taken_as_they_are() -> None:
    async with open_turn_rig() as rig:
        await rig.say(10)
        await rig.interim("What time is it?")
        await rig.hush(28)
        assert not rig.is_over
        await rig.hush(2)
        assert rig.is_over
        assert rig.messages == ["What time is it?"]
        assert rig.requests == [(True, "What time is it?")]


@pytest.mark.promise("Turns", "A turn ends in bounded time, whatever recogniser and turn model do.")
async def test_a_sound_without_words_ends_the_turn_soon_and_asks_nothing() -> None:
    async with open_turn_rig() as rig:
        await rig.say(10)
        await rig.hush(8)
        await rig.settled()
        await rig.hush(6)
        assert not rig.is_over
        await rig.hush(2)
        assert rig.is_over
        assert rig.requests == []
        assert rig.messages == []


@pytest.mark.promise("Turns", "A turn ends in bounded time, whatever recogniser and turn model do.")
async def test_a_deaf_recogniser_does_not_hold_the_turn() -> None:
    async with open_turn_rig() as rig:
        await rig.say(10)
        await rig.hush(46)
        assert not rig.is_over
        await rig.hush(2)
        assert rig.is_over


async def test_words_without_voice_are_a_turn_of_their_own() -> None:
    async with open_turn_rig() as rig:
        await rig.final("Hello?")
        assert rig.is_over
        assert rig.requests == [(False, "Hello?")]


async def test_noise_outside_a_turn_starts_no_model() -> None:
    async with open_turn_rig() as rig:
        await rig.say(2)
        await rig.hush(5)
        assert rig.analyzer.looks == 0


@pytest.mark.promise("Turns", "A turn ends in bounded time, whatever recogniser and turn model do.")
async def test_a_turn_model_that_is_late_does_not_hold_the_turn() -> None:
    async with open_turn_rig() as rig:
        rig.analyzer.is_stuck = True
        await rig.say(10)
        await rig.final("What time is it?", finalized=True)
        await rig.hush(13)
        assert not rig.is_over
        await rig.hush(2)
        assert rig.is_over


async def test_a_look_ends_when_the_caller_goes_on_and_the_next_pause_has_its_own() -> None:
    async with open_turn_rig() as rig:
        rig.analyzer.is_stuck = True
        await rig.say(10)
        await rig.hush(2)
        assert (rig.analyzer.looks, rig.analyzer.cancelled_looks) == (1, 0)
        await rig.say(2)
        assert rig.analyzer.cancelled_looks == 1
        await rig.hush(2)
        assert rig.analyzer.looks == 2
