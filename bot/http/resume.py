"""The call that brings a caller back into a session: a ticket for a new token."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from fastapi import FastAPI, Request

from bot.access.doors import Guest
from bot.http.access import guest_of
from bot.http.backend import Backend
from bot.http.body import read_json
from bot.http.declared import declared
from bot.http.errors import ApiError
from bot.http.visitors import Visitor, Visitors
from bot.http.wire import ResumeAnswer, ResumeRequest
from bot.rooms.plan import is_session_id
from bot.rooms.sessions import StartedSession
from bot.rooms.tokens import Caller


def add_resume_call(  # noqa: PLR0913 - what a start is admitted by
    app: FastAPI,
    *,
    backend: Backend,
    livekit_url: str,
    visitors: Visitors,
    take: Callable[[Visitor, Guest], None],
    written_down: Callable[[Visitor, Guest], AbstractContextManager[object]],
) -> None:
    """Add `POST /api/sessions/{id}/resume`.

    Args:
        app: Gets it.
        backend: What it does.
        livekit_url: Where callers join.
        visitors: Tells where a request comes from, through proxies that are trusted.
        take: Counts it as a start; raises to refuse.
        written_down: Has a refusal within the block in the log.
    """

    @app.post(
        "/api/sessions/{session_id}/resume",
        **declared(401, 404, 409, 410, 429, 503, body=ResumeRequest),
    )
    async def resume(session_id: str, request: Request) -> ResumeAnswer:
        visitor, guest = visitors.of(request), guest_of(request)
        take(visitor, guest)
        body = await read_json(request, ResumeRequest)
        caller = Caller(person=guest.person)
        with written_down(visitor, guest):
            resumed = await backend.resuming.resume(
                checked_session_id(session_id), ticket=body.resume_ticket, caller=caller
            )
        fields = start_fields(backend, resumed, guest, livekit_url)
        return ResumeAnswer.model_validate(fields)


def start_fields(
    backend: Backend, started: StartedSession, guest: Guest, livekit_url: str
) -> dict[str, Any]:
    """Return what the answer of a start, and of a resume, tells."""
    session_id = started.plan.session_id
    return {
        "session_id": session_id,
        "room_name": started.plan.room_name,
        "server_url": livekit_url,
        "participant_token": started.token.jwt,
        "expires_at": started.token.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "resume_ticket": backend.resuming.ticket_of(session_id, person=guest.person),
        "resume_secs": backend.resuming.waits_secs,
    }


def checked_session_id(session_id: str) -> str:
    """Return an id of the form that ours have.

    Raises:
        ApiError: code "not_found".
    """
    if not is_session_id(session_id):
        raise ApiError("not_found", "There is no such session.")
    return session_id
