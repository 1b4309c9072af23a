"""What Anthropic's servers write, and worse; served by `UnkindServer`."""

from __future__ import annotations

import json
from typing import Any

from tests.unkind_server import Answer, End, plain, raw

ENDPOINT = "/messages"

_USAGE = {"input_tokens": 9, "output_tokens": 1}
START = {
    "type": "message_start",
    "message": {
        "id": "m",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": _USAGE,
    },
}


def stream(*events: dict[str, Any], end: End = "whole") -> Answer:
    """Stream these events after the one that opens a message."""
    return raw(*map(event, [START, *events]), end=end)


def event(data: dict[str, Any]) -> bytes:
    """The bytes of an event."""
    return f"event: {data['type']}\ndata: {json.dumps(data)}\n\n".encode()


def words(*pieces: str, index: int = 0) -> list[dict[str, Any]]:
    """A block of text."""
    deltas = [{"type": "text_delta", "text": piece} for piece in pieces]
    return block({"type": "text", "text": ""}, *deltas, index=index)


def thought(*pieces: str) -> list[dict[str, Any]]:
    """A block of thinking with its signature."""
    deltas = [{"type": "thinking_delta", "thinking": piece} for piece in pieces]
    signed = {"type": "signature_delta", "signature": "s"}
    return block({"type": "thinking", "thinking": "", "signature": ""}, *deltas, signed)


def call(name: str, arguments: str, *, index: int = 0) -> list[dict[str, Any]]:
    """A block of a tool call, its arguments in two pieces."""
    middle = len(arguments) // 2
    deltas = [
        {"type": "input_json_delta", "partial_json": piece}
        for piece in ("", arguments[:middle], arguments[middle:])
    ]
    opening = {"type": "tool_use", "id": f"toolu_{index}", "name": name, "input": {}}
    return block(opening, *deltas, index=index)


def block(opening: dict[str, Any], *deltas: dict[str, Any], index: int = 0) -> list[dict[str, Any]]:
    """A content block."""
    return [
        {"type": "content_block_start", "index": index, "content_block": opening},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def stop(reason: str = "end_turn") -> list[dict[str, Any]]:
    """The end of a message."""
    delta = {"stop_reason": reason, "stop_sequence": None}
    return [
        {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 5}},
        {"type": "message_stop"},
    ]


def error_of(kind: str) -> dict[str, Any]:
    """An error, as a body or as an event."""
    return {"type": "error", "error": {"type": kind, "message": "words of the caller"}}


_TYPES = {401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error"}


def refused(
    status: int, kind: str = "", message: str = "no", *, headers: dict[str, str] | None = None
) -> Answer:
    """Refuse, in Anthropic's error shape."""
    kind = kind or _TYPES.get(status, "overloaded_error" if status == 529 else "api_error")
    body = {"type": "error", "error": {"type": kind, "message": message}}
    return plain(json.dumps(body).encode(), status=status, headers=headers)
