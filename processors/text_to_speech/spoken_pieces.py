"""Cuts a reply into pieces as they are spoken: without markup, none of them without a word."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from pipecat.utils.string import resolve_sentence_tokenizer_language
from pipecat.utils.text.base_text_aggregator import Aggregation, TextType
from typing_extensions import override

from .first_clause import MAX_CHARS, FirstClause
from .said_text import PAUSE
from .speakable_text import SpeakableText

_EMPTY_BRACKETS = re.compile(r"\(\s*\)|\"\s*\"|“\s*”")
_LOOSE_MARK = re.compile(r"\s+(?=[,.;:!?…](?!\w))")
_LEADING_MARKS = re.compile(r"^(?:[,;:.!?…]+\s+)+")
_SPACES = re.compile(r" {2,}")


class SpokenPieces(FirstClause):
    """Takes a reply as the model writes it and yields its pieces as they are said.

    Captions and the memory of the conversation are made from the same pieces, so they hold what the
    caller heard.

    Args:
        language: A BCP 47 tag; empty for English.
    """

    def __init__(self, *, language: str = "") -> None:
        super().__init__(language=language)
        self._speakable = SpeakableText(language=self.language)

    @override
    async def aggregate(self, text: str) -> AsyncIterator[Aggregation]:
        """Add text; yields every piece that is complete."""
        async for piece in super().aggregate(self._speakable.feed(text)):
            spoken = _tidied(piece.text)
            if spoken:
                yield Aggregation(text=spoken, type=piece.type)

    @override
    async def flush(self) -> Aggregation | None:
        """Return what is left; the next text is a new reply."""
        held = self._speakable.finish()
        pieces = [piece.text async for piece in super().aggregate(held)]
        rest = await super().flush()
        spoken = _tidied(" ".join([*pieces, rest.text if rest else ""]))
        return Aggregation(text=spoken, type=TextType.SENTENCE) if spoken else None

    @override
    async def handle_interruption(self) -> None:
        """Drop what is left; the next text is a new reply."""
        self._speakable.finish()
        await super().handle_interruption()


async def pieces_of(text: str, *, language: str = "") -> list[str]:
    """Return what is said of a text that is there as a whole; cut only if it is long."""
    speakable = SpeakableText(language=resolve_sentence_tokenizer_language(language))
    said = _tidied((speakable.feed(text) + speakable.finish()).replace(PAUSE, " "))
    if len(said) <= MAX_CHARS:
        return [said] if said else []
    aggregator = SpokenPieces(language=language)
    pieces = [piece.text async for piece in aggregator.aggregate(text)]
    rest = await aggregator.flush()
    return [*pieces, rest.text] if rest else pieces


def _tidied(piece: str) -> str:
    """Return the piece without what markup has left in it; "" if there is no word in it."""
    if not any(char.isalnum() for char in piece):
        return ""
    piece = _LOOSE_MARK.sub("", _EMPTY_BRACKETS.sub("", piece))
    return _LEADING_MARKS.sub("", _SPACES.sub(" ", piece).strip(" "))
