"""Asks Anthropic for a token."""

from __future__ import annotations

import asyncio
from typing import Any

from bot.stages.questions.http import events_of, names_listed, post
from bot.stages.questions.question import NoWord, Question
from bot.stages.stage import Stage

_VERSION = "2023-06-01"
"""Of the protocol."""
_TOOL = {
    "name": "look_up",
    "description": "Look up a fact.",
    "input_schema": {"type": "object", "properties": {}},
}


async def ask_for_message(stage: Stage, *, limit_secs: float) -> None:
    """Wait for the first token of a message."""
    body: dict[str, Any] = {
        "model": stage.model,
        "max_tokens": 16,
        "system": "Answer with one word.",
        "messages": [{"role": "user", "content": "Hello."}],
        "tools": [_TOOL],
        "stream": True,
    }
    url = f"{stage.address}/v1/messages"
    async with asyncio.timeout(limit_secs), post(url, _headers(stage), json=body) as answer:
        async for event in events_of(answer):
            if isinstance(event, dict) and event.get("type") == "content_block_delta":
                return
    raise NoWord


async def list_models(stage: Stage, address: str, *, limit_secs: float) -> list[str] | None:
    """Return the models the server lists."""
    try:
        async with asyncio.timeout(limit_secs):
            url = f"{address}/v1/models?limit=1000"
            return await names_listed(url, _headers(stage), inside="data", name="id")
    except TimeoutError:
        return None


MESSAGES = Question(ask=ask_for_message, list_models=list_models)


def _headers(stage: Stage) -> dict[str, str]:
    return {"x-api-key": stage.sent_key, "anthropic-version": _VERSION}
