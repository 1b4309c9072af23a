"""What a reply says of its own texts, around their audio."""

from __future__ import annotations

from pipecat.frames.frames import AggregatedTextFrame, TTSTextFrame
from pipecat.utils.text.base_text_aggregator import TextType


def announced(text: str, reply_id: str) -> AggregatedTextFrame:
    """Return the word that the audio which follows is of this text."""
    frame = AggregatedTextFrame(text, TextType.SENTENCE, raw_text=text)
    frame.append_to_context = False
    frame.will_be_spoken = True
    frame.context_id = reply_id
    return frame


def said(text: str, reply_id: str) -> TTSTextFrame:
    """Return the word that a text was spoken."""
    frame = TTSTextFrame(text, text_type=TextType.SENTENCE)
    frame.will_be_spoken = True
    frame.context_id = reply_id
    return frame
