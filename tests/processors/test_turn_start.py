from __future__ import annotations

from pipecat.frames.frames import InterruptionFrame, LLMContextFrame, UserStartedSpeakingFrame

from processors.frames import BotPauseFrame, BotResumeFrame
from tests.turn_rig import TurnRig, open_turn_rig


def kinds(rig: TurnRig, *wanted: type) -> list[type]:
    return [type(frame) for frame in rig.pipeline.down if isinstance(frame, wanted)]


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


async def test_a_cough_resumes_the_bot_and_moves_nothing_else() -> None:
    async with open_turn_rig() as rig:
        rig.bot_audio.is_audible = True
        await rig.say(5)
        await rig.hush(10)
        assert kinds(rig, BotPauseFrame, BotResumeFrame) == [BotPauseFrame, BotResumeFrame]
        assert kinds(rig, *MACHINERY) == []
        assert rig.analyzer.looks == 0


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
