"""Has the speech of a reply made while the reply is being written."""

from __future__ import annotations

from processors.text_to_speech.speech_ahead import PreparedSpeech
from processors.text_to_speech.spoken_pieces import SpokenPieces


class ReplyAhead:
    """Cuts a reply as the text-to-speech service will cut it; owned by the language model service.

    Speech can so be made while the turn is still open, and of sentences not yet spoken.
    """

    def __init__(self) -> None:
        self._voice: PreparedSpeech | None = None
        self._pieces = SpokenPieces()
        self._count = 0

    @property
    def is_silent(self) -> bool:
        """Whether nothing of the reply so far can be said."""
        return self._count == 0

    def speak_with(self, voice: PreparedSpeech) -> None:
        """Have speech made by this service."""
        self._voice = voice

    def begin(self) -> None:
        """A reply begins."""
        language = self._voice.text_aggregation_language if self._voice else ""
        self._pieces = SpokenPieces(language=language)
        self._count = 0

    async def add(self, text: str) -> None:
        """Take more of the reply."""
        async for piece in self._pieces.aggregate(text):
            await self._prepare(piece.text)

    async def finish(self) -> None:
        """The reply is all there."""
        rest = await self._pieces.flush()
        if rest:
            await self._prepare(rest.text)

    async def drop(self) -> None:
        """The reply will not be spoken."""
        if self._voice:
            await self._voice.drop_prepared()

    async def _prepare(self, piece: str) -> None:
        self._count += 1
        if self._voice:
            await self._voice.prepare(piece, is_first=self._count == 1)
