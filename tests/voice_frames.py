"""What the voice sends to the output for lines of speech."""

from __future__ import annotations

import numpy as np
from pipecat.frames.frames import (
    AggregatedTextFrame,
    Frame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    TTSTextFrame,
)
from pipecat.utils.text.base_text_aggregator import TextType

from processors.room.output import OUTPUT_SAMPLE_RATE_HZ as RATE_HZ

LEVEL = 8000
"""Of every sample, where the test names none."""


def sentence(text: str, *, secs: float, level: int = LEVEL) -> list[Frame]:
    """One sentence."""
    announcement = AggregatedTextFrame(text, TextType.SENTENCE)
    announcement.append_to_context = False
    announcement.will_be_spoken = True
    audio = np.full(round(RATE_HZ * secs), level, np.int16).tobytes()
    spoken = TTSTextFrame(text, text_type=TextType.SENTENCE)
    spoken.append_to_context = True
    return [announcement, TTSAudioRawFrame(audio, RATE_HZ, 1), spoken]


def reply(*sentences: list[Frame]) -> list[Frame]:
    """A reply of the model."""
    frames = [frame for one in sentences for frame in one]
    return [
        LLMFullResponseStartFrame(),
        TTSStartedFrame(),
        *frames,
        TTSStoppedFrame(),
        LLMFullResponseEndFrame(),
    ]


def filler(text: str, *, secs: float) -> list[Frame]:
    """A line that the model is not to know of."""
    started = TTSStartedFrame(context_id="filler")
    started.append_to_context = False
    announcement, audio, spoken = sentence(text, secs=secs)
    assert isinstance(announcement, AggregatedTextFrame) and isinstance(spoken, TTSTextFrame)
    announcement.context_id = "filler"
    spoken.append_to_context = False
    return [announcement, started, audio, spoken, TTSStoppedFrame()]
