"""LiveKit's signalling, passed through: callers reach it at the origin of the page.

LiveKit itself listens on this machine alone, and nothing else of it can be reached from here: not
its API, not its workers' door. Who may join is LiveKit's to say, by the token.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from bot.http.errors import ApiError
from bot.http.origins import Origins
from bot.http.rate_limit import RateLimit
from bot.http.visitors import Visitors
from bot.loopback import loopback_client

SOCKET_PATHS = ("/rtc", "/rtc/v1")
VALIDATE_PATHS = ("/rtc/validate", "/rtc/v1/validate")
"""Where clients ask why they were refused. LiveKit 1.13 has these four."""

_GONE = (1005, 1006, 1015)
"""Codes of a connection that ended without one: they are never sent."""
_INTERNAL_ERROR, _TRY_LATER, _TOO_MUCH = 1011, 1013, 1008
_PASSED_HEADERS = ("authorization", "user-agent")
_LOOKS_PER_MINUTE = 60
_MOST_ANSWER_CHARS = 4096


@dataclass(frozen=True, kw_only=True)
class SignallingLimits:
    """How long and how much."""

    open_secs: float = 5.0
    """Until LiveKit, which is on this machine, has answered."""
    stall_secs: float = 20.0
    """Until somebody has read what was sent; a phone that is out of reach longer comes back."""
    per_network: int = 16
    """One to a call; a page that comes back has two for a moment."""
    in_all: int = 256
    livekit_bytes: int = 2 * 1024 * 1024
    """Of one message: a room's metadata may have 512 kB."""
    messages_per_sec: float = 100.0
    """Of a caller, over time; the candidates of a start come at once."""
    burst: float = 400.0


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
        self._looks = RateLimit(per_minute=_LOOKS_PER_MINUTE, what="questions")
        self._open: dict[str, int] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on one connection, or one question why it was refused."""
        headers, path = Headers(scope=scope), str(scope["path"])
        is_socket = scope["type"] == "websocket"
        if not self._origins.knows(headers) or not self._origins.is_own(headers):
            answer: Response = PlainTextResponse("not for other sites", status_code=403)
        elif path not in (SOCKET_PATHS if is_socket else VALIDATE_PATHS):
            answer = PlainTextResponse("not found", status_code=404)
        elif is_socket:
            await self._pass_socket(scope, receive, send)
            return
        elif scope["method"] != "GET":
            answer = PlainTextResponse("only GET", status_code=405)
        else:
            answer = await self._validate(scope)
        await answer(scope, receive, send)

    async def _validate(self, scope: Scope) -> Response:
        try:
            self._looks.take(self._address(scope))
        except ApiError as error:
            return PlainTextResponse(error.message, status_code=429)
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
                    await _Passage(livekit, receive, send, self._limits, self._clock).run()
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
        passed = {name: headers[name] for name in _PASSED_HEADERS if name in headers}
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


@dataclass(frozen=True)
class _End:
    """How one side ended, as the other is to hear."""

    code: int
    reason: str = ""
    is_of_caller: bool = False


class _Passage:
    """One open connection on both sides; each message waits until the one before has gone."""

    def __init__(
        self,
        livekit: ClientConnection,
        receive: Receive,
        send: Send,
        limits: SignallingLimits,
        clock: Callable[[], float],
    ) -> None:
        self._livekit = livekit
        self._receive = receive
        self._send = send
        self._limits = limits
        self._clock = clock
        self._allowance, self._counted_at = limits.burst, clock()

    async def run(self) -> None:
        """Pass messages on until one side ends, then end the other in the same way."""
        try:
            await self._send({"type": "websocket.accept"})
            ways = [asyncio.create_task(way) for way in (self._inwards(), self._outwards())]
            try:
                done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.wait(ways)
            await self._end(min((way.result() for way in done), key=lambda end: end.is_of_caller))
        finally:
            self._livekit.transport.abort()

    async def _inwards(self) -> _End:
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                code, reason = message.get("code", 1005), message.get("reason") or ""
                return _End(code, reason, is_of_caller=True)
            if not self._may_send():
                return _End(_TOO_MUCH, "too many messages")
            data = message.get("bytes")
            content = message["text"] if data is None else data
            try:
                async with asyncio.timeout(self._limits.stall_secs):
                    await self._livekit.send(content)
            except TimeoutError:
                return _End(_TRY_LATER, "LiveKit does not read")
            except ConnectionClosed:
                return self._end_of_livekit()

    async def _outwards(self) -> _End:
        try:
            async for content in self._livekit:
                kind = "text" if isinstance(content, str) else "bytes"
                message: Message = {"type": "websocket.send", kind: content}
                async with asyncio.timeout(self._limits.stall_secs):
                    await self._send(message)
        except TimeoutError:
            return _End(1006, is_of_caller=True)
        except ConnectionClosed:
            pass
        except OSError:
            # uvicorn's word for a caller who has gone.
            return _End(1006, is_of_caller=True)
        return self._end_of_livekit()

    def _end_of_livekit(self) -> _End:
        code, reason = self._livekit.close_code, self._livekit.close_reason
        if code is None or code in _GONE:
            return _End(_INTERNAL_ERROR, "LiveKit is gone")
        return _End(code, reason or "")

    async def _end(self, end: _End) -> None:
        if not end.is_of_caller:
            await self._send({"type": "websocket.close", "code": end.code, "reason": end.reason})
        elif end.code not in _GONE:
            await self._livekit.close(end.code, end.reason)

    def _may_send(self) -> bool:
        now, limits = self._clock(), self._limits
        self._allowance += (now - self._counted_at) * limits.messages_per_sec
        self._allowance, self._counted_at = min(self._allowance, limits.burst) - 1, now
        return self._allowance >= 0
