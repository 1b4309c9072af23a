"""One attempt at a reply over Google's protocol, whole or failed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from google.genai.types import FinishReason

from .attempting import Attempting
from .attempts import CutReplyError, FilteredReplyError
from .patience import TAIL_SECS

_WHOLE = (FinishReason.STOP, FinishReason.FINISH_REASON_UNSPECIFIED)
_CUT = (
    FinishReason.MAX_TOKENS,
    FinishReason.MALFORMED_FUNCTION_CALL,
    FinishReason.UNEXPECTED_TOOL_CALL,
    FinishReason.OTHER,
)


async def chunks_of(stream: Any, *, service: Attempting) -> AsyncGenerator[Any]:
    """Yield the chunks of a reply; what fails after its end does not make it less of one.

    Pipecat writes the reason of an end into the log and reads on.

    Args:
        stream: Of the SDK.
        service: Told of the signs of life that Pipecat passes over.

    Raises:
        EmptyAnswerError: The reply is not whole.
    """
    has_ended = False
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
                return
            if chunk.prompt_feedback and chunk.prompt_feedback.block_reason:
                raise FilteredReplyError("a request that was filtered")
            reasons = [one.finish_reason for one in chunk.candidates or [] if one.finish_reason]
            for reason in reasons:
                _judge(reason)
            has_ended = has_ended or bool(reasons)
            if reasons or chunk.function_calls:
                service.note_life()
            yield chunk


def _judge(reason: FinishReason) -> None:
    if reason in _CUT:
        raise CutReplyError("a reply that was cut short")
    if reason not in _WHOLE:
        raise FilteredReplyError("a reply that was filtered")
