"""OpenAI's chat completion bodies: what a client asks with and what it gets back."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from bot.local.brain.conversation import ToolCall

# About OpenAI's own ratio for English; close enough for usage figures nobody pays for.
_CHARS_PER_TOKEN = 4
_ARGUMENT_PIECE_CHARS = 12


class StreamOptions(BaseModel):
    """What a streaming client wants besides the text."""

    include_usage: bool = False


class Message(BaseModel):
    """One message of the context; content may be text, parts, or absent."""

    model_config = ConfigDict(extra="allow")

    role: str
    content: str | list[dict[str, Any]] | None = None


class ChatRequest(BaseModel):
    """The body of a request; sampling options are accepted and have no effect."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    model: str
    messages: list[Message] = Field(min_length=1)
    tools: list[dict[str, Any]] | None = None
    tool_choice: str | dict[str, Any] | None = None
    stream: bool | None = False
    stream_options: StreamOptions | None = None


class Completion:
    """Builds the bodies of one answer, streamed or whole."""

    def __init__(self, request: ChatRequest) -> None:
        self.id = f"chatcmpl-{uuid.uuid4().hex}"
        self._model = request.model
        self._created = int(time.time())
        sent = "".join(message.model_dump_json() for message in request.messages)
        self._prompt_tokens = len(sent) // _CHARS_PER_TOKEN + 1
        self._has_usage = bool(request.stream_options and request.stream_options.include_usage)

    def chunk(self, delta: dict[str, Any], *, finish_reason: str | None = None) -> bytes:
        """Return one server-sent event with a piece of the answer."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        body = self._body("chat.completion.chunk", choices=[choice])
        if self._has_usage:
            body["usage"] = None
        return sse(body)

    def usage_chunk(self, completion_tokens: int) -> bytes:
        """Return the last event before `[DONE]`; empty unless the client asked for usage."""
        if not self._has_usage:
            return b""
        usage = self._usage(completion_tokens)
        return sse(self._body("chat.completion.chunk", choices=[], usage=usage))

    def whole(self, text: str, calls: Sequence[ToolCall], *, tokens: int) -> dict[str, Any]:
        """Return the answer in one piece."""
        message: dict[str, Any] = {"role": "assistant", "content": text or None, "refusal": None}
        if calls:
            message["tool_calls"] = [
                {"id": new_call_id(), "type": "function", "function": _function(call)}
                for call in calls
            ]
        finish_reason = "tool_calls" if calls else "stop"
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason}
        return self._body("chat.completion", choices=[choice], usage=self._usage(tokens))

    def _body(self, kind: str, **fields: Any) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": kind,
            "created": self._created,
            "model": self._model,
            **fields,
        }

    def _usage(self, completion_tokens: int) -> dict[str, int]:
        return {
            "prompt_tokens": self._prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": self._prompt_tokens + completion_tokens,
        }


def sse(body: dict[str, Any]) -> bytes:
    """Return one server-sent event."""
    return f"data: {json.dumps(body)}\n\n".encode()


def pieces_of(text: str) -> list[str]:
    """Cut text into words that keep the space before them, the way a model's tokens do."""
    return re.findall(r"\s*\S+\s*$|\s*\S+", text)


def tool_deltas(calls: Sequence[ToolCall]) -> list[dict[str, Any]]:
    """Return the deltas of tool calls: the name first, then the arguments piece by piece."""
    deltas: list[dict[str, Any]] = []
    for index, call in enumerate(calls):
        function = _function(call)
        opened = {"name": function["name"], "arguments": ""}
        head = {"index": index, "id": new_call_id(), "type": "function", "function": opened}
        deltas.append({"tool_calls": [head]})
        arguments = function["arguments"]
        for at in range(0, len(arguments), _ARGUMENT_PIECE_CHARS):
            piece = {"arguments": arguments[at : at + _ARGUMENT_PIECE_CHARS]}
            deltas.append({"tool_calls": [{"index": index, "function": piece}]})
    return deltas


def new_call_id() -> str:
    """Return an id for one tool call."""
    return f"call_{uuid.uuid4().hex[:24]}"


def _function(call: ToolCall) -> dict[str, str]:
    return {"name": call.name, "arguments": json.dumps(dict(call.arguments))}
