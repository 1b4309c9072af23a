"""When each request came and when its first byte left: times and sizes, never speech.

Benchmarks join these stamps with their own; both are `time.monotonic`, one clock per machine.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from bot.local.faults import Part

_KEPT_REQUESTS = 2_000
_KEPT_MARKS = 500


class LoggedRequest:
    """The life of one request or connection, noted as it happens."""

    def __init__(self, request_id: str, part: Part, *, clock: Callable[[], float]) -> None:
        self.id = request_id
        self.status = 200
        self.received_bytes = 0
        self._part = part
        self._clock = clock
        self._started_secs = clock()
        self._first_byte_secs: float | None = None
        self._ended_secs: float | None = None
        self._sent_bytes = 0
        self._marks: list[dict[str, Any]] = []

    @property
    def sent_bytes(self) -> int:
        return self._sent_bytes

    def sent(self, size_bytes: int) -> None:
        """Note bytes that leave now."""
        if self._first_byte_secs is None:
            self._first_byte_secs = self._clock()
        self._sent_bytes += size_bytes

    def mark(self, name: str, **details: object) -> None:
        """Note a named moment; the first `_KEPT_MARKS` are kept."""
        if len(self._marks) < _KEPT_MARKS:
            self._marks.append({"name": name, "at_secs": self._clock(), **details})

    def close(self) -> None:
        """Note the end."""
        self._ended_secs = self._clock()

    def as_json(self) -> dict[str, Any]:
        """Return everything noted; None for what has not happened."""
        return {
            "id": self.id,
            "part": self._part,
            "status": self.status,
            "started_secs": self._started_secs,
            "first_byte_secs": self._first_byte_secs,
            "ended_secs": self._ended_secs,
            "received_bytes": self.received_bytes,
            "sent_bytes": self._sent_bytes,
            "marks": self._marks,
        }


class RequestLog:
    """The last requests, in memory."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._requests: deque[LoggedRequest] = deque(maxlen=_KEPT_REQUESTS)

    def open(self, request_id: str, part: Part) -> LoggedRequest:
        """Note a new request."""
        entry = LoggedRequest(request_id, part, clock=self._clock)
        self._requests.append(entry)
        return entry

    def as_json(self) -> list[dict[str, Any]]:
        """Return all kept requests, oldest first."""
        return [entry.as_json() for entry in self._requests]

    def clear(self) -> None:
        """Forget all requests."""
        self._requests.clear()
