"""What is to be said, made speakable and cut into pieces before a Pipecat service sees it."""

from __future__ import annotations

import copy
from typing import Any

from pipecat.frames.frames import (
    AggregatedTextFrame,
    EagerTranscriptionFrame,
    EndFrame,
    Frame,
    InterimTranscriptionFrame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    TextFrame,
    TranscriptionFrame,
    TTSSpeakFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.tts_service import TTSService
from pipecat.utils.text.base_text_aggregator import Aggregation
from typing_extensions import override

from .spoken_pieces import SpokenPieces, pieces_of

_OTHER_TEXTS = (
    AggregatedTextFrame,
    TranscriptionFrame,
    InterimTranscriptionFrame,
    EagerTranscriptionFrame,
)


class SpeakableFrames(TTSService):
    """The upper half of `Speaking`: text goes in as it was written, and on in pieces to speak."""

    def __init__(self, **service: Any) -> None:
        self._long_lines: dict[str, list[str]] = {}
        super().__init__(**service)
        self._pieces = self.reply_pieces()

    @property
    def spoken_language(self) -> str:
        """What it speaks, by whose rules text is cut; "" if it was not told.

        Pipecat's `text_aggregation_language` is English where a service has its own aggregator.
        """
        return str(self.settings.given_fields().get("language") or "")

    def reply_pieces(self) -> SpokenPieces:
        """Return what cuts a reply as this voice does."""
        return SpokenPieces(language=self.spoken_language)

    def pieces_of_line(self, text: str) -> list[str]:
        """Return in which pieces a text is asked for: only a long line of our own has several."""
        return self._long_lines.pop(text, [text])

    @override
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Make what is to be said speakable, and cut it into pieces, before the service sees it."""
        if isinstance(frame, TextFrame) and not isinstance(frame, _OTHER_TEXTS):
            if not frame.skip_tts:
                await self._add_text(frame.text, direction)
                return
        elif isinstance(frame, TTSSpeakFrame):
            line = await self._speakable(frame)
            if line is None or not self.is_usable:
                return
            frame = line
        elif isinstance(frame, LLMFullResponseEndFrame | EndFrame):
            if not (isinstance(frame, LLMFullResponseEndFrame) and frame.skip_tts):
                await self._hand_on(await self._pieces.flush(), direction)
                # The voice may have been told another language meanwhile.
                self._pieces = self.reply_pieces()
        elif isinstance(frame, InterruptionFrame):
            self._pieces = self.reply_pieces()
        await super().process_frame(frame, direction)

    async def _add_text(self, text: str, direction: FrameDirection) -> None:
        await self.start_text_aggregation_metrics()
        async for piece in self._pieces.aggregate(text):
            await self.stop_text_aggregation_metrics()
            await self._hand_on(piece, direction)

    async def _hand_on(self, piece: Aggregation | None, direction: FrameDirection) -> None:
        # A voice that speaks no more is asked nothing: Pipecat would write the text into the log.
        if piece and self.is_usable:
            frame = AggregatedTextFrame(piece.text, piece.type, raw_text=piece.text)
            await super().process_frame(frame, direction)

    async def _speakable(self, frame: TTSSpeakFrame) -> TTSSpeakFrame | None:
        """Return a line as it is said; None if there is nothing to say."""
        pieces = await pieces_of(frame.text, language=self.spoken_language)
        if not pieces:
            return None
        # The frame itself belongs to its sender.
        line = copy.copy(frame)
        line.text = " ".join(pieces)
        if len(pieces) > 1:
            self._long_lines[line.text] = pieces
        return line
