"""The call by which a caller says how the talk was."""

from __future__ import annotations

from fastapi import FastAPI, Request

from bot.http.access import guest_of
from bot.http.backend import Backend
from bot.http.body import read_json
from bot.http.declared import declared
from bot.http.resume import checked_session_id
from bot.http.starts.rate_limit import RateLimit
from bot.http.visitors import Visitors
from bot.http.wire import RatingRequest

_PER_MINUTE = 30
"""Of an address: a thumb and a line each of fifteen callers behind one."""


def add_rating_call(app: FastAPI, *, backend: Backend, visitors: Visitors) -> None:
    """Add `POST /api/sessions/{id}/rating`.

    Args:
        app: Gets it.
        backend: What it does.
        visitors: Tells where a request comes from, through proxies that are trusted.
    """
    ratings = RateLimit(per_minute=_PER_MINUTE, what="ratings")

    @app.post(
        "/api/sessions/{session_id}/rating",
        status_code=204,
        **declared(401, 404, 410, 429, 503, body=RatingRequest),
    )
    async def rate(session_id: str, request: Request) -> None:
        ratings.take(visitors.of(request).address)
        body = await read_json(request, RatingRequest)
        await backend.ended_sessions.rate(
            checked_session_id(session_id),
            ticket=body.resume_ticket,
            person=guest_of(request).person,
            is_good=body.is_good,
            comment=body.comment,
        )
