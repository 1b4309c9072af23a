from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from pipecat.frames.frames import (
    Frame,
    InterruptionFrame,
    LLMContextFrame,
    LLMFullResponseStartFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.processors.aggregators.llm_response_universal import LLMAssistantAggregator
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.utils.text.base_text_aggregator import TextType
from typing_extensions import override

from processors.floor import Floor
from processors.frames import HeardTextFrame
from processors.turns.cut_reply import CutReply
from tests.fake_pipeline import open_fake_pipeline
from tests.turn_rig import TurnRig

GREETING = "Hi, I'm"


class PlayOut(FrameProcessor):
    """Falls silent when it is interrupted, if it works."""

    def __init__(self, floor: Floor) -> None:
        super().__init__()
        self._floor = floor
        self.is_stuck = False
        self.requests: list[list[object]] = []

    @override
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, InterruptionFrame) and not self.is_stuck:
            self._floor.bot_ended()
        if isinstance(frame, LLMContextFrame):
            messages = [each for each in frame.context.messages if isinstance(each, dict)]
            self.requests.append([each.get("content") for each in messages])
        await self.push_frame(frame, direction)


@asynccontextmanager
async def greeting() -> AsyncGenerator[tuple[TurnRig, PlayOut]]:
    """The caller has heard a part of the bot's greeting."""
    rig = TurnRig()
    playout = PlayOut(rig.floor)
    processors = [rig.aggregator, playout, LLMAssistantAggregator(rig.context)]
    async with open_fake_pipeline(Pipeline(processors)) as rig.pipeline:
        rig.bot_audio.is_audible = True
        rig.floor.bot_began()
        rig.spoken = GREETING
        heard = HeardTextFrame(GREETING, text_type=TextType.WORD)
        heard.includes_inter_frame_spaces = True
        await rig.pipeline.send(LLMFullResponseStartFrame(), heard)
        await rig.pipeline.settle()
        yield rig, playout


@pytest.mark.promise("Memory", "Words that cut the bot follow in memory what was heard of it.")
@pytest.mark.parametrize("windows", [0, 12])
async def test_words_that_cut_the_greeting_follow_it_in_memory(windows: int) -> None:
    async with greeting() as (rig, playout):
        await rig.say(windows)
        await rig.hush(8 if windows else 0)
        await rig.final("What is the weather in London?", finalized=True)
        await rig.hush(3)
        assert rig.messages == [GREETING, "What is the weather in London?"]
        assert playout.requests == [[GREETING, "What is the weather in London?"]]


async def test_a_sentence_that_comes_in_two_finals_is_one_message_behind_the_greeting() -> None:
    async with greeting() as (rig, _):
        await rig.say(12)
        await rig.hush(8)
        await rig.final("What")
        await rig.hush(5)
        await rig.final("is the weather in London?", finalized=True)
        await rig.hush(3)
        assert rig.messages == [GREETING, "What is the weather in London?"]


async def test_a_play_out_that_does_not_obey_holds_no_turn() -> None:
    async with greeting() as (rig, playout):
        playout.is_stuck = True
        await rig.final("Wait a moment, please.", finalized=True)
        await rig.hush(11)
        assert "Wait a moment, please." in rig.messages


def test_a_turn_that_cuts_nothing_waits_for_nothing() -> None:
    floor = Floor()
    cut = CutReply(floor)
    cut.begin()
    assert not cut.is_under_way
    floor.bot_began()
    cut.begin()
    assert cut.is_under_way
    floor.bot_ended()
    cut.on_audio()
    assert cut.is_under_way
    cut.on_audio()
    assert not cut.is_under_way
