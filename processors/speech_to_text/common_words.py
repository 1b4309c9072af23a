"""The words of two recognisers that hear the same caller."""

from __future__ import annotations

from collections.abc import Callable

from pipecat.frames.frames import InterimTranscriptionFrame, TranscriptionFrame
from typing_extensions import override

from ..turns.words_once import WordsOnce


class CommonWords(WordsOnce):
    """One account for both: what one said the other must not repeat, unless nobody heard it.

    Args:
        common: The account.
        of: Whose this is.
        active: Whose words count at present.
    """

    def __init__(self, common: WordsOnce, *, of: object, active: Callable[[], object]) -> None:
        super().__init__()
        self._common = common
        self._of = of
        self._active = active

    @override
    def admit(self, frame: TranscriptionFrame | InterimTranscriptionFrame) -> bool:
        """Ask the common account, if the words count."""
        return self._active() is self._of and self._common.admit(frame)
