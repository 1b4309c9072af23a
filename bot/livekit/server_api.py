"""The way to LiveKit's server API; each call has a limit and fails only as a `RoomError`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import TypeVar

import aiohttp
from google.protobuf.message import DecodeError
from livekit.api import LiveKitAPI
from livekit.api.twirp_client import ServerError, ServerErrorCode
from pydantic import SecretStr

from bot.errors import RoomError
from bot.livekit.server_clock import ServerClock
from bot.proxies import proxy_for

_T = TypeVar("_T")

_LIMIT_SECS = 5.0
_NO_ANSWER = (
    *(aiohttp.ClientError, OSError, TimeoutError, DecodeError),
    # What the client stumbles over when something else than LiveKit answers, as a proxy may.
    *(ValueError, TypeError, AttributeError),
)


@asynccontextmanager
async def open_api(
    *, url: str, api_key: str, api_secret: SecretStr, clock: ServerClock | None = None
) -> AsyncGenerator[LiveKitAPI]:
    """Keep connections to LiveKit while the block runs.

    Args:
        url: LiveKit's address (ws, wss, http or https).
        api_key: LiveKit's API key.
        api_secret: LiveKit's API secret.
        clock: Hears LiveKit's time from every answer.
    """
    trace = aiohttp.TraceConfig()

    async def on_answer(
        _: aiohttp.ClientSession, __: SimpleNamespace, told: aiohttp.TraceRequestEndParams
    ) -> None:
        # What stands before LiveKit may refuse in its place, by another clock.
        if clock is not None and told.response.ok:
            clock.hear(told.response.headers.get("Date"))

    trace.on_request_end.append(on_answer)
    # LiveKit's own session knows no proxy. One that reads the environment by itself has a thread do
    # so twice for each call, and fails where `~/.netrc` has a password for every host.
    async with (
        aiohttp.ClientSession(proxy=proxy_for(url), trace_configs=[trace]) as session,
        LiveKitAPI(url, api_key, api_secret.get_secret_value(), session=session) as api,
    ):
        yield api


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
