"""Has a text-to-speech service say something, and keeps what is heard of it and remembered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipecat.frames.frames import (
    AggregatedTextFrame,
    ErrorFrame,
    Frame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSTextFrame,
)
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.tests.utils import run_test


@dataclass(frozen=True)
class Spoken:
    """What came out of the service."""

    heard: bytes
    announced: list[str]
    """Each piece ahead of its audio: what captions are made from."""
    remembered: list[str]
    """Each piece whose speech was whole."""
    errors: list[ErrorFrame]


def reply(*tokens: str) -> list[Frame]:
    """Return a reply of the language model as it streams."""
    words = [LLMTextFrame(token) for token in tokens]
    return [LLMFullResponseStartFrame(), *words, LLMFullResponseEndFrame()]


async def spoken(service: FrameProcessor, frames: Sequence[Frame] | str) -> Spoken:
    """Return what the service makes of these frames, or of one text to be said."""
    sent = [TTSSpeakFrame(frames)] if isinstance(frames, str) else [*frames]
    down, up = await run_test(service, frames_to_send=sent)
    texts = [frame for frame in down if isinstance(frame, AggregatedTextFrame)]
    return Spoken(
        heard=b"".join(frame.audio for frame in down if isinstance(frame, TTSAudioRawFrame)),
        announced=[frame.text for frame in texts if not isinstance(frame, TTSTextFrame)],
        remembered=[frame.text for frame in texts if isinstance(frame, TTSTextFrame)],
        errors=[frame for frame in up if isinstance(frame, ErrorFrame)],
    )
