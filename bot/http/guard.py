"""Stands before the whole app: who may call it from which page, and the headers of every answer."""

from __future__ import annotations

from collections.abc import Mapping

from loguru import logger
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.http.errors import error_response
from bot.http.origins import Origins
from bot.livekit.access import WEBHOOK_PATH

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_PREFLIGHT_HEADERS = {
    "Access-Control-Allow-Methods": "GET, POST, DELETE",
    # The last is of LiveKit's JavaScript clients and starter pages, which send it to any server.
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, X-Sandbox-ID",
    "Access-Control-Max-Age": "600",
}
_UNKNOWN_NAME = (
    "This name is not known here: whoever runs this server may put it into PUBLIC_URL, or its "
    "origin into ALLOWED_ORIGINS."
)
_UNKNOWN_ORIGIN = (
    "This origin is not known here: whoever runs this server may put it into PUBLIC_URL, if it is "
    "the server's own, or into ALLOWED_ORIGINS."
)
_CROSS_SITE = "A page of another site may not ask for this."
MINTING_GETS = ("/api/connection-details",)
"""GET that makes something, as older clients of LiveKit want it."""


class HttpGuard:
    """ASGI middleware: hosts, origins and headers.

    Args:
        app: What it guards.
        origins: Tells own pages from foreign ones.
        headers: Put on every answer.
    """

    def __init__(self, app: ASGIApp, *, origins: Origins, headers: Mapping[str, str]) -> None:
        self._app = app
        self._origins = origins
        self._headers = headers
        self._told: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer at once what is not allowed; pass on the rest."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_api = str(scope["path"]).startswith("/api/")
        origin = headers.get("origin")
        is_listed = self._origins.is_listed(headers)

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

        refusal = self._refusal(scope, headers)
        await (refusal or self._app)(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        """Return the answer to a request that must go no further, or None."""
        method, path = str(scope["method"]), str(scope["path"])
        # LiveKit calls the webhook by whatever name it was told, and signs what it says.
        if path != WEBHOOK_PATH and not self._origins.knows(headers):
            return self._refuse(_UNKNOWN_NAME, "Host", headers.get("host", ""))
        is_own = self._origins.is_own(headers)
        if method == "OPTIONS" and "access-control-request-method" in headers:
            if is_own:
                return Response(status_code=204, headers=_PREFLIGHT_HEADERS)
            return self._refuse(_UNKNOWN_ORIGIN, "Origin", headers.get("origin", ""))
        if method not in _SAFE_METHODS and not is_own:
            return self._refuse(_UNKNOWN_ORIGIN, "Origin", headers.get("origin", ""))
        if path in MINTING_GETS and not self._origins.is_surely_own(headers):
            return error_response("forbidden", _CROSS_SITE)
        return None

    def _refuse(self, sentence: str, header: str, value: str) -> Response:
        if header not in self._told:
            # Once: strangers choose what is in it.
            self._told.add(header)
            shown = ascii(value[:80])
            logger.warning("Refused a request with {} {}: {}", header, shown, sentence)
        return error_response("forbidden", sentence)
