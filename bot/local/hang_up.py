"""Two ways to end badly: wait until the client gives up, or drop it."""

from __future__ import annotations

import logging

from starlette.requests import HTTPConnection, Request
from starlette.websockets import WebSocket


class DroppedError(Exception):
    """A fault plan wants this connection gone; the server then cuts it."""


async def wait_for_hang_up(connection: HTTPConnection) -> None:
    """Answer nothing until the client is gone."""
    assert isinstance(connection, Request | WebSocket)
    while not (await connection.receive())["type"].endswith(".disconnect"):
        pass


def is_news(record: logging.LogRecord) -> bool:
    """False for the server's report of an exception that a fault plan asked for."""
    kind = record.exc_info[0] if record.exc_info else None
    return kind is None or not issubclass(kind, DroppedError)
