"""One attempt at a reply over OpenAI's protocol, in the one shape Pipecat reads.

Words are passed on as they come. Tool calls are held back until the reply is whole, so that a
half-made call is never acted on.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing
from typing import Any

from openai.types.chat import ChatCompletionChunk
from openai.types.chat.chat_completion_chunk import Choice, ChoiceDelta

from ...provider_requests import REQUEST_ERRORS
from ..event_stream import DONE, EventStream, drain
from ..patience import Patience
from .reply_draft import ReplyDraft
from .request_shape import RequestShape

OpenAnswer = Callable[..., AbstractAsyncContextManager[Any]]
"""Makes a request; its value has the body of the answer as `iter_bytes()`."""


class ReplyStream:
    """Iterates over the chunks of one attempt; owned by the language model service.

    Args:
        open_answer: Makes a request with parameters, given by name.
        retract: Told that what was passed on of the reply was a thought.
        params: Of the request, before it is shaped for the server.
        shape: What the server is known to accept.
        patience: Its deadline is kept here, as a reply that has ended is whole though the stream
            goes on for longer.
        takes_calls: Whether the model may call tools.
    """

    def __init__(  # noqa: PLR0913 - the seams to the service
        self,
        open_answer: OpenAnswer,
        *,
        retract: Callable[[], Awaitable[None]],
        params: Mapping[str, Any],
        shape: RequestShape,
        patience: Patience,
        takes_calls: bool,
    ) -> None:
        self._open_answer = open_answer
        self._retract = retract
        self._params = params
        self._shape = shape
        self._patience = patience
        self._takes_calls = takes_calls

    async def close(self) -> None:
        """Nothing is open between two iterations."""

    async def __aiter__(self) -> AsyncGenerator[ChatCompletionChunk]:
        """Yield the chunks.

        Raises:
            REQUEST_ERRORS: The attempt failed.
        """
        draft = ReplyDraft(shape=self._shape, tool_names=_tool_names(self._params))
        try:
            async with aclosing(self._events()) as events:
                async for event in events:
                    text = draft.add(event)
                    self._shape.accept()
                    if draft.is_retracted:
                        await self._retract()
                    _note(self._patience, draft, text)
                    if text or draft.usage:
                        yield _chunk(draft, text)
        except REQUEST_ERRORS:
            # What comes after the end of a reply does not make it less of one.
            if not draft.has_ended:
                raise
        if text := draft.rest():
            yield _chunk(draft, text)
        for call in draft.finish(takes_calls=self._takes_calls):
            yield _chunk(draft, call=call)

    async def _events(self) -> AsyncGenerator[object]:
        """Yield the events of the answer, each within its deadline."""
        stream = EventStream()
        params = self._shape.shaped(self._params)
        if not self._takes_calls and params.get("tools"):
            params["tool_choice"] = "none"
        async with AsyncExitStack() as stack:
            async with asyncio.timeout_at(self._patience.deadline_secs):
                answer = await stack.enter_async_context(self._open_answer(**params))
            # The iterator goes first: uvloop cannot finalise the generators inside it.
            chunks = await stack.enter_async_context(aclosing(answer.iter_bytes()))
            while True:
                async with asyncio.timeout_at(self._patience.deadline_secs):
                    data = await anext(chunks, None)
                for event in stream.finish() if data is None else stream.feed(data):
                    if event == DONE:
                        await drain(chunks)
                        yield event
                        return
                    yield event
                if data is None:
                    return


def load() -> None:
    """Have the SDK's types of a reply built, which happens when the first one is made: 2 ms."""
    function = {"name": "f", "arguments": "{}"}
    delta = {"content": "Hi", "tool_calls": [{"function": function}]}
    draft = ReplyDraft(shape=RequestShape(), tool_names=["f"])
    draft.add({"choices": [{"delta": delta}], "usage": {"prompt_tokens": 1}})
    draft.add(DONE)
    for call in draft.finish(takes_calls=True):
        _chunk(draft, "Hi", call)


def _chunk(draft: ReplyDraft, text: str = "", call: Any = None) -> ChatCompletionChunk:
    delta = ChoiceDelta(content=text or None, tool_calls=[call] if call else None)
    usage, draft.usage = draft.usage, None
    return ChatCompletionChunk(
        id="",
        choices=[Choice(index=0, delta=delta)] if text or call else [],
        created=0,
        model=draft.model,
        object="chat.completion.chunk",
        usage=usage,
    )


def _note(patience: Patience, draft: ReplyDraft, text: str) -> None:
    now_secs = asyncio.get_running_loop().time()
    if any(map(str.isalnum, text)):
        patience.note_words(now_secs)
    elif draft.has_new_call:
        patience.note_call(now_secs)
    elif draft.has_new_thought:
        patience.note_thought(now_secs)
    elif draft.has_surely_ended:
        patience.note_end(now_secs)


def _tool_names(params: Mapping[str, Any]) -> list[str]:
    tools: Any = params.get("tools")
    return [tool["function"]["name"] for tool in tools] if isinstance(tools, list) else []
