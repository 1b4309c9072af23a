"""Asks a server of OpenAI's protocol: a token, a bit of speech, the words of a short silence."""

from __future__ import annotations

import asyncio
import io
import json
import wave
from functools import partial
from typing import Any

from bot.stages.questions.http import check_audio, events_of, names_listed, post
from bot.stages.questions.question import NoWord, Question
from bot.stages.stage import Stage

_TOOL = {
    "type": "function",
    "function": {
        "name": "look_up",
        "description": "Look up a fact.",
        "parameters": {"type": "object", "properties": {}},
    },
}
_SAMPLE_RATE_HZ = 16_000
_SIGNS_OF_LIFE = ("content", "reasoning_content", "reasoning", "tool_calls")


async def ask_chat(stage: Stage, *, limit_secs: float, has_tools: bool = True) -> None:
    """Wait for the first token of a completion."""
    body: dict[str, Any] = {
        "model": stage.model or "local",
        "messages": [
            {"role": "system", "content": "Answer with one word."},
            {"role": "user", "content": "Hello."},
        ],
        "stream": True,
    }
    if has_tools:
        body["tools"] = [_TOOL]
    url = f"{stage.address}/chat/completions"
    async with asyncio.timeout(limit_secs), post(url, _headers(stage), json=body) as answer:
        async for event in events_of(answer):
            if _has_token(event):
                return
    raise NoWord


async def ask_speech(stage: Stage, *, limit_secs: float) -> None:
    """Wait for the speech of one word."""
    body = {
        "model": stage.model or "local",
        "voice": stage.voice or "local",
        "input": "Hello.",
        "response_format": "pcm",
    }
    url = f"{stage.address}/audio/speech"
    async with asyncio.timeout(limit_secs), post(url, _headers(stage), json=body) as answer:
        await check_audio(answer)


async def ask_transcription(stage: Stage, *, limit_secs: float) -> None:
    """Wait for what is heard in half a second of silence; no words are an answer too."""
    fields = {"model": stage.model, "response_format": "json"}
    if stage.language != "multi":
        fields["language"] = stage.language.partition("-")[0]
    files = {"file": ("audio.wav", _silence(), "audio/wav")}
    url = f"{stage.address}/audio/transcriptions"
    async with (
        asyncio.timeout(limit_secs),
        post(url, _headers(stage), data=fields, files=files) as answer,
    ):
        heard: Any = json.loads(await answer.aread())
        if not isinstance(heard, dict) or "text" not in heard:
            raise NoWord


async def list_models(stage: Stage, address: str, *, limit_secs: float) -> list[str] | None:
    """Return the models a server lists."""
    try:
        async with asyncio.timeout(limit_secs):
            return await names_listed(
                f"{address}/models", _headers(stage), inside="data", name="id"
            )
    except TimeoutError:
        return None


CHAT = Question(
    ask=ask_chat,
    ask_without_tools=partial(ask_chat, has_tools=False),
    list_models=list_models,
    usual_end="/v1",
)
SPEECH = Question(ask=ask_speech, list_models=list_models, usual_end="/v1")
TRANSCRIPTION = Question(ask=ask_transcription, list_models=list_models, usual_end="/v1")


def _headers(stage: Stage) -> dict[str, str]:
    return {"Authorization": f"Bearer {stage.sent_key}"}


def _has_token(event: Any) -> bool:
    try:
        choices = event.get("choices") or [{}]
        delta = choices[0].get("delta") or {}
        return any(delta.get(sign) for sign in _SIGNS_OF_LIFE)
    except (AttributeError, LookupError, TypeError):
        return False


def _silence() -> bytes:
    """Return half a second of it as a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as audio:
        audio.setnchannels(1)
        audio.setsampwidth(2)
        audio.setframerate(_SAMPLE_RATE_HZ)
        audio.writeframes(bytes(_SAMPLE_RATE_HZ))
    return file.getvalue()
