"""One attempt at a reply over Google's protocol, whole or failed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from typing import Any

from google.genai.types import FinishReason

from .attempting import Attempting
from .attempts import CutReplyError, FilteredReplyError, ends_a_sentence
from .patience import TAIL_SECS

_WHOLE = (FinishReason.STOP, FinishReason.FINISH_REASON_UNSPECIFIED)
_FILTERED = (
    FinishReason.SAFETY,
    FinishReason.RECITATION,
    FinishReason.LANGUAGE,
    FinishReason.BLOCKLIST,
    FinishReason.PROHIBITED_CONTENT,
    FinishReason.SPII,
    FinishReason.IMAGE_SAFETY,
    FinishReason.IMAGE_PROHIBITED_CONTENT,
    FinishReason.IMAGE_RECITATION,
)
"""It would do so again; any other reason, and new ones come, may not be there next time."""

_TEXT_END_CHARS = 8
"""In which a mark and what closes behind it are found."""


async def chunks_of(stream: Any, *, service: Attempting) -> AsyncGenerator[Any]:
    """Yield the chunks of a reply; what fails after its end does not make it less of one.

    Pipecat writes the reason of an end into the log and reads on. A reply that ends without one is
    whole if it looks like it: some servers never say so.

    Args:
        stream: Of the SDK.
        service: Told of the signs of life that Pipecat passes over.

    Raises:
        EmptyAnswerError: The reply is not whole.
    """
    has_ended = has_called = False
    text_end = ""
    async with aclosing(stream.__aiter__()) as chunks:
        while True:
            try:
                # Some servers end each chunk with a reason, so more may follow.
                async with asyncio.timeout(TAIL_SECS if has_ended else None):
                    chunk = await anext(chunks, None)
            except Exception:
                # Whatever the SDK raises: the reply is whole once its end was told.
                if not has_ended:
                    raise
                return
            if chunk is None:
                if text_end and not (has_ended or has_called or ends_a_sentence(text_end)):
                    raise CutReplyError("a reply that was cut short")
                return
            if chunk.prompt_feedback and chunk.prompt_feedback.block_reason:
                raise FilteredReplyError("a request that was filtered")
            reasons = [one.finish_reason for one in chunk.candidates or [] if one.finish_reason]
            _judge(reasons)
            has_ended = has_ended or bool(reasons)
            has_called = has_called or bool(chunk.function_calls)
            if reasons or chunk.function_calls:
                service.note_life()
            text_end = (text_end + _text_of(chunk))[-_TEXT_END_CHARS:]
            yield chunk


def _text_of(chunk: Any) -> str:
    """Return what of a chunk is for the caller."""
    contents = [one.content for one in chunk.candidates or [] if one.content]
    parts = [part for content in contents for part in content.parts or []]
    return "".join(part.text for part in parts if part.text and not part.thought)


def _judge(reasons: Iterable[FinishReason]) -> None:
    for reason in reasons:
        if reason in _FILTERED:
            raise FilteredReplyError("a reply that was filtered")
        if reason not in _WHOLE:
            raise CutReplyError("a reply that was cut short")
