"""The HTTP API: one function per call. What a call does lives in bot/rooms/sessions.py."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.requests import HTTPConnection

from bot.access.choice import build_door
from bot.access.doors import Door, Guest
from bot.errors import VoiceError
from bot.http.access import AccessGuard, add_access_call, guest_of
from bot.http.backend import Backend
from bot.http.body import read_bytes, read_json
from bot.http.errors import ApiError, install_error_handlers
from bot.http.guard import HttpGuard
from bot.http.idempotency import Idempotency
from bot.http.page import PAGE_DIR, build_page, security_headers
from bot.http.rate_limit import RateLimit
from bot.http.token_endpoint import answer_of, caller_of
from bot.http.wire import HealthAnswer, StartAnswer, StartRequest, StateAnswer, TokenRequest
from bot.rooms.events import WEBHOOK_PATH
from bot.rooms.journal import network_of
from bot.rooms.plan import is_session_id
from bot.rooms.sessions import StartedSession
from bot.rooms.tokens import Caller
from bot.settings import Settings

# A room event carries the room's and the participant's metadata and attributes.
_MAX_WEBHOOK_BYTES = 1024 * 1024
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


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
    headers = security_headers(livekit_url=backend.livekit.url, page_dir=page_dir)
    install_error_handlers(app, headers=headers)
    _add_session_calls(app, settings=settings, backend=backend)
    _add_server_calls(app, backend=backend)
    add_access_call(app, door=door, address_of=_address)
    app.router.default = build_page(page_dir)
    app.add_middleware(AccessGuard, door=door, journal=backend.journal, address_of=_address)
    app.add_middleware(
        HttpGuard,
        allowed_origins=settings.allowed_origins,
        is_loopback=settings.host in _LOOPBACK,
        headers=headers,
    )
    return app


def _add_session_calls(app: FastAPI, *, settings: Settings, backend: Backend) -> None:
    sessions = backend.sessions
    rate_limit = RateLimit(per_minute=settings.starts_per_minute)
    repeated: Idempotency[StartAnswer] = Idempotency()

    @app.post("/api/sessions", status_code=201)
    async def start(request: Request) -> StartAnswer:
        body = await read_json(request, StartRequest)
        address, guest = _address(request), guest_of(request)

        async def work() -> StartAnswer:
            with _written_down(backend, address, guest) as begin:
                rate_limit.take(address)
                caller = Caller(name=body.participant_name or "", person=guest.person)
                async with guest.use():
                    started = await sessions.start(caller=caller, join_code=body.join_code)
                begin(started)
            return _start_answer(started, backend)

        key = request.headers.get("idempotency-key")
        if key is None:
            return await work()
        return await repeated.run(key, address=address, body=body.model_dump_json(), work=work)

    @app.get("/api/sessions/{session_id}")
    async def state(session_id: str, request: Request) -> StateAnswer:
        found, reason = await sessions.state(
            _checked(session_id), authorization=request.headers.get("authorization", "")
        )
        return StateAnswer(state=found.value, reason=reason)

    @app.delete("/api/sessions/{session_id}", status_code=204)
    async def end(session_id: str, request: Request) -> None:
        await sessions.end(
            _checked(session_id), authorization=request.headers.get("authorization", "")
        )

    @app.post("/api/token", status_code=201)
    @app.post("/api/connection-details", status_code=201)
    @app.get("/api/connection-details")
    async def token(request: Request) -> JSONResponse:
        body = await read_json(request, TokenRequest)
        guest, address = guest_of(request), _address(request)
        caller = caller_of(body, agent_name=settings.agent_name, person=guest.person)
        with _written_down(backend, address, guest) as begin:
            rate_limit.take(address)
            async with guest.use():
                prepared = await sessions.prepare(caller=caller)
            begin(prepared)
        status = 201 if request.method == "POST" else 200
        return JSONResponse(answer_of(prepared, caller, backend.livekit), status_code=status)


def _add_server_calls(app: FastAPI, *, backend: Backend) -> None:
    @app.get("/api/health")
    async def health(response: Response) -> HealthAnswer:
        report = await backend.health.report()
        response.status_code = 200 if report.status == "ok" else 503
        return report

    @app.post(WEBHOOK_PATH, status_code=204)
    async def webhook(request: Request) -> None:
        body = await read_bytes(request, limit_bytes=_MAX_WEBHOOK_BYTES)
        signature = request.headers.get("authorization", "")
        backend.events.handle(backend.tokens.check_webhook(signature, body))


@contextmanager
def _written_down(
    backend: Backend, address: str, guest: Guest
) -> Generator[Callable[[StartedSession], StartedSession]]:
    """Have one line in the log for the start that is made in the block, or for its refusal."""
    network = network_of(address)

    def begin(started: StartedSession) -> StartedSession:
        backend.spending.begin(started.plan.session_id, network=network, by=guest.mark)
        return started

    try:
        yield begin
    except VoiceError as error:
        backend.journal.refused(error.code, network=network)
        raise


def _start_answer(started: StartedSession, backend: Backend) -> StartAnswer:
    return StartAnswer(
        session_id=started.plan.session_id,
        room_name=started.plan.room_name,
        server_url=backend.livekit.websocket_url,
        participant_token=started.token.jwt,
        expires_at=started.token.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )


def _checked(session_id: str) -> str:
    if not is_session_id(session_id):
        raise ApiError("not_found", "There is no such session.")
    return session_id


def _address(request: HTTPConnection) -> str:
    return request.client.host if request.client else "unknown"
