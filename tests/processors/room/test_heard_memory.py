"""What the model remembers saying is what was heard: the output and the memory behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from pipecat.frames.frames import (
    InterruptionFrame,
    LLMAssistantPushAggregationFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMAssistantAggregator

from processors.frames import PlayoutStartedFrame
from tests.fake_output import build_output, source_of
from tests.fake_pipeline import open_fake_pipeline
from tests.heard_talk import (
    OTHER,
    STORY,
    WORD_SECS,
    SilentVoice,
    StockVoice,
    Talk,
    TellingVoice,
    words_of,
)
from tests.virtual_time import VirtualClock, run_in_virtual_time
from tests.voice_frames import filler


def talk(scenario: Callable[[Talk], Any]) -> None:
    async def main() -> None:
        context = LLMContext()
        output = build_output()
        parts = Pipeline([output, LLMAssistantAggregator(context)])
        async with open_fake_pipeline(parts, clock=VirtualClock()) as pipeline:
            await scenario(Talk(output, pipeline, context))

    run_in_virtual_time(main())


@pytest.mark.promise("Memory", "A reply that was cut is remembered up to the word that was heard.")
@pytest.mark.parametrize("voice", [TellingVoice, StockVoice])
@pytest.mark.parametrize("cut_secs", [0.27, 0.9, 1.02, 1.9, 2.27, 2.9])
def test_a_cut_reply_is_remembered_to_the_word_and_so_is_the_next(
    voice: type[TellingVoice], cut_secs: float
) -> None:
    async def scenario(talk: Talk) -> None:
        speaker = voice()
        await talk.cut(speaker, STORY, 1000, cut_secs)
        first = words_of(STORY, heard_secs=talk.heard_secs(1000))
        assert talk.memory == [first]
        await talk.cut(speaker, OTHER, 2000, cut_secs)
        second = words_of(OTHER, heard_secs=talk.heard_secs(2000))
        assert talk.memory == [first, second]
        end = LLMFullResponseEndFrame()
        await talk.hear_out(LLMFullResponseStartFrame(), *speaker.reply(STORY, 3000, "last"), end)
        assert talk.memory == [first, second, " ".join(STORY)]
        await talk.cut(speaker, OTHER, 4000, cut_secs)
        assert talk.memory[3:] == [words_of(OTHER, heard_secs=talk.heard_secs(4000))]

    talk(scenario)


@pytest.mark.promise(
    "Memory", "What is remembered of a cut reply ends in the sentence that was heard."
)
@pytest.mark.parametrize("cut_secs", [0.3, 0.9, 1.1, 1.9, 2.2, 2.9])
def test_without_word_times_it_ends_in_the_right_sentence_and_within_a_word(
    cut_secs: float,
) -> None:
    async def scenario(talk: Talk) -> None:
        before: list[str] = []
        for level, sentences in ((1000, STORY), (2000, OTHER)):
            await talk.cut(SilentVoice(), sentences, level, cut_secs)
            heard_secs = talk.heard_secs(level)
            *earlier, last = talk.memory
            assert earlier == before
            words = " ".join(sentences).split()
            assert words[: len(last.split())] == last.split()
            assert abs(len(last.split()) - heard_secs / WORD_SECS) <= 1.5
            whole = sentences[: int(heard_secs)]
            assert last.startswith(" ".join(whole))
            before = talk.memory

    talk(scenario)


@pytest.mark.promise("Memory", "What was said is remembered as it is written, and fillers are not.")
@pytest.mark.parametrize("voice", [TellingVoice, SilentVoice, StockVoice])
def test_whole_replies_and_lines_are_remembered_as_written(voice: type[TellingVoice]) -> None:
    async def scenario(talk: Talk) -> None:
        speaker = voice()
        line = speaker.reply(("Hello and good day.",), 1000, "greeting")
        await talk.hear_out(*line[:-1], LLMAssistantPushAggregationFrame(), line[-1])
        await talk.hear_out(*filler("Let me look.", secs=0.4))
        end = LLMFullResponseEndFrame()
        await talk.hear_out(LLMFullResponseStartFrame(), *speaker.reply(STORY, 2000, "r"), end)
        assert talk.memory == ["Hello and good day.", " ".join(STORY)]

    talk(scenario)


def test_nothing_of_a_reply_is_remembered_that_was_cut_before_its_first_sample() -> None:
    async def scenario(talk: Talk) -> None:
        speaker = TellingVoice()
        frames = speaker.reply(STORY, 1000, "early")
        source_of(talk.output).hangs = 1
        await talk.pipeline.send(LLMFullResponseStartFrame(), *frames)
        await asyncio.sleep(0.1)
        await talk.pipeline.send(InterruptionFrame())
        await talk.pipeline.settle()
        assert talk.heard_secs(1000) == 0
        assert not any(isinstance(frame, PlayoutStartedFrame) for frame in talk.pipeline.down)
        assert talk.memory == []
        await talk.cut(speaker, OTHER, 2000, 0.6)
        assert talk.memory == [words_of(OTHER, heard_secs=talk.heard_secs(2000))]

    talk(scenario)
