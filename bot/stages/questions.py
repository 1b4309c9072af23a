"""Asks a stage for one word, as a call will: a token, a bit of speech, a handshake with silence.

Nothing here explains a failure; that is bot/stages/diagnosis.py.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Protocol, cast

import httpx
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from bot.settings import Settings
from bot.stages.table import Stage
from processors.speech_to_text.deepgram_results import Complaint, read_message
from processors.speech_to_text.deepgram_socket import open_deepgram_socket
from processors.tls import shared_tls_context

_TOOL = {
    "type": "function",
    "function": {
        "name": "look_up",
        "description": "Look up a fact.",
        "parameters": {"type": "object", "properties": {}},
    },
}
_SAMPLE_RATE_HZ = 16_000
_SILENCE = bytes(_SAMPLE_RATE_HZ // 2)
"""A quarter of a second of 16-bit mono PCM."""
_LEAST_AUDIO_BYTES = 960
"""20 ms at the 24 kHz of the protocol."""
_SIGNS_OF_LIFE = ("content", "reasoning_content", "reasoning", "tool_calls")


class Refusal(Exception):
    """The server said no.

    Args:
        status: HTTP status.
        code: The code in its error object, if it has one.
    """

    def __init__(self, status: int, code: str = "") -> None:
        super().__init__(f"HTTP {status} {code}")
        self.status = status
        self.code = code


class NoWord(Exception):
    """The server said yes and not the word that was asked for."""


FAILURES = (
    Refusal,
    NoWord,
    TimeoutError,
    httpx.HTTPError,
    httpx.InvalidURL,
    WebSocketException,
    OSError,
    ValueError,
)
"""Everything a question fails with."""


class Question(Protocol):
    """Asks a stage; raises one of `FAILURES` if the word does not come."""

    async def __call__(self, stage: Stage, settings: Settings, *, limit_secs: float) -> None:
        """Ask.

        Args:
            stage: Whom.
            settings: More of what a call asks for.
            limit_secs: What the first of the answer may take.
        """
        ...


async def ask_model(
    stage: Stage, settings: Settings, *, limit_secs: float, has_tools: bool = True
) -> None:
    """Wait for the first token of a completion."""
    del settings
    body: dict[str, Any] = {
        "model": stage.model,
        "messages": [
            {"role": "system", "content": "Answer with one word."},
            {"role": "user", "content": "Hello."},
        ],
        "stream": True,
    }
    if has_tools:
        body["tools"] = [_TOOL]
    async with asyncio.timeout(limit_secs), _post(stage, "/chat/completions", body) as answer:
        async for line in answer.aiter_lines():
            if line.startswith("data:") and _has_token(line.removeprefix("data:").strip()):
                return
    raise NoWord


async def ask_voice(stage: Stage, settings: Settings, *, limit_secs: float) -> None:
    """Wait for the speech of one word."""
    body = {
        "model": stage.model,
        "voice": settings.openai_voice,
        "input": "Hello.",
        "response_format": "pcm",
    }
    audio = b""
    async with asyncio.timeout(limit_secs), _post(stage, "/audio/speech", body) as answer:
        kind = answer.headers.get("content-type", "")
        async for chunk in answer.aiter_bytes():
            audio += chunk
            if len(audio) >= _LEAST_AUDIO_BYTES:
                break
    is_called_text = kind.startswith(("text/", "application/json"))
    is_text = audio[:1] in (b"{", b"<") and audio.isascii()
    if is_called_text or is_text or len(audio) < _LEAST_AUDIO_BYTES:
        raise NoWord


async def ask_recogniser(stage: Stage, settings: Settings, *, limit_secs: float) -> None:
    """Open a connection, send silence and wait for any answer to it."""
    query = {
        "model": stage.model,
        "language": settings.language,
        "encoding": "linear16",
        "sample_rate": str(_SAMPLE_RATE_HZ),
        "channels": "1",
        "interim_results": "true",
    }
    try:
        async with (
            asyncio.timeout(limit_secs) as limit,
            open_deepgram_socket(
                base_url=stage.address, api_key=stage.sent_key, query=query
            ) as socket,
        ):
            limit.reschedule(asyncio.get_running_loop().time() + limit_secs)
            await socket.send_media(_SILENCE)
            await socket.send_finalize()
            await socket.send_close_stream()
            async for message in socket.messages():
                if isinstance(read_message(message), Complaint):
                    raise NoWord
                return
    except InvalidStatus as error:
        raise Refusal(error.response.status_code) from error
    except ConnectionClosed as error:
        raise NoWord from error
    raise NoWord


async def listed_models(stage: Stage, address: str, *, limit_secs: float) -> list[str] | None:
    """Return the models a server lists; None if it lists none there.

    Args:
        stage: Whose key is used.
        address: The base URL to try, on the stage's own server.
        limit_secs: For the whole answer.
    """
    try:
        async with asyncio.timeout(limit_secs), _client(stage) as http:
            answer = await http.get(f"{address}/models")
            listing: Any = answer.json() if answer.is_success else {}
    except FAILURES:
        return None
    models = cast("dict[str, Any]", listing).get("data") if isinstance(listing, dict) else None
    if not isinstance(models, list):
        return None
    entries = [entry for entry in cast("list[Any]", models) if isinstance(entry, dict)]
    names = [cast("dict[str, Any]", entry).get("id") for entry in entries]
    return [name for name in names if isinstance(name, str)]


@asynccontextmanager
async def _client(stage: Stage) -> AsyncGenerator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        headers={"Authorization": f"Bearer {stage.sent_key}"},
        verify=shared_tls_context(),
        # Whoever asks sets the limit.
        timeout=None,
        follow_redirects=True,
    ) as http:
        yield http


@asynccontextmanager
async def _post(stage: Stage, path: str, body: dict[str, Any]) -> AsyncGenerator[httpx.Response]:
    async with _client(stage) as http, http.stream("POST", stage.address + path, json=body) as it:
        if not it.is_success:
            raise Refusal(it.status_code, _error_code(await it.aread()))
        yield it


def _has_token(data: str) -> bool:
    if data == "[DONE]":
        return False
    try:
        chunk: Any = json.loads(data)
        error = chunk.get("error")
        choices = chunk.get("choices") or [{}]
        delta = choices[0].get("delta") or {}
    except (ValueError, AttributeError, LookupError, TypeError):
        return False
    if error:
        code = _error_code(data.encode())
        raise Refusal(int(code) if code.isdecimal() else 200, code)
    return any(delta.get(sign) for sign in _SIGNS_OF_LIFE)


def _error_code(body: bytes) -> str:
    try:
        error: Any = json.loads(body)["error"]
        return str(error.get("code") or error.get("type") or "")
    except (ValueError, LookupError, TypeError, AttributeError):
        return ""
