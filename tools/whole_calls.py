"""Makes every server's way of streaming tool calls the one Pipecat reads.

Pipecat looks at the first tool call of a chunk only, tells calls apart by a rising index, and takes
the id as it comes. Some OpenAI-compatible servers send several calls in one chunk, all with the
same index, or with an empty id, or with the same id in every reply.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from openai.types.chat import ChatCompletionChunk
from openai.types.chat.chat_completion_chunk import ChoiceDeltaToolCall


class WholeCalls:
    """Iterates over the chunks of a reply; its calls come last, one whole call in each chunk.

    Args:
        stream: The reply as the service has it: iterable, with `close`.
        used_ids: Ids of calls there have been; those of this reply are added.
    """

    def __init__(self, stream: Any, *, used_ids: set[str]) -> None:
        self._stream = stream
        self._used_ids = used_ids

    async def __aiter__(self) -> AsyncGenerator[ChatCompletionChunk]:
        calls: list[ChoiceDeltaToolCall] = []
        last: ChatCompletionChunk | None = None
        async with aclosing(self._stream.__aiter__()) as chunks:
            async for chunk in chunks:
                delta = chunk.choices[0].delta if chunk.choices else None
                if delta is None or not delta.tool_calls:
                    yield chunk
                    continue
                for piece in delta.tool_calls:
                    _add(calls, piece)
                last = chunk
                if delta.content:
                    yield _with_delta(chunk, {"tool_calls": None})
        for index, call in enumerate(calls):
            if last is not None:
                call.index, call.id = index, self._unique(call.id)
                yield _with_delta(last, {"tool_calls": [call], "content": None})

    async def close(self) -> None:
        """Close the reply."""
        await self._stream.close()

    def _unique(self, call_id: str | None) -> str:
        if not call_id or call_id in self._used_ids:
            call_id = f"call_{uuid.uuid4().hex[:24]}"
        self._used_ids.add(call_id)
        return call_id


def _add(calls: list[ChoiceDeltaToolCall], piece: ChoiceDeltaToolCall) -> None:
    """Join a piece with the call it belongs to, or begin a new one."""
    begun = next((call for call in reversed(calls) if call.index == piece.index), None)
    name = piece.function.name if piece.function else None
    # A second name at the same index is a second call.
    if begun is None or begun.function is None or (name and begun.function.name):
        calls.append(piece.model_copy(deep=True))
        return
    begun.id = begun.id or piece.id
    if piece.function is not None:
        begun.function.name = begun.function.name or name
        arguments = (begun.function.arguments or "") + (piece.function.arguments or "")
        begun.function.arguments = arguments


def _with_delta(chunk: ChatCompletionChunk, changes: dict[str, Any]) -> ChatCompletionChunk:
    choice = chunk.choices[0]
    changed = choice.model_copy(update={"delta": choice.delta.model_copy(update=changes)})
    # The usage is told once, by the chunk it came with or by a later one.
    return chunk.model_copy(update={"choices": [changed], "usage": None})
