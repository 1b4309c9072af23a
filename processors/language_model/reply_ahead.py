"""Has the speech of a reply made while the reply is being written."""

from __future__ import annotations

from typing import Protocol

from processors.text_to_speech.spoken_pieces import SpokenPieces


class PreparedSpeech(Protocol):
    """Where speech is made ahead of its time: a text-to-speech service that can."""

    async def prepare(self, text: str, *, is_first: bool) -> None:
        """Make the speech of a piece of the reply."""
        ...

    async def drop_prepared(self) -> None:
        """The reply will not be spoken."""
        ...


class ReplyAhead:
    """Cuts a reply as the text-to-speech service will cut it; owned by the language model service.

    Speech can so be made while the turn is still open, and of sentences not yet spoken.

    Args:
        voice: Makes the speech; None if none is made ahead.
    """

    def __init__(self, voice: PreparedSpeech | None = None) -> None:
        self._voice = voice
        self._pieces = SpokenPieces()
        self._count = 0

    @property
    def is_silent(self) -> bool:
        """Whether nothing of the reply so far can be said."""
        return self._count == 0

    def begin(self) -> None:
        """A reply begins."""
        self._pieces = SpokenPieces()
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
