"""Voices that say whole replies in virtual time, and the memory behind the output they speak to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pipecat.frames.frames import (
    AggregatedTextFrame,
    Frame,
    InterruptionFrame,
    LLMFullResponseStartFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    TTSTextFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.utils.context.word_timestamp_tracker import WordTimestampTracker
from pipecat.utils.text.base_text_aggregator import TextType
from typing_extensions import override

from processors.frames import PlayoutStoppedFrame, SpokenWord, SpokenWordsFrame
from processors.room.output import OUTPUT_SAMPLE_RATE_HZ as RATE_HZ
from processors.room.output import RoomOutput
from tests.fake_output import source_of
from tests.fake_pipeline import FakePipeline
from tests.virtual_time import VirtualClock
from tests.voice_frames import sentence
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

    @override
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

    async def begin(
        self, voice: TellingVoice, sentences: Sequence[str], level: int, secs: float
    ) -> None:
        """Have the bot begin a reply; returns when so much was heard."""
        frames = voice.reply(sentences, level, f"reply-{level}")
        await self.pipeline.send(LLMFullResponseStartFrame(), *frames)

        async def is_heard() -> bool:
            return self.heard_secs(level) >= secs

        await until(is_heard)

    async def cut(
        self, voice: TellingVoice, sentences: Sequence[str], level: int, secs: float
    ) -> None:
        """Have the bot begin a reply, and interrupt it when so much was heard."""
        await self.begin(voice, sentences, level, secs)
        voice.interrupted()
        await self.pipeline.send(InterruptionFrame())
        await self.pipeline.settle()

    async def hear_out(self, *frames: Frame) -> None:
        stopped = sum(isinstance(frame, PlayoutStoppedFrame) for frame in self.pipeline.down)
        await self.pipeline.send(*frames)
        await self.pipeline.until_down(PlayoutStoppedFrame, stopped + 1)
        await self.pipeline.settle()
