"""What the rest of a conversation may expect of its voice; see docs/services.md."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from pipecat.frames.frames import Frame
from pipecat.processors.frame_processor import FrameDirection


@runtime_checkable
class TextToSpeech(Protocol):
    """A processor that speaks replies: a service in its layer, or two as one.

    In: `LLMTextFrame`s between `LLMFullResponseStartFrame` and `LLMFullResponseEndFrame`,
    `TTSSpeakFrame`; `InterruptionFrame` ends what is being spoken.

    Out: `AggregatedTextFrame` ahead of a piece's audio, `TTSStartedFrame` and `TTSStoppedFrame`
    once a reply, `TTSAudioRawFrame`, `SpokenWordsFrame` where the times of words are known, and
    `TTSTextFrame` behind a piece whose speech was whole. Up: `ErrorFrame` for a piece that was not
    spoken; its processor is unusable if it will never speak again.

    One whose speech can be made ahead cuts a reply (`reply_pieces`), makes its pieces (`prepare`)
    and forgets them (`drop_prepared`); the language model asks for that.
    """

    @property
    def name(self) -> str:
        """What it is called in logs and metrics."""
        ...

    @property
    def is_usable(self) -> bool:
        """Whether it can still speak."""
        ...

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Take a frame."""
        ...
