"""Calls to LiveKit's server API: each has a limit and fails only as a `RoomError`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import aiohttp
from google.protobuf.message import DecodeError
from livekit.api.twirp_client import ServerError, ServerErrorCode

from bot.errors import RoomError

_T = TypeVar("_T")

_LIMIT_SECS = 5.0
_NO_ANSWER = (
    *(aiohttp.ClientError, OSError, TimeoutError, DecodeError),
    # What the client stumbles over when something else than LiveKit answers, as a proxy may.
    *(ValueError, TypeError, AttributeError),
)


async def limited(call: Awaitable[_T], *, limit_secs: float = _LIMIT_SECS) -> _T:
    """Await a call to LiveKit for a limited time.

    Raises:
        RoomError: code "livekit_unreachable" if there is no answer in time, or none that can be
            read; "room_not_found"; or "livekit_refused" for any other refusal.
    """
    try:
        async with asyncio.timeout(limit_secs):
            return await call
    except _NO_ANSWER as error:
        raise RoomError("livekit_unreachable", "The LiveKit server does not answer.") from error
    except ServerError as error:
        raise _refusal(error) from error


def _refusal(error: ServerError) -> RoomError:
    if error.code == ServerErrorCode.NOT_FOUND:
        return RoomError("room_not_found", "This room is gone.")
    if error.status >= 500:
        return RoomError("livekit_unreachable", "The LiveKit server could not do it just now.")
    return RoomError("livekit_refused", f"The LiveKit server refused the request ({error.code}).")
