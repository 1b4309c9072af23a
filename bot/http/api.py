"""The HTTP API: one function per call. What a call does lives in bot/rooms/sessions.py."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from bot.access.choice import build_door
from bot.access.doors import Door, Guest
from bot.errors import VoiceError
from bot.http.access import AccessGuard, add_access_call, guest_of
from bot.http.backend import Backend, as_websocket_url
from bot.http.body import read_bytes, read_json
from bot.http.declared import declared
from bot.http.errors import install_error_handlers
from bot.http.guard import HttpGuard
from bot.http.idempotency import KEY_SCHEMA, Idempotency
from bot.http.origins import Origins
from bot.http.page import PAGE_DIR, build_page, security_headers
from bot.http.rate_limit import RateLimit
from bot.http.resume import add_resume_call, checked_session_id, start_fields
from bot.http.token_endpoint import answer_of, caller_of
from bot.http.visitors import Visitor, Visitors
from bot.http.wire import (
    HealthAnswer,
    StartAnswer,
    StartRequest,
    StateAnswer,
    StrangersHealth,
    TokenAnswer,
    TokenRequest,
)
from bot.rooms.events import WEBHOOK_PATH
from bot.rooms.journal import network_of
from bot.rooms.sessions import StartedSession
from bot.rooms.tokens import Caller
from bot.settings import Settings

# A room event carries the room's and the participant's metadata and attributes, of 3 kB each here.
_MAX_WEBHOOK_BYTES = 64 * 1024
_STARTS_PER_LINE = 10
"""Starts a minute of everybody together, for each of MAX_SESSIONS."""


def build_api(
    *,
    settings: Settings,
    backend: Backend,
    door: Door | None = None,
    page_dir: Path = PAGE_DIR,
) -> FastAPI:
    """Return the app: the API below /api, the page everywhere else.

    Args:
        settings: All of them.
        backend: What the calls do.
        door: Who may call; None: as the settings say.
        page_dir: The page's files.
    """
    door = door or build_door(settings, backend.store)
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    livekit_url = as_websocket_url(settings.livekit_public_url or backend.livekit.url)
    is_https = settings.public_url.startswith("https")
    headers = security_headers(livekit_url=livekit_url, page_dir=page_dir, is_https=is_https)
    install_error_handlers(app, headers=headers)
    visitors = Visitors(trusted_proxies=settings.trusted_proxies, is_exposed=settings.is_exposed)
    _add_session_calls(
        app, settings=settings, backend=backend, livekit_url=livekit_url, visitors=visitors
    )
    _add_server_calls(app, backend=backend, visitors=visitors)
    add_access_call(app, door=door, visitors=visitors, is_https=is_https)
    app.router.default = build_page(page_dir)
    app.add_middleware(AccessGuard, door=door, journal=backend.journal, visitors=visitors)
    app.add_middleware(
        HttpGuard,
        origins=Origins(
            host=settings.host,
            public_url=settings.public_url,
            allowed=settings.allowed_origins,
        ),
        headers=headers,
    )
    return app


def _add_session_calls(
    app: FastAPI, *, settings: Settings, backend: Backend, livekit_url: str, visitors: Visitors
) -> None:
    sessions = backend.sessions
    rate_limit = RateLimit(
        per_minute=settings.starts_per_minute,
        over_all_per_minute=max(
            settings.starts_per_minute, _STARTS_PER_LINE * settings.max_sessions
        ),
    )
    repeated: Idempotency[StartAnswer] = Idempotency()
    # FastAPI declares an answer of its own for a path with parameters, unless there is one.
    of_own_token = declared(401, 404, 422, 503)
    of_start = declared(
        *(401, 409, 410, 429, 503), body=StartRequest, headers={"Idempotency-Key": KEY_SCHEMA}
    )
    of_token = declared(401, 429, 503, body=TokenRequest)

    def share_of(visitor: Visitor) -> str | None:
        # Somebody alone on this machine has all lines, unless the operator has said how many.
        is_free = visitor.is_local and settings.sessions_per_address is None
        return None if is_free else visitor.network

    def take(visitor: Visitor, guest: Guest) -> None:
        with _written_down(backend, visitor, guest):
            rate_limit.take(visitor.address)

    @app.post("/api/sessions", status_code=201, **of_start)
    async def start(request: Request) -> StartAnswer:
        visitor, guest = visitors.of(request), guest_of(request)

        async def begin(body: StartRequest) -> StartAnswer:
            caller = Caller(name=body.participant_name or "", person=guest.person)
            with _written_down(backend, visitor, guest) as note:
                async with guest.use():
                    started = await sessions.start(
                        caller=caller, join_code=body.join_code, network=share_of(visitor)
                    )
                note(started)
            return StartAnswer.model_validate(start_fields(backend, started, guest, livekit_url))

        key = request.headers.get("idempotency-key")
        if key is None:
            take(visitor, guest)
            return await begin(await read_json(request, StartRequest))
        with repeated.using(key, address=visitor.address, admit=lambda: take(visitor, guest)):
            body = await read_json(request, StartRequest)
            return await repeated.run(
                key,
                address=visitor.address,
                body=body.model_dump_json(),
                work=lambda: begin(body),
            )

    @app.head("/api/sessions/{session_id}", response_model=StateAnswer, **of_own_token)
    @app.get("/api/sessions/{session_id}", **of_own_token)
    async def state(session_id: str, request: Request) -> StateAnswer:
        found, reason = await sessions.state(
            checked_session_id(session_id), authorization=request.headers.get("authorization", "")
        )
        return StateAnswer(state=found.value, reason=reason)

    @app.delete("/api/sessions/{session_id}", status_code=204, **of_own_token)
    async def end(session_id: str, request: Request) -> None:
        await sessions.end(
            checked_session_id(session_id), authorization=request.headers.get("authorization", "")
        )

    @app.post("/api/token", status_code=201, response_model=TokenAnswer, **of_token)
    @app.post("/api/connection-details", status_code=201, response_model=TokenAnswer, **of_token)
    @app.get("/api/connection-details", response_model=TokenAnswer, **of_token)
    async def token(request: Request) -> JSONResponse:
        visitor, guest = visitors.of(request), guest_of(request)
        take(visitor, guest)
        body = await read_json(request, TokenRequest)
        caller = caller_of(body, agent_name=settings.agent_name, person=guest.person)
        with _written_down(backend, visitor, guest) as note:
            async with guest.use():
                prepared = await sessions.prepare(caller=caller, network=share_of(visitor))
            note(prepared)
        status = 201 if request.method == "POST" else 200
        ticket = backend.resuming.ticket_of(prepared.plan.session_id, person=guest.person)
        answer = answer_of(prepared, caller, livekit_url=livekit_url, resume_ticket=ticket)
        return JSONResponse(answer, status_code=status)

    add_resume_call(
        app,
        backend=backend,
        livekit_url=livekit_url,
        visitors=visitors,
        take=take,
        written_down=partial(_written_down, backend),
    )

    @app.head("/api/connection-details", **declared(401, 429))
    async def token_head() -> Response:
        # Nobody could read a token here, so none is made.
        return Response(media_type="application/json")


def _add_server_calls(app: FastAPI, *, backend: Backend, visitors: Visitors) -> None:
    told = HealthAnswer | StrangersHealth
    of_health = declared()
    of_health["responses"][503] = {"model": told, "description": "Not well"}

    @app.head("/api/health", response_model=told, **of_health)
    @app.get("/api/health", response_model=told, **of_health)
    async def health(request: Request) -> JSONResponse:
        report = await backend.health.report()
        # How full the house is and who does the work is the operator's to know.
        shown = None if visitors.of(request).is_at_machine else {"status"}
        status_code = 200 if report.status == "ok" else 503
        return JSONResponse(report.model_dump(include=shown), status_code=status_code)

    @app.post(WEBHOOK_PATH, status_code=204, **declared(400, 401, 413))
    async def webhook(request: Request) -> None:
        signature = request.headers.get("authorization", "")
        backend.tokens.check_webhook_sender(signature)
        body = await read_bytes(request, limit_bytes=_MAX_WEBHOOK_BYTES)
        backend.events.handle(backend.tokens.check_webhook(signature, body))


@contextmanager
def _written_down(
    backend: Backend, visitor: Visitor, guest: Guest
) -> Generator[Callable[[StartedSession], None]]:
    """Have one line in the log for the start that is made in the block, or for its refusal."""
    network = network_of(visitor.address)

    def note(started: StartedSession) -> None:
        backend.spending.begin(started.plan.session_id, network=network, by=guest.mark)

    try:
        yield note
    except VoiceError as error:
        backend.journal.refused(error.code, network=network)
        raise
