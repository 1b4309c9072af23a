"""Stands before everything that starts a call or makes a token: only who may call gets further."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.access.doors import Door, Guest, Knock
from bot.errors import VoiceError
from bot.http.body import read_json
from bot.http.declared import declared
from bot.http.errors import response_of
from bot.http.visitors import Visitors
from bot.livekit.access import WEBHOOK_PATH
from bot.rooms.journal import Journal, network_of

ACCESS_PATH = "/api/access"
_COOKIE = "parley_access"
# Health and the webhook spend nothing; a call is looked at and ended with its own token. Whatever
# else there is below /api, also what comes later, needs access.
_FREE_PATHS = ("/api/health", WEBHOOK_PATH, ACCESS_PATH)
_OWN_TOKEN_PREFIX = "/api/sessions/"
_TICKET_SUFFIXES = ("/resume", "/rating")


class AccessRequest(BaseModel):
    """Body of `POST /api/access`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    key: Annotated[str, Field(min_length=1, max_length=512)]
    """The passphrase, or what an invite's link holds."""


class AccessGuard:
    """ASGI middleware.

    Args:
        app: What it guards.
        door: Knows who may call.
        journal: Is told of refusals.
        visitors: Tells where a request comes from, through proxies that are trusted.
    """

    def __init__(self, app: ASGIApp, *, door: Door, journal: Journal, visitors: Visitors) -> None:
        self._app = app
        self._door = door
        self._journal = journal
        self._visitors = visitors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer at once who may not call; pass on the rest."""
        if scope["type"] == "http" and _is_guarded(_path(scope)):
            address = self._visitors.of(HTTPConnection(scope)).address
            try:
                guest = await self._door.admit(knock_of(scope, address))
            except VoiceError as error:
                self._journal.refused(error.code, network=network_of(address))
                await response_of(error)(scope, receive, send)
                return
            scope.setdefault("state", {})["guest"] = guest
        await self._app(scope, receive, send)


def guest_of(request: Request) -> Guest:
    """Return who was let in; without the guard's word nothing is done."""
    return request.scope["state"]["guest"]


def add_access_call(app: FastAPI, *, door: Door, visitors: Visitors, is_https: bool) -> None:
    """Add the call that turns a key or an invite into a cookie.

    Args:
        app: Gets it.
        door: Knows who may call.
        visitors: Tells where a request comes from, through proxies that are trusted.
        is_https: Callers come by https, whatever reaches this program.
    """

    @app.post(ACCESS_PATH, status_code=204, **declared(401, 429, 503, body=AccessRequest))
    async def access(request: Request, response: Response) -> None:
        body = await read_json(request, AccessRequest)
        given = await door.exchange(body.key, address=visitors.of(request).address)
        if given.cookie:
            response.set_cookie(
                _COOKIE,
                given.cookie,
                max_age=given.lasts_secs,
                httponly=True,
                secure=is_https or request.url.scheme == "https",
                samesite="strict",
            )


def _path(scope: Scope) -> str:
    # As the router sees it.
    return str(scope["path"]).removeprefix(str(scope.get("root_path", "")))


def _is_guarded(path: str) -> bool:
    is_api = path == "/api" or path.startswith("/api/")
    # Coming back is a start in all but its line; a path that hides it behind a slash is none.
    has_own_token = path.startswith(_OWN_TOKEN_PREFIX) and not path.endswith(_TICKET_SUFFIXES)
    return is_api and path not in _FREE_PATHS and not has_own_token


def knock_of(scope: Scope, address: str) -> Knock:
    """Return what a request shows."""
    headers, client = Headers(scope=scope), scope.get("client")
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return Knock(
        address=address,
        # The server rewrites it by no header.
        peer=str(client[0]) if client else "",
        bearer=token.strip() if scheme.lower() == "bearer" else "",
        cookie=cookie_parser(headers.get("cookie", "")).get(_COOKIE, ""),
        headers=scope["headers"],
    )
