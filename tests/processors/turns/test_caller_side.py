from __future__ import annotations

import pytest
from pipecat.frames.frames import (
    ErrorFrame,
    InputAudioRawFrame,
    InterruptionFrame,
    LLMContextUserTurnFrame,
    TextFrame,
    UserStoppedSpeakingFrame,
    VADUserStartedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMUserAggregatorParams
from pipecat.processors.audio.audio_buffer_processor import AudioBufferProcessor
from pipecat.processors.filters.identity_filter import IdentityFilter
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.turns.user_turn_strategies import UserTurnStrategies

from processors.floor import Floor
from processors.speech_to_text.deepgram import DeepgramSpeechToText
from processors.turns.caller_side import CallerSide
from tests.fake_deepgram import open_fake_deepgram
from tests.fake_pipeline import open_fake_pipeline
from tests.scripted_voice_activity import VOICE, ScriptedVoiceActivity
from tests.turn_rig import TurnRig, open_turn_rig


class Deaf(IdentityFilter):
    ignores_audio = True


@pytest.mark.parametrize("is_recorded", [False, True], ids=["nobody after it", "a recorder"])
async def test_audio_is_heard_and_goes_on_only_to_who_may_listen(is_recorded: bool) -> None:
    voice = ScriptedVoiceActivity()
    side = CallerSide(
        LLMContext(),
        floor=Floor(),
        params=LLMUserAggregatorParams(
            vad_analyzer=voice, user_turn_strategies=UserTurnStrategies(start=[], stop=[])
        ),
    )
    after: list[FrameProcessor] = [Deaf()]
    if is_recorded:
        after.append(AudioBufferProcessor())
    async with open_fake_pipeline(Pipeline([side, *after])) as pipeline:
        await pipeline.send(*[InputAudioRawFrame(VOICE, 16_000, 1) for _ in range(4)])
        await pipeline.send(TextFrame("Goes on."))
        await pipeline.settle()
        kinds = [type(frame) for frame in pipeline.down]
    assert voice.voiced_total == 4
    assert kinds.count(InputAudioRawFrame) == (4 if is_recorded else 0)
    assert VADUserStartedSpeakingFrame in kinds
    assert TextFrame in kinds


@pytest.mark.promise("Turns", "Each word is taken once, also if its final comes late.")
@pytest.mark.parametrize(
    ("taken", "final"),
    [
        ("whats the weather in paris", "What's the weather in Paris?"),
        ("twenty five or thirty six", "25 or 36."),
        ("what is the weather in pairs", "What is the weather in Paris?"),
        ("what is the weather in Paris", "What is the weather"),
        ("yes", "Yes."),
    ],
)
@pytest.mark.parametrize("span_secs", [None, (0.0, 0.5)])
async def test_a_final_of_words_that_were_taken_is_no_second_turn(
    taken: str, final: str, span_secs: tuple[float, float] | None
) -> None:
    async with open_turn_rig() as rig:
        await rig.say(10)
        await rig.interim(taken, span_secs=span_secs)
        await rig.hush(40)
        assert rig.is_over
        for _ in range(2):
            await rig.final(final, span_secs=span_secs)
            await rig.interim(final, span_secs=span_secs)
            await rig.hush(40)
        assert rig.messages == [taken]
        assert rig.count(UserStoppedSpeakingFrame) == rig.count(InterruptionFrame) == 1
        assert len(rig.requests) == 1


@pytest.mark.promise("Turns", "Words that come late make an unanswered turn longer.")
@pytest.mark.parametrize("span_secs", [None, (0.0, 0.5)])
async def test_a_late_final_that_adds_words_makes_the_turn_longer(
    span_secs: tuple[float, float] | None,
) -> None:
    async with open_turn_rig() as rig:
        await rig.say(10)
        await rig.interim("what's the weather in Paris", span_secs=span_secs)
        await rig.hush(40)
        await rig.final("What's the weather in Paris tomorrow?", span_secs=span_secs)
        assert rig.messages == ["what's the weather in Paris tomorrow?"]
        # The reply to the shorter words is cut.
        assert rig.count(InterruptionFrame) == 2
        assert rig.requests[-1] == (False, "what's the weather in Paris tomorrow?")


async def test_a_late_final_after_a_reply_was_heard_brings_only_its_new_words() -> None:
    async with open_turn_rig() as rig:
        await rig.say(10)
        await rig.interim("what's the weather in Paris", span_secs=(0.0, 0.3))
        await rig.hush(40)
        rig.context.add_message({"role": "assistant", "content": "It is"})
        await rig.final("What's the weather in Paris tomorrow?", span_secs=(0.0, 0.6))
        assert rig.messages == ["what's the weather in Paris", "It is", "tomorrow?"]


@pytest.mark.promise("Languages", "Words are joined as their script has it.")
async def test_pieces_of_a_script_without_spaces_are_joined_without_any() -> None:
    async with open_turn_rig() as rig:
        await rig.say(10)
        await rig.final("明日の")
        await rig.hush(4)
        await rig.final("天気は?", finalized=True)
        assert rig.messages == ["明日の天気は?"]


async def test_a_late_final_does_not_come_into_the_next_turn() -> None:
    async with open_turn_rig() as rig:
        await rig.say(10)
        await rig.interim("What time is it", span_secs=(0.0, 0.3))
        await rig.hush(40)
        await rig.say(10)
        await rig.interim("and in Rome", span_secs=(1.6, 1.9))
        await rig.final("What time is it?", span_secs=(0.0, 0.5))
        await rig.hush(3)
        await rig.final("And in Rome?", finalized=True, span_secs=(1.6, 2.0))
        assert rig.messages == ["What time is it And in Rome?"]


@pytest.mark.promise("Turns", "A word that is said again is heard again.")
@pytest.mark.parametrize("is_placed", [True, False])
async def test_the_same_word_said_again_is_heard_again(is_placed: bool) -> None:
    async with open_turn_rig() as rig:
        for second in range(3):
            span_secs = (second, second + 0.4) if is_placed else None
            rig.context.add_message({"role": "assistant", "content": "Sure?"})
            rig.floor.bot_began()
            rig.floor.bot_ended()
            await rig.say(10)
            await rig.interim("yes", span_secs=span_secs)
            await rig.hush(4)
            await rig.final("Yes.", finalized=True, span_secs=span_secs)
        assert rig.messages == ["Sure?", "Yes."] * 3


async def test_the_recogniser_asks_the_account_that_the_turn_writes() -> None:
    async with open_fake_deepgram() as fake:
        recogniser = DeepgramSpeechToText(api_key="secret", base_url=fake.base_url)
        rig = TurnRig(words=recogniser.words)
        both = Pipeline([recogniser, rig.aggregator])
        async with open_fake_pipeline(both) as rig.pipeline:
            await rig.say(10)
            await fake.until(audio_bytes=10 * len(VOICE))
            await fake.say("whats the weather in pairs", is_final=False, span_secs=(0.0, 0.3))
            # Follows the words, and is seen.
            await fake.send('{"type":"Error"}')
            await rig.pipeline.until_up(ErrorFrame)
            await rig.hush(40)
            assert rig.messages == ["whats the weather in pairs"]
            await fake.say("What's the weather in Paris?", span_secs=(0.0, 0.5))
            await fake.say("And in Rome?", span_secs=(0.5, 1.2))
            await rig.pipeline.until_down(LLMContextUserTurnFrame, 2)
            assert rig.messages == ["whats the weather in pairs And in Rome?"]
            assert rig.count(InterruptionFrame) == 2
