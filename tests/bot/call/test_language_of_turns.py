"""What the settings make of a session's turns. The pipeline as a whole: tests/e2e."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from pipecat.frames.frames import UserStartedSpeakingFrame
from pipecat.processors.aggregators.llm_response_universal import LLMUserAggregatorParams

from bot.call.pipeline import build_turns
from bot.settings import Settings
from processors.frames import BotResumeFrame
from processors.turns.caller_side import CallerSide
from tests.fake_pipeline import open_fake_pipeline
from tests.turn_rig import TurnRig


@asynccontextmanager
async def turns_of(language: str) -> AsyncGenerator[TurnRig]:
    """Have the turns of a session with this language, fed with scripted sound and words."""
    rig = TurnRig()
    turns = build_turns(
        Settings.model_validate({"language": language}),
        voice_activity=rig.voice,
        analyzer=rig.analyzer,
        floor=rig.floor,
        is_audible=lambda: rig.bot_audio.is_audible,
        heard_text=lambda: rig.spoken,
    )
    params = LLMUserAggregatorParams(
        vad_analyzer=rig.voice, user_turn_strategies=turns, empty_user_turn=None
    )
    rig.aggregator = CallerSide(rig.context, floor=rig.floor, params=params)
    async with open_fake_pipeline(rig.aggregator) as rig.pipeline:
        yield rig


@pytest.mark.promise("Settings", "Every setting reaches the part it is for.")
@pytest.mark.parametrize(
    ("language", "noise"), [("de", "ach so"), ("fr", "ah oui"), ("en", "oh I see")]
)
async def test_a_listeners_noise_in_the_language_that_is_set_lets_the_bot_go_on(
    language: str, noise: str
) -> None:
    interruptions: dict[str, int] = {}
    for one in (language, "it"):
        async with turns_of(one) as rig:
            rig.bot_audio.is_audible = True
            rig.spoken = "The sun will shine."
            await rig.say(10)
            await rig.interim(noise)
            await rig.hush(2)
            await rig.final(noise)
            interruptions[one] = rig.count(UserStartedSpeakingFrame)
            assert rig.count(BotResumeFrame) == 1 - interruptions[one]
    assert interruptions == {language: 0, "it": 1}


@pytest.mark.promise("Settings", "Every setting reaches the part it is for.")
@pytest.mark.parametrize(
    ("language", "text"), [("de", "Ich möchte einen Termin am"), ("fr", "Je voudrais une")]
)
async def test_a_sentence_that_hangs_in_the_language_that_is_set_is_waited_for(
    language: str, text: str
) -> None:
    assert await _windows_to_the_end(language, text) > await _windows_to_the_end("it", text)


async def _windows_to_the_end(language: str, text: str) -> int:
    """Return for how many windows of silence the turn goes on."""
    async with turns_of(language) as rig:
        await rig.say(20)
        await rig.final(text, finalized=True)
        for count in range(150):
            await rig.hush(1)
            await rig.pipeline.settle()
            if rig.is_over:
                return count
    raise AssertionError("the turn does not end")
