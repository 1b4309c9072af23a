"""Many callers behind one proxy, all at once: what `bench.abuse` lets loose on a server."""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_CONNECTIONS = 50
_REQUESTS = (
    ("POST", "/api/sessions", b"{}"),
    ("POST", "/api/token", b"{}"),
    ("GET", "/api/connection-details", b""),
    ("POST", "/api/sessions", b'{"participant_name": 7}'),
    ("POST", "/api/access", b'{"key": "let me in"}'),
    ("GET", "/../../etc/passwd", b""),
)


@dataclass
class Answers:
    """What the crowd got."""

    sent: int = 0
    statuses: Counter[int] = field(default_factory=Counter[int])
    broken: int = 0
    """Connections that ended without an answer."""


class Crowd:
    """Many callers behind one proxy.

    Args:
        url: Of the server.
        addresses: How many of them.
    """

    def __init__(self, url: str, *, addresses: int) -> None:
        parts = urlsplit(url)
        self._host, self._port = str(parts.hostname), int(parts.port or 80)
        self._addresses = itertools.cycle(
            f"198.18.{number // 250}.{number % 250 + 1}" for number in range(addresses)
        )
        self._requests = itertools.cycle(_REQUESTS)

    async def press(self, answers: Answers, *, rate: float, secs: float) -> None:
        """Send so many requests a second, on connections that are kept."""
        began_secs = time.monotonic()
        tickets = itertools.count()
        async with asyncio.TaskGroup() as group:
            for _ in range(_CONNECTIONS):
                group.create_task(self._one(answers, tickets, began_secs, rate, secs))

    async def _one(
        self,
        answers: Answers,
        tickets: itertools.count[int],
        began_secs: float,
        rate: float,
        secs: float,
    ) -> None:
        reader = writer = None
        while (due_secs := next(tickets) / rate) < secs:
            await asyncio.sleep(max(0.0, began_secs + due_secs - time.monotonic()))
            if time.monotonic() - began_secs > secs:
                break
            try:
                if writer is None or reader is None:
                    reader, writer = await asyncio.open_connection(self._host, self._port)
                writer.write(self._next_request())
                answers.sent += 1
                answers.statuses[await _status(reader)] += 1
            except (OSError, asyncio.IncompleteReadError, ValueError):
                answers.broken += 1
                if writer is not None:
                    writer.close()
                reader = writer = None
        if writer is not None:
            writer.close()

    def _next_request(self) -> bytes:
        method, path, body = next(self._requests)
        lines = (
            f"{method} {path} HTTP/1.1",
            f"Host: {self._host}:{self._port}",
            f"X-Forwarded-For: {next(self._addresses)}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        )
        return "\r\n".join([*lines, "", ""]).encode() + body


async def _status(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = re.search(r"content-length: (\d+)", head)
    await reader.readexactly(int(length[1]) if length else 0)
    return int(head.split(" ", 2)[1])
