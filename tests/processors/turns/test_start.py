from __future__ import annotations

import asyncio

import pytest
from pipecat.frames.frames import (
    InterruptionFrame,
    LLMContextFrame,
    UserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)

from processors.frames import BotPauseFrame, BotResumeFrame
from processors.turns.start import REPLY_DUE_SECS
from processors.turns.voice_activity import WINDOW_SECS
from tests.turn_rig import TurnRig, open_turn_rig
from tests.virtual_time import run_in_virtual_time


def kinds(rig: TurnRig, *wanted: type) -> list[type]:
    return [type(frame) for frame in rig.pipeline.down if isinstance(frame, wanted)]


async def ask(rig: TurnRig) -> None:
    """One whole turn; its reply is due."""
    await rig.say(10)
    await rig.hush(6)
    await rig.final("What time is it?", finalized=True)


MACHINERY = (UserStartedSpeakingFrame, InterruptionFrame, LLMContextFrame)


async def test_voice_starts_a_turn_while_the_bot_is_silent() -> None:
    async with open_turn_rig() as rig:
        await rig.say(3)
        assert kinds(rig, *MACHINERY) == [UserStartedSpeakingFrame, InterruptionFrame]
        assert kinds(rig, BotPauseFrame) == []


async def test_voice_pauses_the_bot_and_words_interrupt_it() -> None:
    async with open_turn_rig() as rig:
        rig.bot_audio.is_audible = True
        await rig.say(3)
        assert kinds(rig, BotPauseFrame, *MACHINERY) == [BotPauseFrame]
        await rig.say(4)
        await rig.interim("No, I meant")
        assert kinds(rig, *MACHINERY) == [UserStartedSpeakingFrame, InterruptionFrame]
        assert kinds(rig, BotResumeFrame) == []


async def test_the_pause_goes_both_ways() -> None:
    async with open_turn_rig() as rig:
        rig.bot_audio.is_audible = True
        await rig.say(3)
        assert [frame for frame in rig.pipeline.up if isinstance(frame, BotPauseFrame)]


@pytest.mark.promise("Turns", "A false alarm holds the bot for a moment and moves nothing else.")
async def test_a_cough_resumes_the_bot_and_moves_nothing_else() -> None:
    async with open_turn_rig() as rig:
        rig.bot_audio.is_audible = True
        await rig.say(5)
        await rig.hush(10)
        assert kinds(rig, BotPauseFrame, BotResumeFrame) == [BotPauseFrame, BotResumeFrame]
        assert kinds(rig, *MACHINERY) == []
        assert rig.analyzer.looks == 0


async def test_a_cough_while_the_reply_is_being_made_moves_nothing() -> None:
    async with open_turn_rig() as rig:
        await ask(rig)
        before = kinds(rig, *MACHINERY)
        await rig.say(5)
        await rig.hush(10)
        assert kinds(rig, BotPauseFrame, BotResumeFrame) == [BotPauseFrame, BotResumeFrame]
        assert kinds(rig, *MACHINERY) == before


@pytest.mark.promise("Turns", "A caller who goes on before the reply takes the turn back.")
async def test_a_caller_who_goes_on_before_the_reply_takes_the_turn_back() -> None:
    async with open_turn_rig() as rig:
        await ask(rig)
        await rig.say(6)
        await rig.interim("in Paris")
        assert kinds(rig, InterruptionFrame) == [InterruptionFrame] * 2


async def test_a_reply_that_never_comes_leaves_an_ordinary_turn() -> None:
    async with open_turn_rig() as rig:
        await ask(rig)
        await rig.hush(int(REPLY_DUE_SECS / WINDOW_SECS) + 1)
        await rig.say(3)
        assert kinds(rig, BotPauseFrame) == []
        assert kinds(rig, InterruptionFrame) == [InterruptionFrame] * 2


async def test_a_reply_that_was_heard_is_no_longer_due() -> None:
    async with open_turn_rig() as rig:
        await ask(rig)
        rig.floor.bot_began()
        rig.floor.bot_ended()
        await rig.hush(1)
        await rig.say(3)
        assert kinds(rig, BotPauseFrame) == []
        assert kinds(rig, InterruptionFrame) == [InterruptionFrame] * 2


async def test_speech_to_text_is_asked_sooner_about_a_sound_during_the_reply() -> None:
    async with open_turn_rig() as rig:
        rig.bot_audio.is_audible = True
        await rig.say(8)
        await rig.hush(4)
        assert kinds(rig, VADUserStoppedSpeakingFrame) == [VADUserStoppedSpeakingFrame]


