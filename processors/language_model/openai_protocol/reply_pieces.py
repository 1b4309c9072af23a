"""Reads one event of a streamed reply: whatever shape a server gives it becomes a `ReplyPiece`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from openai.types import CompletionUsage
from openai.types.completion_usage import CompletionTokensDetails, PromptTokensDetails

from ...provider_requests import ProviderError

RETURNED_FIELDS = ("reasoning_content", "reasoning_details", "thinking_blocks")
"""Reasoning some servers demand back beside the call it led to: DeepSeek, OpenRouter, LiteLLM."""

_REASONING_FIELDS = (*RETURNED_FIELDS, "reasoning", "reasoning_text", "thinking", "thought")
_REASONING_PARTS = ("thinking", "reasoning", "reasoning_text", "redacted_thinking")

_CUT_REASONS = {
    "length": "length",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "max_len": "length",
    "model_length": "length",
    "model_context_window_exceeded": "length",
    "token_limit": "length",
    "time_limit": "length",
    "content_filter": "filter",
    "safety": "filter",
    "recitation": "filter",
    "prohibited_content": "filter",
    "blocklist": "filter",
    "spii": "filter",
    "sensitive": "filter",
    "guardrail_intervened": "filter",
    "error": "error",
    "abort": "error",
    "cancelled": "error",
    "malformed_function_call": "error",
    "malformed_response": "error",
    "missing_thought_signature": "error",
    "unexpected_tool_call": "error",
    "too_many_tool_calls": "error",
    "network_error": "error",
    "insufficient_system_resource": "error",
}
"""Reasons of an end that is none; any other means that the reply is whole."""

_STATUS_OF_CODES = {
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "invalid_api_key": 401,
    "model_not_found": 404,
    "context_length_exceeded": 400,
}


@dataclass(frozen=True)
class CallPiece:
    """A part of a tool call, or all of one."""

    index: int | None = None
    call_id: str = ""
    name: str = ""
    arguments: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What the server wants back with the call, such as Gemini's signature of its thought."""


@dataclass(frozen=True)
class ReplyPiece:
    """What one event says."""

    text: str = ""
    has_reasoning: bool = False
    calls: tuple[CallPiece, ...] = ()
    end: str = ""
    """Why the reply ends, in lower case; empty while it goes on."""
    usage: CompletionUsage | None = None
    model: str = ""
    returned: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Reasoning in the fields of `RETURNED_FIELDS`."""

    @property
    def cut(self) -> str:
        """Why the reply ends before it is whole: "length", "filter", "error"; else empty."""
        # As in Google's "function_call_filter: MALFORMED_FUNCTION_CALL".
        parts = (part.strip() for part in self.end.split(":"))
        return next((_CUT_REASONS[part] for part in parts if part in _CUT_REASONS), "")


def read_piece(event: object) -> ReplyPiece:
    """Read an event; one that says nothing gives an empty piece.

    Raises:
        ProviderError: The event says that the request failed.
    """
    data = _mapping(event)
    choice = _first_choice(data)
    error = data.get("error") or choice.get("error")
    if error or data.get("object") == "error" or data.get("type") == "error":
        raise _provider_error(error or data)
    delta = _mapping(choice.get("delta"))
    if "delta" not in choice:
        delta = _mapping(choice.get("message")) or {"content": choice.get("text")}
    content = list(_parts(delta.get("content")))
    text = "".join(words for words, is_reasoning in content if not is_reasoning)
    reason = choice.get("finish_reason") or choice.get("finishReason")
    return ReplyPiece(
        text=text
        + _text(delta.get("refusal"))
        + _text(_mapping(delta.get("audio")).get("transcript")),
        has_reasoning=any(is_reasoning for _, is_reasoning in content)
        or any(delta.get(name) for name in _REASONING_FIELDS),
        calls=tuple(_calls(delta)),
        end=_text(reason).lower(),
        usage=_usage(_mapping(data.get("usage"))),
        model=_text(data.get("model")),
        returned={name: delta[name] for name in RETURNED_FIELDS if delta.get(name)},
    )


def _first_choice(data: Mapping[str, Any]) -> Mapping[str, Any]:
    choices: object = data.get("choices")
    # Only one is asked for, whatever its index.
    return (
        _mapping(cast("list[object]", choices)[0]) if isinstance(choices, list) and choices else {}
    )


def _parts(content: object) -> Iterator[tuple[str, bool]]:
    """Yield the words of a content and whether they are reasoning."""
    if isinstance(content, str):
        yield content, False
    elif isinstance(content, Mapping):
        part = cast("Mapping[str, Any]", content)
        if part.get("type") in _REASONING_PARTS:
            yield "", True
        else:
            yield from _parts(part.get("text") or part.get("content"))
    elif isinstance(content, list):
        for part in cast("list[object]", content):
            yield from _parts(part)


def _calls(delta: Mapping[str, Any]) -> Iterator[CallPiece]:
    calls: object = delta.get("tool_calls")
    if isinstance(calls, Mapping):
        calls = [calls]
    for call in cast("list[object]", calls) if isinstance(calls, list) else []:
        yield call_piece(_mapping(call))
    legacy = _mapping(delta.get("function_call"))
    if legacy:
        yield call_piece({"index": 0, "function": legacy})


def call_piece(call: Mapping[str, Any]) -> CallPiece:
    """Read a tool call or a part of one; its function may be a level up."""
    function = _mapping(call.get("function")) or call
    arguments: object = function.get("arguments", function.get("parameters"))
    if arguments is None:
        arguments = ""
    extra = call.get("extra_content")
    return CallPiece(
        index=index if isinstance(index := call.get("index"), int) else None,
        call_id=_text(call.get("id")),
        name=_text(function.get("name")),
        arguments=arguments if isinstance(arguments, str) else json.dumps(arguments),
        extra={"extra_content": extra} if extra else {},
    )


def _usage(usage: Mapping[str, Any]) -> CompletionUsage | None:
    prompt, completion = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
    if not prompt and not completion:
        return None
    asked = _mapping(usage.get("prompt_tokens_details"))
    given = _mapping(usage.get("completion_tokens_details"))
    return CompletionUsage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        total_tokens=_count(usage, "total_tokens") or prompt + completion,
        prompt_tokens_details=PromptTokensDetails(cached_tokens=_count(asked, "cached_tokens")),
        completion_tokens_details=CompletionTokensDetails(
            reasoning_tokens=_count(given, "reasoning_tokens")
        ),
    )


def _provider_error(error: object) -> ProviderError:
    body = _mapping(error)
    code = body.get("code") or body.get("status_code") or body.get("type") or ""
    status_code = _STATUS_OF_CODES.get(str(code))
    if str(code).isdigit():
        status_code = int(str(code))
    return ProviderError(body=error, code=str(code), status_code=status_code)


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _count(data: Mapping[str, Any], name: str) -> int:
    value = data.get(name)
    return value if isinstance(value, int) else 0
