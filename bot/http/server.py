"""uvicorn inside a program that handles its signals itself."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
import ssl
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn
from loguru import logger
from starlette.types import ASGIApp
from typing_extensions import override

from bot.errors import LaunchError
from bot.http.connections import BoundedServer, ConnectionLimits, connections_within
from bot.http.doorway import behind_doorway
from bot.http.sockets import MOST_BYTES, BoundedSocket

_START_POLL_SECS = 0.01
_SHUTDOWN_GRACE_SECS = 2
_BACKLOG = 128
_NEIGHBOURS = 20
_LAST_PORT = 65535


class HttpServer(BoundedServer):
    """A server that leaves the signals to its owner."""

    @override
    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Capture none."""
        yield


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket; who connects before the server runs waits a little.

    Raises:
        LaunchError: code "port_taken" or "bad_host".
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        )[0]
    except OSError as error:
        raise LaunchError("bad_host", f"there is no address for HOST {host!r}") from error
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        # Listening at once: two that only bind would share the port and fail much later.
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        message = f"cannot listen on {host}:{port} ({error.strerror}): change HOST or PORT"
        raise LaunchError("port_taken", message) from error
    listener.setblocking(False)
    return listener


def bind_near(host: str, port: int) -> socket.socket:
    """Return a listening socket on that port, or on the next one that is free.

    Raises:
        LaunchError: code "port_taken" or "bad_host".
    """
    for tried in range(port, min(port + _NEIGHBOURS, _LAST_PORT) + 1):
        try:
            listener = bind(host, tried)
        except LaunchError as error:
            cause = error.__cause__
            if not (isinstance(cause, OSError) and cause.errno == errno.EADDRINUSE):
                raise
            continue
        if tried != port:
            logger.warning("Port {} was taken, so Parley listens on {}", port, tried)
        return listener
    return bind(host, port)


def url_of(listener: socket.socket) -> str:
    """Return the address a program on this machine reaches the socket by."""
    host, port = listener.getsockname()[:2]
    address = ipaddress.ip_address(host)
    if address.is_unspecified:
        address = ipaddress.ip_address("127.0.0.1" if address.version == 4 else "::1")
    return f"http://{address}:{port}" if address.version == 4 else f"http://[{address}]:{port}"


@asynccontextmanager
async def open_http_server(
    app: ASGIApp,
    *,
    listener: socket.socket,
    limits: ConnectionLimits | None = None,
    tls: ssl.SSLContext | None = None,
) -> AsyncGenerator[asyncio.Task[None]]:
    """Serve while the block runs; yields the task that serves, which only ends by a failure.

    Args:
        app: What is served.
        listener: Where.
        limits: Of connections; None: the usual ones.
        tls: Serves TLS and plain HTTP on the one port, and websockets; None: plain HTTP alone.

    Raises:
        LaunchError: code "http_failed".
    """
    limits = limits or ConnectionLimits()
    http: Any = connections_within(limits)
    if tls is not None:
        http = behind_doorway(http, context=tls)
    config = uvicorn.Config(
        app,
        http=http,
        # Where there is no websocket, asking for one is an ordinary request.
        ws="none" if tls is None else BoundedSocket,
        ws_max_size=MOST_BYTES,
        ws_per_message_deflate=False,
        limit_concurrency=limits.in_all + 1,  # counts the one that asks, too
        # Whom to believe is bot/http/visitors.py's, by TRUSTED_PROXIES alone.
        proxy_headers=False,
        log_config=None,
        # Its warnings are one for each bad request: a stranger could fill the log.
        log_level="error",
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=_SHUTDOWN_GRACE_SECS,
    )
    server = HttpServer(config)
    task = asyncio.create_task(server.serve(sockets=[listener]), name="http server")
    try:
        while not server.started:
            if task.done():
                raise LaunchError("http_failed", "the HTTP server did not start")
            await asyncio.sleep(_START_POLL_SECS)
        yield task
    finally:
        server.should_exit = True
        await task
