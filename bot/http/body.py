"""Reads a request's body: bounded while it arrives, JSON only, checked against a type."""

from __future__ import annotations

import asyncio
from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from bot.http.errors import ApiError, refusal_of

MAX_BODY_BYTES = 16 * 1024
_READ_LIMIT_SECS = 10.0
_Body = TypeVar("_Body", bound=BaseModel)


async def read_json(request: Request, kind: type[_Body]) -> _Body:
    """Return the request's body; no body at all is an empty object.

    Raises:
        ApiError: code "body_too_large", "unsupported_media_type", "bad_request" or
            "field_not_allowed".
    """
    raw = await read_bytes(request, limit_bytes=MAX_BODY_BYTES)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if raw and media_type != "application/json":
        raise ApiError("unsupported_media_type", "Send the body as application/json.")
    try:
        return kind.model_validate_json(raw or b"{}")
    except ValidationError as error:
        raise refusal_of(error) from None


async def read_bytes(request: Request, *, limit_bytes: int) -> bytes:
    """Return the raw body, refused as soon as it is known to be too long.

    Raises:
        ApiError: code "body_too_large" or "bad_request".
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > limit_bytes:
        raise _too_large(limit_bytes)
    body = bytearray()
    try:
        async with asyncio.timeout(_READ_LIMIT_SECS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit_bytes:
                    raise _too_large(limit_bytes)
    except (TimeoutError, ClientDisconnect) as error:
        raise ApiError("bad_request", "The body did not arrive.") from error
    return bytes(body)


def _too_large(limit_bytes: int) -> ApiError:
    return ApiError("body_too_large", f"The body is longer than {limit_bytes} bytes.")
