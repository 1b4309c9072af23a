from pipecat.frames.frames import InputAudioRawFrame, TextFrame, VADUserStartedSpeakingFrame
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMUserAggregatorParams
from pipecat.turns.user_turn_strategies import UserTurnStrategies

from processors.caller_side import CallerSide
from tests.fake_pipeline import open_fake_pipeline
from tests.scripted_voice import VOICE, ScriptedVoice


async def test_audio_is_heard_and_goes_no_further() -> None:
    voice = ScriptedVoice()
    side = CallerSide(
        LLMContext(),
        params=LLMUserAggregatorParams(
            vad_analyzer=voice, user_turn_strategies=UserTurnStrategies(start=[], stop=[])
        ),
    )
    async with open_fake_pipeline(side) as pipeline:
        await pipeline.send(*[InputAudioRawFrame(VOICE, 16_000, 1) for _ in range(4)])
        await pipeline.send(TextFrame("Goes on."))
        await pipeline.settle()
        kinds = [type(frame) for frame in pipeline.down]
    assert voice.voiced_total == 4
    assert InputAudioRawFrame not in kinds
    assert VADUserStartedSpeakingFrame in kinds
    assert TextFrame in kinds
