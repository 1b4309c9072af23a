"""LiveKit's signalling, passed through: callers reach it at the origin of the page.

LiveKit itself listens on this machine alone, and nothing else of it can be reached from here: not
its API, not its workers' door. Who may join is LiveKit's to say, by the token.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

import httpx
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI

from bot.http.errors import ApiError
from bot.http.origins import Origins
from bot.http.signalling.passage import Passage, SignallingLimits
from bot.http.starts.rate_limit import RateLimit
from bot.http.visitors import Visitors
from bot.loopback import loopback_client

SOCKET_PATHS = ("/rtc", "/rtc/v1")
VALIDATE_PATHS = ("/rtc/validate", "/rtc/v1/validate")
"""Where clients ask why they were refused. LiveKit 1.13 has these four."""

_PASSED_HEADERS = ("authorization", "user-agent")
_OPENED_PER_MINUTE, _OPENED_OVER_ALL = 60, 600
"""LiveKit logs each token that it refuses."""
_MOST_ANSWER_CHARS = 4096


class Signalling:
    """ASGI app for the paths above.

    Args:
        livekit_url: LiveKit's own address on this machine.
        origins: Tells own pages from foreign ones.
        visitors: Tells where a request comes from.
        limits: None: the usual ones.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        *,
        livekit_url: str,
        origins: Origins,
        visitors: Visitors,
        limits: SignallingLimits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._livekit_url = livekit_url
        self._origins = origins
        self._visitors = visitors
        self._limits = limits or SignallingLimits()
        self._clock = clock
        self._rate_limit = RateLimit(
            per_minute=_OPENED_PER_MINUTE,
            over_all_per_minute=lambda: _OPENED_OVER_ALL,
            what="connections",
            clock=clock,
        )
        self._open: dict[str, int] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on one connection, or one question why it was refused."""
        headers, path = Headers(scope=scope), str(scope["path"])
        is_socket = scope["type"] == "websocket"
        if not self._origins.knows(headers) or not self._origins.is_own(headers):
            answer: Response = PlainTextResponse("not for other sites", status_code=403)
        elif path not in (SOCKET_PATHS if is_socket else VALIDATE_PATHS):
            answer = PlainTextResponse("not found", status_code=404)
        elif not is_socket and scope["method"] != "GET":
            answer = PlainTextResponse("only GET", status_code=405)
        elif not self._may_ask(scope):
            answer = PlainTextResponse("too many connections in a minute", status_code=429)
        elif is_socket:
            await self._pass_socket(scope, receive, send)
            return
        else:
            answer = await self._validate(scope)
        await answer(scope, receive, send)

    def _may_ask(self, scope: Scope) -> bool:
        try:
            self._rate_limit.take(self._address(scope))
        except ApiError:
            return False
        return True

    async def _validate(self, scope: Scope) -> Response:
        url = self._url(scope).replace("ws", "http", 1)
        try:
            async with loopback_client(limit_secs=self._limits.open_secs) as http:
                said = await http.get(url, headers=self._headers(scope))
        except httpx.HTTPError:
            return PlainTextResponse("LiveKit does not answer", status_code=502)
        return PlainTextResponse(said.text[:_MOST_ANSWER_CHARS], status_code=said.status_code)

    async def _pass_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        network = self._visitors.of(HTTPConnection(scope)).network
        with self._counted(network) as is_counted:
            if not is_counted:
                answer: Response = PlainTextResponse("too many connections", status_code=429)
            else:
                await receive()  # "websocket.connect"
                try:
                    livekit = await self._connect(scope)
                except InvalidStatus as refusal:
                    body = bytes(refusal.response.body or b"")[:_MOST_ANSWER_CHARS]
                    status = refusal.response.status_code
                    answer = PlainTextResponse(body, status_code=status)
                except (OSError, TimeoutError, InvalidHandshake, InvalidURI):
                    answer = PlainTextResponse("LiveKit does not answer", status_code=502)
                else:
                    await Passage(livekit, receive, send, self._limits, self._clock).run()
                    return
            await answer(scope, receive, send)

    async def _connect(self, scope: Scope) -> ClientConnection:
        limits = self._limits
        return await connect(
            self._url(scope),
            additional_headers=self._headers(scope),
            user_agent_header=None,
            open_timeout=limits.open_secs,
            close_timeout=limits.open_secs,
            max_size=limits.livekit_bytes,
            max_queue=4,
            # LiveKit asks for signs of life itself.
            ping_interval=None,
            compression=None,
            proxy=None,
        )

    def _url(self, scope: Scope) -> str:
        query = bytes(scope["query_string"]).decode("latin-1")
        return f"{self._livekit_url}{scope['path']}?{query}"

    def _headers(self, scope: Scope) -> dict[str, str]:
        headers = Headers(scope=scope)
        told = {name: headers.get(name, "") for name in _PASSED_HEADERS}
        # No token has other letters, and httpx sends none.
        passed = {name: value for name, value in told.items() if value and value.isascii()}
        return {**passed, "x-forwarded-for": self._address(scope)}

    def _address(self, scope: Scope) -> str:
        return self._visitors.of(HTTPConnection(scope)).address

    @contextmanager
    def _counted(self, network: str) -> Generator[bool]:
        held = self._open.get(network, 0)
        if held >= self._limits.per_network or sum(self._open.values()) >= self._limits.in_all:
            yield False
            return
        self._open[network] = held + 1
        try:
            yield True
        finally:
            self._open[network] -= 1
            if not self._open[network]:
                del self._open[network]
