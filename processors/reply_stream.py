"""One streamed completion with deadlines: the first token in time, or asked a second time.

Tool calls are held back until they are complete, so that a half-made call is never acted on.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing
from typing import Any, cast

from openai import AsyncStream
from openai.types.chat import ChatCompletionChunk

from processors.openai_requests import REQUEST_ERRORS, EmptyAnswerError, is_transient

OpenCompletion = Callable[[], Awaitable[AsyncStream[ChatCompletionChunk]]]


class ReplyStream:
    """Iterates over the chunks of one reply; owned by the language model service.

    Args:
        open_completion: Makes the request; called a second time if the first brings nothing.
        first_token_secs: What each attempt may take to its first token.
        stall_secs: Between two chunks after that.
    """

    def __init__(
        self, open_completion: OpenCompletion, *, first_token_secs: float, stall_secs: float
    ) -> None:
        self._open_completion = open_completion
        self._first_token_secs = first_token_secs
        self._stall_secs = stall_secs
        self._has_text = False

    async def __aiter__(self) -> AsyncGenerator[ChatCompletionChunk]:
        """Yield the chunks of the first attempt that works.

        Raises:
            REQUEST_ERRORS: Both attempts failed, or one did after text was passed on.
        """
        try:
            async with aclosing(self._attempt()) as chunks:
                async for chunk in chunks:
                    yield chunk
            return
        except REQUEST_ERRORS as error:
            if self._has_text or not is_transient(error):
                raise
        async with aclosing(self._attempt()) as chunks:
            async for chunk in chunks:
                yield chunk

    async def close(self) -> None:
        """Nothing is open between two iterations."""

    async def _attempt(self) -> AsyncGenerator[ChatCompletionChunk]:
        held: list[ChatCompletionChunk] = []
        async with aclosing(self._chunks()) as chunks:
            async for chunk in chunks:
                delta = chunk.choices[0].delta if chunk.choices else None
                if delta and delta.tool_calls:
                    held.append(chunk)
                    continue
                self._has_text = self._has_text or bool(delta and delta.content)
                yield chunk
        if held:
            _check_calls(held)
        for chunk in held:
            yield chunk
        if not held and not self._has_text:
            raise EmptyAnswerError("an empty completion")

    async def _chunks(self) -> AsyncGenerator[ChatCompletionChunk]:
        """Yield the chunks of one request, each within its deadline."""
        clock = asyncio.get_running_loop()
        deadline = clock.time() + self._first_token_secs
        has_begun = False
        async with AsyncExitStack() as stack:
            async with asyncio.timeout_at(deadline):
                stream = await self._open_completion()
            stack.push_async_callback(stream.close)
            # The iterator goes first: uvloop cannot finalise the generators inside it.
            chunks: Any = await stack.enter_async_context(aclosing(cast(Any, stream.__aiter__())))
            while True:
                async with asyncio.timeout_at(deadline):
                    chunk = await anext(chunks, None)
                if chunk is None:
                    return
                has_begun = has_begun or _has_content(chunk)
                yield chunk
                if has_begun:
                    deadline = clock.time() + self._stall_secs


def _has_content(chunk: ChatCompletionChunk) -> bool:
    delta: Any = chunk.choices[0].delta if chunk.choices else None
    return bool(delta and (delta.content or delta.tool_calls))


def _check_calls(chunks: list[ChatCompletionChunk]) -> None:
    """Refuse a completion with a tool call whose arguments are not a JSON object."""
    arguments: dict[int, str] = {}
    for chunk in chunks:
        for call in chunk.choices[0].delta.tool_calls or []:
            text = (call.function.arguments or "") if call.function else ""
            arguments[call.index] = arguments.get(call.index, "") + text
    for text in arguments.values():
        try:
            value: object = json.loads(text or "{}")
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise EmptyAnswerError("a tool call with malformed arguments")
