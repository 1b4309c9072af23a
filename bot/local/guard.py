"""Lets in who has the key of this start and calls this machine by its own name."""

from __future__ import annotations

import hmac
import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.local.openai_errors import error_response

# They say only that something runs here.
_FREE_PATHS = ("/", "/health")
_SCHEMES = ("bearer", "token")
"""As OpenAI's clients and Deepgram's write it."""


class Guard:
    """ASGI middleware, for requests and websockets.

    Args:
        app: What it guards.
        key: What callers must send; empty lets in every program of this machine.
    """

    def __init__(self, app: ASGIApp, *, key: str) -> None:
        self._app = app
        self._key = key.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer at once what is not allowed; pass on the rest."""
        refusal = None
        if scope["type"] in ("http", "websocket"):
            refusal = self._refusal(str(scope["path"]), Headers(scope=scope))
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            # Before it is accepted: the handshake is answered with 403.
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            await refusal(scope, receive, send)

    def _refusal(self, path: str, headers: Headers) -> Response | None:
        # A page that points a name of its own at this machine, or just tries its ports.
        if not _is_here(f"//{headers.get('host', '')}"):
            return error_response(403, "only this machine may call, by its own name")
        if (origin := headers.get("origin")) is not None and not _is_here(origin):
            return error_response(403, "no page of another site may call")
        if self._key and path not in _FREE_PATHS and not self._has_key(headers):
            return error_response(401, "the key is missing or wrong", code="invalid_api_key")
        return None

    def _has_key(self, headers: Headers) -> bool:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        is_right = hmac.compare_digest(given.strip().encode(), self._key)
        return is_right and scheme.lower() in _SCHEMES


def _is_here(url: str) -> bool:
    """Tell whether a host, or an origin, is a name of this machine."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
