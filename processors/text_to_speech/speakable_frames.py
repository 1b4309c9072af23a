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
from pipecat.utils.string import resolve_sentence_tokenizer_language
from pipecat.utils.text.base_text_aggregator import Aggregation
from typing_extensions import override

from .spoken_pieces import SpokenPieces, pieces_of

_OTHER_TEXTS = (
    AggregatedTextFrame,
    TranscriptionFrame,
    InterimTranscriptionFrame,
    EagerTranscriptionFrame,
)

_REWRITERS = ("text_filters", "text_filter", "text_transforms")
"""Of Pipecat's services: they change what is said, not what is announced."""


class SpeakableFrames(TTSService):
    """The upper half of `Speaking`: text goes in as it was written, and on in pieces to speak."""

    def __init__(self, **service: Any) -> None:
        self._line: TTSSpeakFrame | None = None
        self._line_pieces: list[str] = []
        self._announced: dict[str, str] = {}
        """Of long lines not yet announced: the first piece."""
        self._rewrites = any(service.get(name) for name in _REWRITERS)
        super().__init__(**service)
        self._pieces = self.reply_pieces()

    @property
    @override
    def text_aggregation_language(self) -> str:
        """By whose rules a reply is cut: of the language spoken; English if that is not known.

        Pipecat asks the aggregator, which some of its services replace by an English one.
        """
        language: object = getattr(self.settings, "language", None)
        return resolve_sentence_tokenizer_language(language if isinstance(language, str) else "")

    def reply_pieces(self) -> SpokenPieces:
        """Return what cuts a reply as this voice does, by the rules of the language it speaks."""
        return SpokenPieces(language=self.text_aggregation_language)

    def pieces_of_line(self, text: str) -> tuple[TTSSpeakFrame | None, list[str]]:
        """Return the long line of our own that is to be said, and its pieces; else the text."""
        return (self._line, self._line_pieces) if self._line else (None, [text])

    @override
    def add_text_transformer(self, *args: Any, **options: Any) -> None:
        """Say long lines in one piece from here on: pieces are not what was transformed."""
        self._rewrites = True
        super().add_text_transformer(*args, **options)

    @override
    async def push_frame(
        self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM
    ) -> None:
        """Announce a long line by its first piece; the others are announced in their turn."""
        if type(frame) is AggregatedTextFrame:
            frame.text = self._announced.pop(frame.text, frame.text)
        await super().push_frame(frame, direction)

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
            try:
                await super().process_frame(frame, direction)
            finally:
                self._line = None
            return
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
        pieces = await pieces_of(frame.text, language=self.text_aggregation_language)
        if not pieces:
            return None
        # The frame itself belongs to its sender.
        line = copy.copy(frame)
        line.text = " ".join(pieces)
        if len(pieces) > 1 and not self._rewrites:
            self._line, self._line_pieces = line, pieces
            self._announced[line.text] = pieces[0]
        return line