async def test_a_listeners_noise_is_forgotten() -> None:
    async with open_turn_rig() as rig:
        rig.bot_audio.is_audible = True
        await rig.say(10)
        await rig.interim("Mm-hm")
        await rig.hush(3)
        await rig.final("Mm-hm.", finalized=True)
        assert kinds(rig, BotResumeFrame, *MACHINERY) == [BotResumeFrame]
        rig.bot_audio.is_audible = False
        await rig.hush(40)
        await rig.final("What now?", finalized=True)
        assert rig.messages == ["What now?"]


async def test_the_turn_that_interrupts_ends_like_any_other() -> None:
    async with open_turn_rig() as rig:
        rig.bot_audio.is_audible = True
        await rig.say(8)
        await rig.interim("Stop it")
        rig.bot_audio.is_audible = False
        await rig.hush(3)
        await rig.final("Stop it.", finalized=True)
        assert rig.messages == ["Stop it."]


async def test_a_word_that_comes_after_its_sound_interrupts_and_is_answered() -> None:
    async with open_turn_rig() as rig:
        rig.bot_audio.is_audible = True
        await rig.say(8)
        await rig.hush(10)
        assert kinds(rig, BotResumeFrame) == [BotResumeFrame]
        await rig.final("Stop.", finalized=True)
        assert kinds(rig, InterruptionFrame) == [InterruptionFrame]
        assert rig.messages == ["Stop."]


async def test_the_bots_echo_is_forgotten() -> None:
    async with open_turn_rig() as rig:
        rig.bot_audio.is_audible = True
        rig.spoken = "It is sunny in Rome today."
        await rig.final("sunny in Rome")
        assert kinds(rig, *MACHINERY) == []
        await rig.final("and in Paris?")
        assert rig.messages == ["and in Paris?"]


@pytest.mark.promise("Turns", "A pause of the bot ends soon when the microphone falls silent.")
def test_a_pause_ends_when_the_microphone_falls_silent_for_good_and_the_next_one_too() -> None:
    async def fall_silent() -> None:
        async with open_turn_rig() as rig:
            rig.bot_audio.is_audible = True
            for count in (1, 2):
                await rig.say(7)
                assert kinds(rig, BotPauseFrame) == [BotPauseFrame] * count
                # Muted, unplugged or unpublished: no frame of audio comes any more.
                await asyncio.sleep(1.2)
                await rig.pipeline.settle()
                assert kinds(rig, BotResumeFrame) == [BotResumeFrame] * count
            await rig.hush(20)
            assert not rig.messages and kinds(rig, *MACHINERY) == []

    run_in_virtual_time(fall_silent())


def test_the_end_of_a_call_in_a_pause_leaves_nothing_that_waits() -> None:
    async def end() -> None:
        async with open_turn_rig() as rig:
            rig.bot_audio.is_audible = True
            await rig.say(3)
        left = [task for task in asyncio.all_tasks() if "watch_pause" in task.get_name()]
        assert not left

    run_in_virtual_time(end())


@pytest.mark.promise("Turns", "A sound while the answer is being made cancels nothing.")
async def test_a_cough_long_before_a_slow_reply_moves_nothing() -> None:
    async with open_turn_rig() as rig:
        await ask(rig)
        before = kinds(rig, *MACHINERY)
        await rig.hush(round(6.0 / WINDOW_SECS))
        await rig.say(5)
        await rig.hush(10)
        assert kinds(rig, *MACHINERY) == before


async def test_interim_words_that_may_become_a_listeners_phrase_cut_nothing() -> None:
    async with open_turn_rig() as rig:
        rig.bot_audio.is_audible = True
        await rig.say(8)
        await rig.interim("I")
        await rig.hush(3)
        await rig.final("I see.", finalized=True)
        assert kinds(rig, *MACHINERY) == []
        await rig.final("I", finalized=True)
        assert kinds(rig, *MACHINERY)[:1] == [UserStartedSpeakingFrame]


@pytest.mark.promise("Turns", "After an interruption the next reply is paused as readily.")
async def test_a_reply_after_an_interruption_is_paused_as_readily() -> None:
    async with open_turn_rig() as rig:
        rig.bot_audio.is_audible = True
        for _ in range(2):
            await rig.say(13)
            await rig.hush(8)
        paused = len(kinds(rig, BotPauseFrame))
        await rig.say(14)
        await rig.interim("No, I meant")
        assert kinds(rig, InterruptionFrame) == [InterruptionFrame]
        rig.bot_audio.is_audible = False
        await rig.hush(4)
        await rig.final("No, I meant Paris.", finalized=True)
        assert rig.messages == ["No, I meant Paris."]
        rig.bot_audio.is_audible = True
        resumed = len(kinds(rig, BotResumeFrame))
        await rig.hush(10)
        assert len(kinds(rig, BotResumeFrame)) == resumed
        await rig.say(3)
        assert len(kinds(rig, BotPauseFrame)) == paused + 2
