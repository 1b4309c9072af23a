"""Whose fault it is that a text was not spoken: the text's, or the voice's."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from pipecat.frames.frames import Frame
from pipecat.utils.errors import ErrorCategory

from ..provider_requests import REQUEST_ERRORS, failure_of

MAX_SILENT_REPLIES = 3
"""In a row, for the fault of the voice: then it is given up. Pipecat's number."""

TRUSTED_REFUSALS = 3
"""In a row: for so long a voice that has spoken is not asked whether it still can."""

PROBE = "Hello."
"""What every voice can say."""

_PLAIN = re.compile(r"[A-Za-z][A-Za-z ,.'!?]{0,39}")
"""Text that no voice refuses for what it is."""

_REFUSALS = (400, 413, 422)


class Verdict:
    """Judges failures of one voice.

    Args:
        probe: Makes speech of a text, to see whether the voice still can.
    """

    def __init__(self, *, probe: Callable[[str], AsyncGenerator[Frame]]) -> None:
        self._probe = probe
        self._trusted_refusals = 0
        self._silent_replies: set[str] = set()

    @property
    def is_given_up(self) -> bool:
        """True if too many replies in a row were silent for the fault of the voice."""
        return len(self._silent_replies) >= MAX_SILENT_REPLIES

    def note_speech(self) -> None:
        """The voice speaks."""
        self._trusted_refusals = TRUSTED_REFUSALS
        self._silent_replies.clear()

    async def category_of(self, error: Exception, *, text: str, context_id: str) -> ErrorCategory:
        """Return what kind of failure it is that a text was not spoken, and remember it.

        Args:
            error: What its request failed with.
            text: That was to be spoken.
            context_id: Of the reply it belongs to.
        """
        if await self._is_text_to_blame(text, error):
            return ErrorCategory.APPLICATION
        self._silent_replies.add(context_id)
        _, category = failure_of(error)
        if category is ErrorCategory.APPLICATION:
            # Not this request alone: every other would be refused as well.
            return ErrorCategory.INVALID_REQUEST
        return category

    async def _is_text_to_blame(self, text: str, error: Exception) -> bool:
        """Return True if the voice refused this text only, and would speak another."""
        if not is_refusal(error) or names_setting(error):
            return False
        if self._trusted_refusals:
            self._trusted_refusals -= 1
            return True
        if _PLAIN.fullmatch(text):
            return False
        try:
            async with aclosing(self._probe(PROBE)) as frames:
                async for _ in frames:
                    break
        except REQUEST_ERRORS as failure:
            return not is_refusal(failure)
        self._trusted_refusals = TRUSTED_REFUSALS
        return True


def is_refusal(error: Exception) -> bool:
    """Return True if the server did not want this request, which may be for its text."""
    return getattr(error, "status_code", None) in _REFUSALS


def names_setting(error: Exception) -> bool:
    """Return True if the server says that it did not want the model or the voice."""
    complaint = f"{getattr(error, 'param', None)} {getattr(error, 'code', None)}".lower()
    return "voice" in complaint or "model" in complaint
