"""`POST /api/check`: a token for a room without a bot, in which a page tries its line."""

from __future__ import annotations

from fastapi import FastAPI, Request

from bot.http.backend import Backend
from bot.http.declared import declared
from bot.http.errors import ApiError
from bot.http.starts.rate_limit import RateLimit
from bot.http.visitors import Visitors
from bot.http.wire import CheckAnswer
from bot.rooms.check_rooms import CHECK_TTL_SECS

_PER_MINUTE = 6
"""Of an address: somebody who mends something and looks again, or two at once."""
_OVER_ALL_PER_MINUTE = 30
"""So at most sixty such rooms live, each for two minutes."""


def add_check_call(app: FastAPI, *, backend: Backend, livekit_url: str, visitors: Visitors) -> None:
    """Add the call.

    Args:
        app: Gets it.
        backend: Makes the room.
        livekit_url: Where the page joins.
        visitors: Tells where a request comes from, through proxies that are trusted.
    """
    limit = RateLimit(
        per_minute=_PER_MINUTE, over_all_per_minute=lambda: _OVER_ALL_PER_MINUTE, what="checks"
    )

    @app.post("/api/check", status_code=201, **declared(401, 429, 503))
    async def check(request: Request) -> CheckAnswer:
        limit.take(visitors.of(request).address)
        if backend.sessions.is_draining:
            raise ApiError("draining", "The service is being updated.")
        token = await backend.checks.open()
        return CheckAnswer(server_url=livekit_url, participant_token=token, secs=CHECK_TTL_SECS)
