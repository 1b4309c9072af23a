"""What the model remembers saying is what was heard: the output and the memory behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from pipecat.frames.frames import (
    AggregatedTextFrame,
    Frame,
    InterruptionFrame,
    LLMAssistantPushAggregationFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    TTSTextFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMAssistantAggregator
from pipecat.utils.context.word_timestamp_tracker import WordTimestampTracker
from pipecat.utils.text.base_text_aggregator import TextType
from typing_extensions import override

from processors.frames import PlayoutStartedFrame, PlayoutStoppedFrame, SpokenWord, SpokenWordsFrame
from processors.room.output import OUTPUT_SAMPLE_RATE_HZ as RATE_HZ
from processors.room.output import RoomOutput
from tests.fake_output import build_output, source_of
from tests.fake_pipeline import FakePipeline, open_fake_pipeline
from tests.virtual_time import VirtualClock, run_in_virtual_time
from tests.voice_frames import filler, sentence
from tests.waiting import until

WORD_SECS = 0.25
SENTENCE_SECS = 1.0
STORY = ("Once upon a time.", "There was one king.", "He had a crown.")
OTHER = ("Now here is more.", "It has four words.", "So has this one.")


def words_of(sentences: Sequence[str], *, heard_secs: float) -> str:
    """Return the words that have begun when so much of the sentences was played."""
    words = " ".join(sentences).split()
    return " ".join(word for at, word in enumerate(words) if at * WORD_SECS < heard_secs)


def audio(level: int, *, secs: float = SENTENCE_SECS) -> TTSAudioRawFrame:
    return TTSAudioRawFrame(np.full(round(RATE_HZ * secs), level, np.int16).tobytes(), RATE_HZ, 1)


def announced(text: str, context_id: str) -> AggregatedTextFrame:
    frame = AggregatedTextFrame(text, TextType.SENTENCE)
    frame.append_to_context = False
    frame.will_be_spoken = True
    frame.context_id = context_id
    return frame


class TellingVoice:
    """One of ours that tells when it says its words."""

    def say(self, text: str, level: int, context_id: str) -> list[Frame]:
        times = [SpokenWord(word, at * WORD_SECS) for at, word in enumerate(text.split())]
        announcement, sound, spoken = sentence(text, secs=SENTENCE_SECS, level=level)
        assert isinstance(announcement, AggregatedTextFrame)
        announcement.context_id = context_id
        return [announcement, SpokenWordsFrame(words=times), sound, spoken]

    def interrupted(self) -> None: ...

    def reply(self, sentences: Sequence[str], level: int, context_id: str) -> list[Frame]:
        said = [frame for text in sentences for frame in self.say(text, level, context_id)]
        return [TTSStartedFrame(context_id=context_id), *said, TTSStoppedFrame()]


class SilentVoice(TellingVoice):
    """One that does not."""

    def say(self, text: str, level: int, context_id: str) -> list[Frame]:
        return [
            f for f in super().say(text, level, context_id) if not isinstance(f, SpokenWordsFrame)
        ]


class StockVoice(TellingVoice):
    """One of Pipecat's own: words come one by one, timed by the pipeline's clock as it does."""

    def __init__(self) -> None:
        self._times = WordTimestampTracker()
        self._clock = VirtualClock()

    @override
    def reply(self, sentences: Sequence[str], level: int, context_id: str) -> list[Frame]:
        now_ns = self._clock.get_time()
        self._times.reset()
        self._times.start(now_ns)
        announcement = announced(" ".join(sentences), context_id)
        announcement.pts = max(self._times.last_pts, now_ns)
        frames: list[Frame] = [
            TTSStartedFrame(context_id=context_id),
            announcement,
            audio(level, secs=SENTENCE_SECS * len(sentences)),
        ]
        for at, word in enumerate(" ".join(sentences).split()):
            frame = TTSTextFrame(word, text_type=TextType.WORD)
            frame.context_id = context_id
            frame.pts = self._times.last_pts = self._times.pts(at * WORD_SECS)
            frames.append(frame)
        return [*frames, TTSStoppedFrame()]

    @override
    def interrupted(self) -> None:
        self._times.reset()
        self._times.last_pts = self._times.uninterruptible_last_pts


@dataclass
class Talk:
    """A running output with the memory behind it."""

    output: RoomOutput
    pipeline: FakePipeline
    context: LLMContext

    @property
    def memory(self) -> list[str]:
        messages: list[Any] = [*self.context.get_messages()]
        return [message["content"] for message in messages]

    def heard_secs(self, level: int) -> float:
        source = source_of(self.output)
        assert source.queued_duration >= 0
        return float(np.count_nonzero(source.played == level)) / RATE_HZ

    async def cut(
        self, voice: TellingVoice, sentences: Sequence[str], level: int, secs: float
    ) -> None:
        """Have the bot begin a reply, and interrupt it when so much was heard."""
        frames = voice.reply(sentences, level, f"reply-{level}")
        await self.pipeline.send(LLMFullResponseStartFrame(), *frames)

        async def is_heard() -> bool:
            return self.heard_secs(level) >= secs

        await until(is_heard)
        voice.interrupted()
        await self.pipeline.send(InterruptionFrame())
        await self.pipeline.settle()

    async def hear_out(self, *frames: Frame) -> None:
        stopped = sum(isinstance(frame, PlayoutStoppedFrame) for frame in self.pipeline.down)
        await self.pipeline.send(*frames)
        await self.pipeline.until_down(PlayoutStoppedFrame, stopped + 1)
        await self.pipeline.settle()


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
