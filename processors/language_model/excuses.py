"""What the bot says when the model does not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pipecat.utils.errors import ErrorCategory

from ..provider_requests import Complaint
from .attempts import FilteredReplyError
from .reply import Reply


@dataclass(frozen=True)
class Excuses:
    """Sentences for each way a reply can fail; an empty sentence is not said."""

    apology: str = ""
    """Spoken in place of an answer that failed; also where a sentence below is empty."""
    moment: str = ""
    """Spoken when an answer that failed is asked for again, which it is not without this."""
    slow: str = ""
    """Spoken when no answer has begun after a while, and again, sparingly."""
    cut: str = ""
    """Spoken after an answer that broke off."""
    after_tool: str = ""
    """Spoken in place of an answer that was to tell what a tool did: it did it already."""
    filtered: str = ""
    """Spoken when the provider will not talk about this."""
    unspeakable: str = ""
    """Spoken in place of an answer that is all for the eye, such as a listing."""
    unusable: str = ""
    """Spoken when no answer will ever come."""

    def sentence_for(self, error: Exception, reply: Reply, category: ErrorCategory) -> str:
        """Choose the sentence that is true: of what was said already, and of what was done.

        Args:
            error: Why the reply failed.
            reply: As far as it came.
            category: A permanent one if nobody will ever answer.
        """
        complaint = Complaint.of(error)
        is_filtered = complaint.is_about_content if complaint else False
        if category.is_permanent:
            chosen = self.unusable
        elif reply.has_text:
            chosen = self.cut
        elif is_filtered or isinstance(error, FilteredReplyError):
            chosen = self.filtered
        elif reply.is_after_tool:
            chosen = self.after_tool
        else:
            chosen = self.apology
        return chosen or self.apology


async def repeat_while_waiting(
    say: Callable[[], Awaitable[bool]], *, first_secs: float, again_secs: float
) -> None:
    """Say that it takes long, and say it again, until cancelled.

    Args:
        say: Returns whether it was said: it may be too early for it.
        first_secs: Until it is said, or tried again.
        again_secs: Until it is said once more.
    """
    await asyncio.sleep(first_secs)
    while True:
        was_said = await say()
        await asyncio.sleep(again_secs if was_said else first_secs)
