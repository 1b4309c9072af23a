"""Closes connections that a server has just taken as it is closed.

CPython forgets them (gh-109564: `Server._attach` fails, and nobody closes the socket): what is left
of them fails whichever test the garbage collector runs in.
"""

from __future__ import annotations

import asyncio
import socket
from asyncio import selector_events
from typing import Any

_LOOP: Any = selector_events.BaseSelectorEventLoop
_take = _LOOP._accept_connection2


def close_late_connections() -> None:
    """Do so in every event loop of this process."""
    _LOOP._accept_connection2 = _take_or_close


async def _take_or_close(
    loop: asyncio.AbstractEventLoop,
    protocol_factory: object,
    connection: socket.socket,
    extra: object,
    sslcontext: object = None,
    server: asyncio.Server | None = None,
    *args: object,
) -> None:
    if server is not None and not server.sockets:
        connection.close()
        return
    await _take(loop, protocol_factory, connection, extra, sslcontext, server, *args)
