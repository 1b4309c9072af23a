"""Asks Google's Gemini for a token."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

from bot.stages.questions.http import events_of, names_listed, post
from bot.stages.questions.question import NoWord, Question
from bot.stages.stage import Stage

_TOOL = {"functionDeclarations": [{"name": "look_up", "description": "Look up a fact."}]}


async def ask_to_generate(stage: Stage, *, limit_secs: float) -> None:
    """Wait for the first part of an answer; thought is a sign of life too."""
    body: dict[str, Any] = {
        "systemInstruction": {"parts": [{"text": "Answer with one word."}]},
        "contents": [{"role": "user", "parts": [{"text": "Hello."}]}],
        "tools": [_TOOL],
    }
    model = quote(stage.model.removeprefix("models/"), safe="")
    url = f"{stage.address}/v1beta/models/{model}:streamGenerateContent?alt=sse"
    async with asyncio.timeout(limit_secs), post(url, _headers(stage), json=body) as answer:
        async for event in events_of(answer):
            if _has_part(event):
                return
    raise NoWord


async def list_models(stage: Stage, address: str, *, limit_secs: float) -> list[str] | None:
    """Return the models the server lists, as `models/...`."""
    try:
        async with asyncio.timeout(limit_secs):
            url = f"{address}/v1beta/models?pageSize=1000"
            return await names_listed(url, _headers(stage), inside="models", name="name")
    except TimeoutError:
        return None


GENERATE = Question(ask=ask_to_generate, list_models=list_models)


def _headers(stage: Stage) -> dict[str, str]:
    return {"x-goog-api-key": stage.sent_key}


def _has_part(event: Any) -> bool:
    try:
        return bool(event["candidates"][0]["content"]["parts"])
    except (LookupError, TypeError):
        return False
