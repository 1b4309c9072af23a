"""When each request came and when its first byte left: times and sizes, never speech.

Benchmarks join these stamps with their own; both are `time.monotonic`, one clock per machine.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from bot.local.faults import Part

_KEPT_REQUESTS = 2_000
_KEPT_MARKS = 500


@dataclass
class LoggedRequest:
    """The life of one request or connection."""

    id: str
    part: Part
    started_secs: float
    first_byte_secs: float | None = None
    ended_secs: float | None = None
    status: int = 200
    received_bytes: int = 0
    sent_bytes: int = 0
    marks: list[dict[str, Any]] = field(default_factory=list)
    """Named moments, e.g. finals of a recogniser. Text is here only in scripted mode."""


class RequestLog:
    """The last requests, in memory."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._requests: deque[LoggedRequest] = deque(maxlen=_KEPT_REQUESTS)

    def open(self, request_id: str, part: Part, *, received_bytes: int = 0) -> LoggedRequest:
        """Note a new request."""
        entry = LoggedRequest(request_id, part, self._clock(), received_bytes=received_bytes)
        self._requests.append(entry)
        return entry

    def sent(self, entry: LoggedRequest, size_bytes: int) -> None:
        """Note bytes that leave now."""
        if entry.first_byte_secs is None:
            entry.first_byte_secs = self._clock()
        entry.sent_bytes += size_bytes

    def mark(self, entry: LoggedRequest, name: str, **details: object) -> None:
        """Note a named moment; the first `_KEPT_MARKS` of a request are kept."""
        if len(entry.marks) < _KEPT_MARKS:
            entry.marks.append({"name": name, "at_secs": self._clock(), **details})

    def close(self, entry: LoggedRequest, *, status: int | None = None) -> None:
        """Note the end of a request."""
        entry.ended_secs = self._clock()
        if status is not None:
            entry.status = status

    def as_json(self) -> list[dict[str, Any]]:
        """Return all kept requests, oldest first."""
        return [asdict(entry) for entry in self._requests]

    def clear(self) -> None:
        """Forget all requests."""
        self._requests.clear()
