"""Stands before the whole app: who may call it from which page, and the headers of every answer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.http.errors import error_response

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
_PREFLIGHT_HEADERS = {
    "Access-Control-Allow-Methods": "GET, POST, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key",
    "Access-Control-Max-Age": "600",
}


class HttpGuard:
    """ASGI middleware: hosts, origins and headers.

    Args:
        app: What it guards.
        allowed_origins: Pages on other origins that may call the API; never "*".
        is_loopback: The server listens on this machine only. Then a foreign Host header is a
            foreign page that points its own name at this machine (DNS rebinding).
        headers: Put on every answer.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        allowed_origins: Collection[str],
        is_loopback: bool,
        headers: Mapping[str, str],
    ) -> None:
        self._app = app
        self._allowed_origins = frozenset(allowed_origins)
        self._headers = headers
        names = {urlsplit(origin).hostname for origin in allowed_origins}
        self._allowed_hosts = {*_LOOPBACK_HOSTS, *names} if is_loopback else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer at once what is not allowed; pass on the rest."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_api = str(scope["path"]).startswith("/api/")
        origin = headers.get("origin")
        is_listed = origin is not None and origin in self._allowed_origins

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    answer.setdefault(name, value)
                if is_api:
                    answer["Cache-Control"] = "no-store"
                    answer.add_vary_header("Origin")
                if is_api and is_listed and origin:
                    answer["Access-Control-Allow-Origin"] = origin
                    answer["Access-Control-Expose-Headers"] = "Retry-After"
            await send(message)

        refusal = self._refusal(scope, headers, is_listed=is_listed)
        await (refusal or self._app)(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope, headers: Headers, *, is_listed: bool) -> Response | None:
        """Return the answer to a request that must go no further, or None."""
        host = headers.get("host", "")
        if self._allowed_hosts is not None and _hostname(host) not in self._allowed_hosts:
            message = "This name is not known here. Add its origin to ALLOWED_ORIGINS."
            return error_response("forbidden", message)
        origin, method = headers.get("origin"), str(scope["method"])
        is_own = origin is None or is_listed or (bool(host) and _netloc(origin) == host)
        if method == "OPTIONS" and "access-control-request-method" in headers:
            if is_own:
                return Response(status_code=204, headers=_PREFLIGHT_HEADERS)
            return error_response("forbidden", "This origin is not in ALLOWED_ORIGINS.")
        if method not in _SAFE_METHODS and not is_own:
            return error_response("forbidden", "This origin is not in ALLOWED_ORIGINS.")
        return None


def _netloc(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _hostname(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
