"""The HTTP API: one function per call. What a call does lives in bot/rooms/sessions.py."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from bot.access.choice import build_door
from bot.access.doors import Door
from bot.brand import read_brand
from bot.http.access import AccessGuard, add_access_call
from bot.http.backend import Backend
from bot.http.body import read_bytes
from bot.http.check import add_check_call
from bot.http.declared import declared
from bot.http.errors import install_error_handlers
from bot.http.guard import HttpGuard
from bot.http.origins import Origins
from bot.http.page.branded import branded
from bot.http.page.page import PAGE_DIR, Page, security_headers
from bot.http.rating import add_rating_call
from bot.http.resume import add_resume_call, checked_session_id
from bot.http.starts.idempotency import KEY_SCHEMA
from bot.http.starts.rate_limit import RateLimit
from bot.http.starts.starts import Starts
from bot.http.starts.token_endpoint import SANDBOX_PATH
from bot.http.visitors import Visitors
from bot.http.wire import (
    HealthAnswer,
    StartAnswer,
    StartRequest,
    StateAnswer,
    StrangersHealth,
    TokenAnswer,
    TokenRequest,
    WaitAnswer,
)
from bot.livekit.access import WEBHOOK_PATH
from bot.livekit.mark import as_websocket_url
from bot.settings import Settings

# A room event carries the room's and the participant's metadata and attributes, of 3 kB each here.
_MAX_WEBHOOK_BYTES = 64 * 1024
_LOOKS_PER_MINUTE = 240
"""Of an address: two a second of pages that wait for their bot to come back, behind one address."""
_ENDS_PER_MINUTE = 60


def build_api(
    *,
    settings: Settings,
    backend: Backend,
    door: Door | None = None,
    page_dir: Path = PAGE_DIR,
    livekit_url: str = "",
) -> FastAPI:
    """Return the app: the API below /api, the page everywhere else.

    Args:
        settings: All of them.
        backend: What the calls do.
        door: Who may call; None: as the settings say.
        page_dir: The page's files.
        livekit_url: What callers are given; empty: as the settings say.
    """
    door = door or build_door(settings, backend.store, shared=backend.shared, tasks=backend.tasks)
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    livekit_url = livekit_url or as_websocket_url(
        settings.livekit_public_url or backend.livekit.url
    )
    is_https = settings.public_url.startswith("https")
    headers = security_headers(livekit_url=livekit_url, is_https=is_https)
    install_error_handlers(app, headers=headers)
    visitors = Visitors(trusted_proxies=settings.trusted_proxies, is_exposed=settings.is_exposed)
    _add_session_calls(
        app, settings=settings, backend=backend, livekit_url=livekit_url, visitors=visitors
    )
    add_rating_call(app, backend=backend, visitors=visitors)
    add_check_call(app, backend=backend, livekit_url=livekit_url, visitors=visitors)
    _add_own_calls(app, backend=backend, visitors=visitors)
    _add_server_calls(app, backend=backend, visitors=visitors)
    add_access_call(app, door=door, visitors=visitors, is_https=is_https)
    app.router.default = _page(settings, page_dir=page_dir, livekit_url=livekit_url)
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


def _page(settings: Settings, *, page_dir: Path, livekit_url: str) -> Page:
    brand = read_brand(settings.brand_file)
    return Page(
        page_dir,
        livekit_url=livekit_url,
        embed_origins=settings.embed_origins,
        finish=partial(
            branded, brand=brand, kept_days=settings.kept_days, language=settings.language
        ),
    )


def _add_session_calls(
    app: FastAPI, *, settings: Settings, backend: Backend, livekit_url: str, visitors: Visitors
) -> None:
    starts = Starts(settings=settings, backend=backend, livekit_url=livekit_url, visitors=visitors)
    key = {"Idempotency-Key": KEY_SCHEMA}
    of_start = declared(401, 409, 410, 429, 503, body=StartRequest, headers=key)
    of_start["responses"][202] = {"model": WaitAnswer, "description": "In the waiting line"}
    of_token = declared(401, 429, 503, body=TokenRequest)
    of_token_by_query = declared(401, 422, 429, 503)

    @app.post("/api/sessions", status_code=201, **of_start)
    async def start(request: Request) -> StartAnswer:
        return await starts.start(request)

    @app.delete("/api/sessions", status_code=204, **declared(400, 401, headers=key))
    async def leave(request: Request) -> None:
        await starts.leave(request)

    @app.post("/api/token", status_code=201, response_model=TokenAnswer, **of_token)
    @app.post(SANDBOX_PATH, status_code=201, response_model=TokenAnswer, **of_token)
    @app.post("/api/connection-details", status_code=201, response_model=TokenAnswer, **of_token)
    @app.get("/api/connection-details", response_model=TokenAnswer, **of_token_by_query)
    async def token(request: Request) -> JSONResponse:
        answer = await starts.prepare(request)
        return JSONResponse(answer, status_code=201 if request.method == "POST" else 200)

    add_resume_call(app, backend=backend, livekit_url=livekit_url, visitors=visitors, starts=starts)

    @app.head("/api/connection-details", **declared(401, 429))
    async def token_head() -> Response:
        # Nobody could read a token here, so none is made.
        return Response(media_type="application/json")


def _add_own_calls(app: FastAPI, *, backend: Backend, visitors: Visitors) -> None:
    """Add what needs a session's own token and nothing else."""
    # Whoever looks too often can still end the call.
    looks = RateLimit(per_minute=_LOOKS_PER_MINUTE, what="questions")
    ends = RateLimit(per_minute=_ENDS_PER_MINUTE, what="requests")
    # FastAPI declares an answer of its own for a path with parameters, unless there is one.
    of_own_token = declared(401, 404, 422, 429, 503)

    @app.head("/api/sessions/{session_id}", response_model=StateAnswer, **of_own_token)
    @app.get("/api/sessions/{session_id}", **of_own_token)
    async def state(session_id: str, request: Request) -> StateAnswer:
        looks.take(visitors.of(request).address)
        found, reason = await backend.own_session.state(
            checked_session_id(session_id), authorization=request.headers.get("authorization", "")
        )
        return StateAnswer(state=found.value, reason=reason)

    @app.delete("/api/sessions/{session_id}", status_code=204, **of_own_token)
    async def end(session_id: str, request: Request) -> None:
        ends.take(visitors.of(request).address)
        await backend.own_session.end(
            checked_session_id(session_id), authorization=request.headers.get("authorization", "")
        )


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
