"""The events of an answer over Anthropic's protocol, as Pipecat reads them, however it is written.

The SDK leaves out every event that has no `event:` line, and all of an answer that is one JSON
message; servers that imitate the protocol write both.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

from ..provider_requests import ProviderError
from .event_stream import DONE, EventStream, drain

_STATUS_OF_TYPES = {"rate_limit_error": 429, "overloaded_error": 529, "authentication_error": 401}
"""Of errors inside an answer that began with success; others are the server's own."""

_PIECES = {"text_delta": "text", "thinking_delta": "thinking", "signature_delta": "signature"}
"""Of a block, by the field that holds them: in the block itself where it is not streamed."""

_TOKENS = (
    *("input_tokens", "output_tokens"),
    *("cache_creation_input_tokens", "cache_read_input_tokens"),
)


async def events_of(answer: AbstractAsyncContextManager[Any]) -> AsyncGenerator[Any]:
    """Make a request, and yield its events up to the one with the reason of its end.

    Args:
        answer: Makes it; its value has the body of the answer as `iter_bytes()`.

    Raises:
        EmptyAnswerError: The answer is a web page, or not JSON.
        ProviderError: It says that the request failed.
    """
    stream = EventStream()
    async with AsyncExitStack() as stack:
        body = await stack.enter_async_context(answer)
        # The iterator goes first: uvloop cannot finalise the generators inside it.
        chunks = await stack.enter_async_context(aclosing(body.iter_bytes()))
        data: bytes | None = b""
        while data is not None:
            data = await anext(chunks, None)
            for value in stream.finish() if data is None else stream.feed(data):
                for event in _events_in(value):
                    is_end = event.type == "message_delta" and event.delta.stop_reason
                    if is_end:
                        await drain(chunks)
                    yield event
                    if is_end:
                        return


def _events_in(value: object) -> Iterator[Any]:
    """Yield what one value of the stream says."""
    said = _fields(value)
    kind = said.get("type")
    if kind == "error" or said.get("error"):
        raise _error(said)
    if kind == "message":
        yield from _message(said)
    elif kind == "message_start":
        yield _start(_fields(said.get("message")))
    elif kind == "content_block_start":
        yield from _block(_fields(said.get("content_block")))
    elif kind == "content_block_delta":
        yield from _delta(_fields(said.get("delta")))
    elif kind == "message_delta":
        yield _end(_fields(said.get("delta")), said.get("usage"))
    elif kind == "message_stop" or value == DONE:
        # Only read if no reason came before.
        yield _end({"stop_reason": "end_turn"})


def _message(said: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the events of a whole message."""
    yield _start(said)
    content: object = said.get("content")
    for block in cast("list[object]", content) if isinstance(content, list) else []:
        yield from _block(_fields(block))
    yield _end(said, said.get("usage"))


def _start(said: Mapping[str, Any]) -> Any:
    message = SimpleNamespace(usage=_usage(said.get("usage")))
    return SimpleNamespace(type="message_start", message=message)


def _block(said: Mapping[str, Any]) -> Iterator[Any]:
    kind = said.get("type")
    block = SimpleNamespace(type=kind)
    if kind == "tool_use":
        block.id = said.get("id") or f"toolu_{uuid4().hex}"
        block.name, block.input = str(said.get("name") or ""), _fields(said.get("input"))
    yield SimpleNamespace(type="content_block_start", content_block=block)
    for delta, field in _PIECES.items():
        yield from _delta({"type": delta, field: said.get(field)})


def _delta(said: Mapping[str, Any]) -> Iterator[Any]:
    kind = str(said.get("type"))
    field = "partial_json" if kind == "input_json_delta" else _PIECES.get(kind, "")
    piece = said.get(field)
    if isinstance(piece, str) and piece:
        delta = SimpleNamespace(**{"type": kind, field: piece})
        yield SimpleNamespace(type="content_block_delta", delta=delta)


def _end(said: Mapping[str, Any], usage: object = None) -> Any:
    delta = SimpleNamespace(
        stop_reason=said.get("stop_reason"), stop_details=said.get("stop_details")
    )
    return SimpleNamespace(type="message_delta", delta=delta, usage=_usage(usage))


def _usage(value: object) -> Any:
    said = _fields(value)
    counts = {name: said.get(name) for name in _TOKENS}
    usage = SimpleNamespace(**{n: c if isinstance(c, int) else None for n, c in counts.items()})
    details = _fields(said.get("output_tokens_details"))
    thinking = SimpleNamespace(thinking_tokens=details.get("thinking_tokens"))
    usage.output_tokens_details = thinking if details else None
    return usage


def _error(said: Mapping[str, Any]) -> ProviderError:
    kind = str(_fields(said.get("error")).get("type") or "")
    return ProviderError(body=dict(said), code=kind, status_code=_STATUS_OF_TYPES.get(kind, 500))


def _fields(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}
