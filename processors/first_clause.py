"""Cuts a reply into what is spoken in one go: its first clause, then sentences."""

from __future__ import annotations

from collections.abc import AsyncIterator

from pipecat.utils.text.base_text_aggregator import Aggregation, TextType
from pipecat.utils.text.simple_text_aggregator import SimpleTextAggregator

LEAST_CHARS = 4
"""Of a first clause: "Sure," may go ahead, "A," may not."""

_MARKS = ",;:"
_SURE_MARKS = ",;"
"""After a letter these end a clause whatever follows, so the next token need not be awaited."""


class FirstClause(SimpleTextAggregator):
    """Pipecat's sentence aggregator that lets the first clause of a reply go ahead.

    The voice can then start a few words earlier; the break is where a speaker would breathe.
    """

    def __init__(self) -> None:
        super().__init__(aggregation_type=TextType.SENTENCE)
        self._is_first = True

    async def aggregate(self, text: str) -> AsyncIterator[Aggregation]:
        """Add text; yields every piece that is complete."""
        for char in text:
            async for piece in super().aggregate(char):
                self._is_first = False
                yield piece
            if self._is_first and self._is_clause(char):
                clause = self._text.strip(" ")
                await self.reset()
                self._is_first = False
                yield Aggregation(text=clause, type=TextType.SENTENCE)

    async def flush(self) -> Aggregation | None:
        """Return what is left; the next text is a new reply."""
        rest = await super().flush()
        self._is_first = True
        return rest

    async def handle_interruption(self) -> None:
        """Drop what is left; the next text is a new reply."""
        await super().handle_interruption()
        self._is_first = True

    def _is_clause(self, char: str) -> bool:
        """Return True if `char`, the last one of the text so far, shows it to be a clause."""
        clause = self._text.strip(" ")
        if len(clause) <= LEAST_CHARS:
            return False
        is_sure = char in _SURE_MARKS and clause[-2].isalpha()
        return is_sure or (char == " " and clause[-1] in _MARKS)
