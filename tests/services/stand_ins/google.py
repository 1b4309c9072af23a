"""What Google's servers write for Gemini, and worse; served by `UnkindServer`."""

from __future__ import annotations

import json
from typing import Any

from tests.unkind_server import Answer, End, plain, raw

ENDPOINT = ":streamGenerateContent"

_STATUSES = {401: "UNAUTHENTICATED", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL"}


def chunk(*parts: dict[str, Any], finish: str = "") -> dict[str, Any]:
    """A chunk of an answer."""
    candidate: dict[str, Any] = {"index": 0}
    if parts:
        candidate["content"] = {"role": "model", "parts": list(parts)}
    if finish:
        candidate["finishReason"] = finish
    usage = {"promptTokenCount": 9, "candidatesTokenCount": 3, "totalTokenCount": 12}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "m"}


def stream(*chunks: dict[str, Any], end: End = "whole") -> Answer:
    """Stream these chunks; all but a whole stream begin with one that says nothing."""
    opening = [] if end == "whole" else [{"usageMetadata": {"promptTokenCount": 9}}]
    return raw(*(event(one) for one in [*opening, *chunks]), end=end)


def event(data: object) -> bytes:
    """The bytes of an event."""
    return f"data: {json.dumps(data)}\r\n\r\n".encode()


def words(*pieces: str) -> list[dict[str, Any]]:
    """Chunks of text."""
    return [chunk({"text": piece}) for piece in pieces]


def thought(piece: str) -> dict[str, Any]:
    """A chunk of a thought."""
    return chunk({"text": piece, "thought": True})


def call(name: str, arguments: object) -> dict[str, Any]:
    """A part that calls a function, whole as Google sends it."""
    return {"functionCall": {"name": name, "args": arguments}}


def error_of(status: int) -> dict[str, Any]:
    """An error, as a body or as a chunk."""
    name = _STATUSES.get(status, "UNAVAILABLE")
    return {"error": {"code": status, "message": "words of the caller", "status": name}}


def refused(status: int, *, retry_delay: str = "", headers: dict[str, str] | None = None) -> Answer:
    """Refuse, in Google's error shape, which may tell how long it wants to be left alone."""
    body = error_of(status)
    if retry_delay:
        kind = "type.googleapis.com/google.rpc.RetryInfo"
        body["error"]["details"] = [{"@type": kind, "retryDelay": retry_delay}]
    return plain(json.dumps(body).encode(), status=status, headers=headers)
