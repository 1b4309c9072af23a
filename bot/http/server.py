"""uvicorn inside a program that handles its signals itself."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override

from bot.errors import LaunchError
from bot.http.connections import BoundedServer, ConnectionLimits, connections_within
from bot.http.lan.doorway import behind_doorway
from bot.http.signalling.sockets import MOST_BYTES, BoundedSocket

_START_POLL_SECS = 0.01
_SHUTDOWN_GRACE_SECS = 2


class HttpServer(BoundedServer):
    """A server that leaves the signals to its owner."""

    @override
    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Capture none."""
        yield


@asynccontextmanager
async def open_http_server(
    app: ASGIApp,
    *,
    listener: socket.socket,
    limits: ConnectionLimits | None = None,
    tls: Callable[[], ssl.SSLContext] | None = None,
) -> AsyncGenerator[asyncio.Task[None]]:
    """Serve while the block runs; yields the task that serves, which only ends by a failure.

    Args:
        app: What is served.
        listener: Where.
        limits: Of connections; None: the usual ones.
        tls: Returns the certificate for a new connection: TLS and plain HTTP are served on the one
            port, and websockets; None: plain HTTP alone.

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
