"""The call that brings a caller back into a session: a ticket for a new token."""

from __future__ import annotations

from fastapi import FastAPI, Request

from bot.http.access import guest_of
from bot.http.backend import Backend
from bot.http.body import read_json
from bot.http.captions import captions_of
from bot.http.declared import declared
from bot.http.errors import ApiError
from bot.http.starts.starts import Starts, start_fields
from bot.http.visitors import Visitors
from bot.http.wire import ResumeRequest, StartAnswer
from bot.rooms.plan import is_session_id
from bot.rooms.tokens import Caller


def add_resume_call(
    app: FastAPI, *, backend: Backend, livekit_url: str, visitors: Visitors, starts: Starts
) -> None:
    """Add `POST /api/sessions/{id}/resume`.

    Args:
        app: Gets it.
        backend: What it does.
        livekit_url: Where callers join.
        visitors: Tells where a request comes from, through proxies that are trusted.
        starts: Counts it as one, and has its refusal in the log.
    """

    @app.post(
        "/api/sessions/{session_id}/resume",
        **declared(401, 404, 409, 410, 429, 503, body=ResumeRequest),
    )
    async def resume(session_id: str, request: Request) -> StartAnswer:
        visitor, guest = visitors.of(request), guest_of(request)
        starts.take(visitor, guest)
        body = await read_json(request, ResumeRequest)
        caller = Caller(person=guest.person)
        with starts.written_down(visitor, guest):
            await starts.take_with_others(visitor)
            resumed = await backend.resuming.resume(
                checked_session_id(session_id), ticket=body.resume_ticket, caller=caller
            )
        fields = start_fields(backend, resumed, guest, livekit_url)
        turns = await backend.resuming.turns_of(session_id)
        return StartAnswer.model_validate({**fields, "captions": captions_of(turns)})


def checked_session_id(session_id: str) -> str:
    """Return an id of the form that ours have.

    Raises:
        ApiError: code "not_found".
    """
    if not is_session_id(session_id):
        raise ApiError("not_found", "There is no such session.")
    return session_id
