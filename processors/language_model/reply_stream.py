"""One reply of the model: asked for in time, whole, and in the one shape Pipecat reads.

Words are passed on as they come. Tool calls are held back until the reply is whole, so that a
half-made call is never acted on.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing, suppress
from typing import Any

from openai.types.chat import ChatCompletionChunk
from openai.types.chat.chat_completion_chunk import Choice, ChoiceDelta

from processors.language_model.event_stream import DONE, EventStream
from processors.language_model.patience import Patience
from processors.language_model.reply_draft import NoWordsError, ReplyDraft
from processors.language_model.request_shape import RequestShape
from processors.provider_requests import (
    REQUEST_ERRORS,
    Complaint,
    EmptyAnswerError,
    retry_after_secs,
)

DRAIN_SECS = 0.1
"""For the rest of a body after its end was announced: only then is the connection used again."""

PAUSE_SECS = 0.5
"""Before asking a server again that is busy and does not say for how long."""

LONGEST_PAUSE_SECS = 5.0
"""A server that wants more has to be done without; the caller is waiting."""

_MAX_ADAPTATIONS = 6


OpenAnswer = Callable[..., AbstractAsyncContextManager[Any]]
"""Makes a request; its value has the body of the answer as `iter_bytes()`."""


class ReplyStream:
    """Iterates over the chunks of one reply; owned by the language model service.

    Args:
        open_answer: Makes a request with parameters, given by name.
        retract: Told that what was passed on of the reply was a thought.
        params: Of the request, before it is shaped for the server.
        shape: What the server is known to accept.
        first_token_secs: What each attempt may take to its first token.
        stall_secs: Between two chunks after that.
    """

    def __init__(  # noqa: PLR0913 - the seams to the service
        self,
        open_answer: OpenAnswer,
        *,
        retract: Callable[[], Awaitable[None]],
        params: Mapping[str, Any],
        shape: RequestShape,
        first_token_secs: float,
        stall_secs: float,
    ) -> None:
        self._open_answer = open_answer
        self._retract = retract
        self._params = dict(params)
        self._shape = shape
        self._first_token_secs = first_token_secs
        self._stall_secs = stall_secs
        self._adaptations = 0
        self._has_tried = False
        self._takes_calls = True
        self.is_after_tool = _is_after_tool(params)
        """Whether the reply is to tell the result of a call."""
        self.has_text = False
        """Whether words have been passed on: they cannot be taken back."""

    async def __aiter__(self) -> AsyncGenerator[ChatCompletionChunk]:
        """Yield the chunks of the first attempt that works.

        Raises:
            REQUEST_ERRORS: The attempts failed, or one did after text was passed on.
        """
        clock = asyncio.get_running_loop()
        give_up_secs = clock.time() + self._first_token_secs
        while True:
            try:
                async with aclosing(self._attempt()) as chunks:
                    async for chunk in chunks:
                        yield chunk
                return
            except REQUEST_ERRORS as error:
                if self.has_text:
                    raise
                pause_secs = self._pause_secs(error, has_time=clock.time() < give_up_secs)
                if pause_secs is None:
                    raise
            await asyncio.sleep(pause_secs)

    async def close(self) -> None:
        """Nothing is open between two iterations."""

    def _pause_secs(self, error: Exception, *, has_time: bool) -> float | None:
        """Return how long to wait before asking again; None if that is no use."""
        if self._adaptations < _MAX_ADAPTATIONS and self._shape.adapt(error, self._params):
            self._adaptations += 1
            return 0.0
        complaint = Complaint.of(error)
        if complaint is not None and complaint.is_loading and has_time:
            return PAUSE_SECS
        if not _may_pass(error, complaint):
            return None
        if self._has_tried:
            return 0.0 if self._shape.leave_out_past(error, self._params) else None
        self._has_tried = True
        if isinstance(error, NoWordsError) and self.is_after_tool:
            # The call has been made: now only words are wanted.
            self._takes_calls = False
        if complaint is None or complaint.status_code not in (429, 503):
            return 0.0
        asked_secs = retry_after_secs(error)
        pause_secs = PAUSE_SECS if asked_secs is None else asked_secs
        return pause_secs if pause_secs <= LONGEST_PAUSE_SECS else None

    async def _attempt(self) -> AsyncGenerator[ChatCompletionChunk]:
        patience = Patience(
            now_secs=asyncio.get_running_loop().time(),
            first_token_secs=self._first_token_secs,
            stall_secs=self._stall_secs,
        )
        draft = ReplyDraft(shape=self._shape, tool_names=_tool_names(self._params))
        try:
            async with aclosing(self._events(patience)) as events:
                async for event in events:
                    text = draft.add(event)
                    self._shape.accept()
                    if draft.is_retracted:
                        await self._retract()
                    _note(patience, draft, has_words=bool(text) or draft.has_new_call)
                    if text or draft.usage:
                        self.has_text = self.has_text or bool(text)
                        yield _chunk(draft, text)
        except REQUEST_ERRORS:
            # What comes after the end of a reply does not make it less of one.
            if not draft.has_ended:
                raise
        if text := draft.rest():
            self.has_text = True
            yield _chunk(draft, text)
        for call in draft.finish(takes_calls=self._takes_calls):
            yield _chunk(draft, call=call)

    async def _events(self, patience: Patience) -> AsyncGenerator[object]:
        """Yield the events of one request, each within its deadline."""
        stream = EventStream()
        params = self._shape.shaped(self._params)
        if not self._takes_calls and params.get("tools"):
            params["tool_choice"] = "none"
        async with AsyncExitStack() as stack:
            async with asyncio.timeout_at(patience.deadline_secs):
                answer = await stack.enter_async_context(self._open_answer(**params))
            # The iterator goes first: uvloop cannot finalise the generators inside it.
            chunks = await stack.enter_async_context(aclosing(answer.iter_bytes()))
            while True:
                async with asyncio.timeout_at(patience.deadline_secs):
                    data = await anext(chunks, None)
                for event in stream.finish() if data is None else stream.feed(data):
                    if event == DONE:
                        await _drain(chunks)
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


def _note(patience: Patience, draft: ReplyDraft, *, has_words: bool) -> None:
    now_secs = asyncio.get_running_loop().time()
    if has_words:
        patience.note_words(now_secs)
    elif draft.has_new_thought:
        patience.note_thought(now_secs)
    elif draft.has_surely_ended:
        patience.note_end(now_secs)


async def _drain(chunks: AsyncGenerator[bytes]) -> None:
    with suppress(*REQUEST_ERRORS):
        async with asyncio.timeout(DRAIN_SECS):
            async for _ in chunks:
                pass


def _may_pass(error: Exception, complaint: Complaint | None) -> bool:
    """Tell whether another attempt may go better."""
    if complaint is None:
        return not (isinstance(error, EmptyAnswerError) and error.is_final)
    return not (complaint.is_hopeless or complaint.is_out_of_credit or complaint.is_about_content)


def _is_after_tool(params: Mapping[str, Any]) -> bool:
    messages = params["messages"]
    return bool(messages) and messages[-1].get("role") == "tool"


def _tool_names(params: Mapping[str, Any]) -> list[str]:
    tools: Any = params.get("tools")
    return [tool["function"]["name"] for tool in tools] if isinstance(tools, list) else []
