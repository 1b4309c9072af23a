"""OpenAI's chat completions: a scripted reply, one token per chunk, each at its time."""

from __future__ import annotations

import asyncio
import json
import re
import time
from typing import Any

from aiohttp import web

from bench.standin.script import FIRST_SENTENCE_TOKENS, Script

_SSE_HEADERS = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}


async def complete(request: web.Request, script: Script) -> web.StreamResponse:
    """Stream one reply."""
    asked: dict[str, Any] = await request.json()
    words = _last_user_text(asked["messages"])
    turn, text = script.reply_to(words)
    start_secs = time.monotonic()
    script.note("llm_request", turn=turn, words=words)
    tokens = re.findall(r"\s*\S+", text)
    first_secs = start_secs + script.drawn_ms("llm", script.delays.llm_first_token_ms) / 1000
    token_secs = script.delays.llm_token_ms / 1000
    is_done = False
    response = web.StreamResponse(headers=_SSE_HEADERS)
    try:
        await response.prepare(request)
        for number, token in enumerate(tokens):
            due_secs = first_secs + number * token_secs
            if due_secs > time.monotonic():
                await asyncio.sleep(due_secs - time.monotonic())
            if number == 0:
                await response.write(_chunk({"role": "assistant", "content": ""}))
                script.note("llm_first_token", turn=turn)
            await response.write(_chunk({"content": token}))
            if number + 1 == FIRST_SENTENCE_TOKENS:
                script.note("llm_first_sentence", turn=turn)
        await response.write(_chunk({}, finish_reason="stop"))
        if (asked.get("stream_options") or {}).get("include_usage"):
            await response.write(_usage(len(tokens)))
        await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
        is_done = True
    finally:
        if not is_done:
            script.note("llm_cancelled", turn=turn)
    return response


def _last_user_text(messages: list[dict[str, Any]]) -> str:
    for message in reversed(messages):
        if message.get("role") == "user":
            content = message.get("content") or ""
            if isinstance(content, str):
                return content
            return " ".join(part.get("text", "") for part in content)
    return ""


def _chunk(delta: dict[str, Any], *, finish_reason: str | None = None) -> bytes:
    return _event([{"index": 0, "delta": delta, "finish_reason": finish_reason}], None)


def _usage(tokens: int) -> bytes:
    usage = {"prompt_tokens": 10, "completion_tokens": tokens, "total_tokens": 10 + tokens}
    return _event([], usage)


def _event(choices: list[dict[str, Any]], usage: dict[str, int] | None) -> bytes:
    body = {
        "id": "chatcmpl-standin",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "standin",
        "choices": choices,
        "usage": usage,
    }
    return f"data: {json.dumps(body)}\n\n".encode()
