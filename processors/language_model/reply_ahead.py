"""Has the speech of a reply made while the reply is being written."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol, runtime_checkable

from pipecat.utils.text.base_text_aggregator import Aggregation


class ReplyPieces(Protocol):
    """Cuts one reply into what is spoken in one go; a text aggregator of Pipecat's is one."""

    def aggregate(self, text: str) -> AsyncIterator[Aggregation]:
        """Add text; yields every piece that is complete."""
        ...

    async def flush(self) -> Aggregation | None:
        """Return what is left."""
        ...


@runtime_checkable
class PreparedSpeech(Protocol):
    """Where speech is made ahead of its time: a text-to-speech service that can."""

    def reply_pieces(self) -> ReplyPieces:
        """Return what cuts a reply as the service itself does."""
        ...

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
        self._pieces = voice.reply_pieces() if voice else None
        self._count = 0

    @property
    def is_silent(self) -> bool:
        """Whether nothing of the reply so far can be said; False without a voice to know it."""
        return self._voice is not None and self._count == 0

    def begin(self) -> None:
        """A reply begins."""
        self._pieces = self._voice.reply_pieces() if self._voice else None
        self._count = 0

    async def add(self, text: str) -> None:
        """Take more of the reply."""
        if self._voice and self._pieces:
            async for piece in self._pieces.aggregate(text):
                await self._prepare(self._voice, piece.text)

    async def finish(self) -> None:
        """The reply is all there."""
        if self._voice and self._pieces and (rest := await self._pieces.flush()):
            await self._prepare(self._voice, rest.text)

    async def drop(self) -> None:
        """The reply will not be spoken."""
        if self._voice:
            await self._voice.drop_prepared()

    async def _prepare(self, voice: PreparedSpeech, piece: str) -> None:
        self._count += 1
        await voice.prepare(piece, is_first=self._count == 1)
