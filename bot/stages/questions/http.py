"""Questions over HTTP: a request, its refusal, and the events of a streamed answer."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx

from bot.stages.questions.question import FAILURES, LEAST_AUDIO_BYTES, NoWord, Refusal
from processors.tls import shared_tls_context


@asynccontextmanager
async def open_client(headers: Mapping[str, str]) -> AsyncGenerator[httpx.AsyncClient]:
    """Yield a client. Whoever asks sets the limit."""
    async with httpx.AsyncClient(
        headers=dict(headers), verify=shared_tls_context(), timeout=None, follow_redirects=True
    ) as http:
        yield http


@asynccontextmanager
async def post(
    url: str, headers: Mapping[str, str], **content: Any
) -> AsyncGenerator[httpx.Response]:
    """Yield the answer to a request as it streams in.

    Args:
        url: Whole.
        headers: The key is in them.
        content: `json`, or `data` and `files`.

    Raises:
        Refusal: the server says no.
    """
    async with open_client(headers) as http, http.stream("POST", url, **content) as answer:
        if not answer.is_success:
            raise Refusal(answer.status_code, error_code(await answer.aread()))
        yield answer


async def events_of(answer: httpx.Response) -> AsyncIterator[Any]:
    """Yield the JSON of each server-sent event; those that hold none are left out.

    Raises:
        Refusal: an event is an error.
    """
    async for line in answer.aiter_lines():
        if not line.startswith("data:"):
            continue
        data = line.removeprefix("data:").strip()
        try:
            event: Any = json.loads(data)
        except ValueError:
            continue
        if isinstance(event, dict) and cast("dict[str, Any]", event).get("error"):
            raise Refusal(_status_in(event["error"]), error_code(data.encode()))
        yield event


async def check_audio(answer: httpx.Response) -> None:
    """Wait for a bit of speech.

    Raises:
        NoWord: it is something else.
    """
    kind, audio = answer.headers.get("content-type", ""), b""
    async for chunk in answer.aiter_bytes():
        audio += chunk
        if len(audio) >= LEAST_AUDIO_BYTES:
            break
    is_called_text = kind.startswith(("text/", "application/json"))
    is_text = audio[:1] in (b"{", b"<") and audio.isascii()
    if is_called_text or is_text or len(audio) < LEAST_AUDIO_BYTES:
        raise NoWord


async def names_listed(
    url: str, headers: Mapping[str, str], *, inside: str, name: str
) -> list[str] | None:
    """Return the names in a list of objects; None if there is no such list.

    Args:
        url: Whole.
        headers: The key is in them.
        inside: The field of the answer that holds the list.
        name: The field of each object that holds its name.
    """
    try:
        async with open_client(headers) as http:
            answer = await http.get(url)
            listing: Any = answer.json() if answer.is_success else {}
    except FAILURES:
        return None
    listed = cast("dict[str, Any]", listing).get(inside) if isinstance(listing, dict) else None
    if not isinstance(listed, list):
        return None
    entries = [entry for entry in cast("list[Any]", listed) if isinstance(entry, dict)]
    names = [cast("dict[str, Any]", entry).get(name) for entry in entries]
    return [one for one in names if isinstance(one, str)]


def error_code(body: bytes) -> str:
    """Return the code of an error object; empty if it has none.

    Google's is a number; what it means is the reason in the details.
    """
    try:
        error: Any = json.loads(body)["error"]
        reasons = [one["reason"] for one in error.get("details") or [] if "reason" in one]
        return str([*reasons, error.get("code") or error.get("type") or ""][0])
    except (ValueError, LookupError, TypeError, AttributeError):
        return ""


def _status_in(error: Any) -> int:
    fields = cast("dict[str, Any]", error) if isinstance(error, dict) else {}
    code = str(fields.get("code"))
    return int(code) if code.isdecimal() else 200
