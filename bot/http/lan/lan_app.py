"""What callers of the local network reach at one origin: page, API, signalling, help for phones.

Without TLS there is that last one alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.access.choice import build_door
from bot.access.doors import Door
from bot.errors import VoiceError
from bot.http.access import knock_of
from bot.http.api import build_api
from bot.http.backend import Backend
from bot.http.lan.phone_page import PHONE_PATH, ROOT_PATH, phone_page, root_file
from bot.http.origins import Origins
from bot.http.page.page import PAGE_DIR, security_headers
from bot.http.signalling.signalling import SOCKET_PATHS, VALIDATE_PATHS, Signalling
from bot.http.visitors import Visitors
from bot.lan.reach import Reach
from bot.livekit.access import WEBHOOK_PATH
from bot.settings import Settings

_FIRST_PARTS = {path.split("/")[1] for path in (*SOCKET_PATHS, *VALIDATE_PATHS)}


class LanApp:
    """ASGI app in front of the whole one.

    Args:
        app: The page and the API.
        reach: Where we are.
        signalling: Passes on to LiveKit.
        door: Knows who is let in, and so whose link may be shown.
        visitors: Tells where a request comes from.
        headers: Put on every answer of this file.
        has_invites: Whether the door is opened by links.
        is_proxied: Whether somebody before us may call us by another name than callers do.
    """

    def __init__(  # noqa: PLR0913 - the one place where the parts meet
        self,
        app: ASGIApp,
        *,
        reach: Reach,
        signalling: Signalling | None,
        door: Door,
        visitors: Visitors,
        headers: Mapping[str, str],
        has_invites: bool,
        is_proxied: bool,
    ) -> None:
        self._app = app
        self._reach = reach
        self._signalling = signalling
        self._door = door
        self._visitors = visitors
        self._headers = headers
        self._has_invites = has_invites
        self._is_proxied = is_proxied

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is ours; pass on the rest."""
        path = str(scope["path"])
        is_plain = scope.get("scheme") in ("http", "ws")
        # LiveKit, on this machine, signs what it says.
        if is_plain and path != WEBHOOK_PATH:
            answer: ASGIApp = self._plain(path)
        elif scope["type"] == "websocket" or _is_of_livekit(path):
            answer = self._signalling or Response(status_code=404)
        elif place := self._one_origin(scope):
            answer = RedirectResponse(place, status_code=302)
        elif path == PHONE_PATH:
            answer = phone_page(self._reach, link=await self._own_link(scope))
        elif path == ROOT_PATH and self._reach.authority is not None:
            answer = root_file(self._reach.authority)
        else:
            await self._app(scope, receive, send)
            return
        await answer(scope, receive, self._with_headers(send))

    def _plain(self, path: str) -> Response:
        if path == ROOT_PATH and self._reach.authority is not None:
            return root_file(self._reach.authority)
        if path in ("/", PHONE_PATH):
            return phone_page(self._reach)
        # Whatever was in it, a cookie or a key, has gone over the wire already: not again.
        return RedirectResponse("/", status_code=302)

    def _one_origin(self, scope: Scope) -> str:
        """Return where a page is to be that somebody opens by another name; empty: it is there.

        Its calls go to the one origin, which takes them from no page of another one.
        """
        headers = Headers(scope=scope)
        is_visit = scope["method"] in ("GET", "HEAD") and "text/html" in headers.get("accept", "")
        is_there = headers.get("host", "").lower() == urlsplit(self._reach.origin).netloc
        if self._is_proxied or is_there or not is_visit:
            return ""
        query = bytes(scope["query_string"]).decode("latin-1")
        return f"{self._reach.origin}{quote(scope['path'])}" + (f"?{query}" if query else "")

    async def _own_link(self, scope: Scope) -> str:
        """Return a link that lets in whoever asks, and nobody further than that."""
        knock = knock_of(scope, self._visitors.of(HTTPConnection(scope)).address)
        try:
            await self._door.admit(knock)
        except VoiceError:
            return ""
        token = knock.cookie if self._has_invites else ""
        return f"{self._reach.origin}/#invite={token}" if token else f"{self._reach.origin}/"

    def _with_headers(self, send: Send) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    answer.setdefault(name, value)
            await send(message)

        return send_with_headers


def build_lan_app(
    *, settings: Settings, backend: Backend, reach: Reach, page_dir: Path = PAGE_DIR
) -> LanApp:
    """Return the whole app as callers of the local network reach it.

    Args:
        settings: All of them.
        backend: What the calls do.
        reach: Where we are.
        page_dir: The page's files.
    """
    door = build_door(settings, backend.store, shared=backend.shared, tasks=backend.tasks)
    visitors = Visitors(trusted_proxies=settings.trusted_proxies, is_exposed=settings.is_exposed)
    # A LiveKit elsewhere has an address of its own for callers.
    livekit_url = "" if settings.livekit_url else reach.websocket_origin
    origins = Origins(
        host=settings.host, public_url=settings.public_url, allowed=settings.allowed_origins
    )
    signalling = Signalling(
        livekit_url=backend.livekit.websocket_url, origins=origins, visitors=visitors
    )
    return LanApp(
        build_api(
            settings=settings,
            backend=backend,
            door=door,
            page_dir=page_dir,
            livekit_url=livekit_url,
        ),
        reach=reach,
        signalling=signalling if livekit_url else None,
        door=door,
        visitors=visitors,
        headers=security_headers(livekit_url=reach.websocket_origin),
        has_invites=settings.access == "invite",
        is_proxied=bool(settings.public_url),
    )


def _is_of_livekit(path: str) -> bool:
    return path.strip("/").split("/")[0] in _FIRST_PARTS
