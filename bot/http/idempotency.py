"""Makes a repeated start the same start: a double click or a retry never brings a second bot."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from bot.http.errors import ApiError

_Answer = TypeVar("_Answer")
_REMEMBERED_SECS = 300.0
_MOST_KEYS = 1_000
MIN_KEY_CHARS = 8
MAX_KEY_CHARS = 128


@dataclass
class _Entry(Generic[_Answer]):
    body: str
    born_at: float
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    answer: _Answer | None = None


class Idempotency(Generic[_Answer]):
    """Answers by address and key. A start that failed is not remembered.

    Args:
        clock: Monotonic seconds.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._entries: OrderedDict[tuple[str, str], _Entry[_Answer]] = OrderedDict()

    async def run(
        self, key: str, *, address: str, body: str, work: Callable[[], Awaitable[_Answer]]
    ) -> _Answer:
        """Return the answer of this key, doing the work only if nobody has.

        Args:
            key: The client's `Idempotency-Key`.
            address: Whose key; two people who choose one key share nothing.
            body: The request; the same key with another one is a mistake.
            work: Does it. One at a time per key.

        Raises:
            ApiError: code "bad_request" or "idempotency_conflict".
        """
        has_good_length = MIN_KEY_CHARS <= len(key) <= MAX_KEY_CHARS
        if not (has_good_length and key.isascii() and key.isprintable()):
            message = f"Idempotency-Key: {MIN_KEY_CHARS} to {MAX_KEY_CHARS} ASCII characters."
            raise ApiError("bad_request", message)
        entry = self._entry((address, key), body)
        if entry.body != body:
            message = "This Idempotency-Key was used with another body."
            raise ApiError("idempotency_conflict", message)
        async with entry.lock:
            if entry.answer is None:
                entry.answer = await work()
            return entry.answer

    def _entry(self, name: tuple[str, str], body: str) -> _Entry[_Answer]:
        now = self._clock()
        for old, entry in tuple(self._entries.items()):
            is_full = len(self._entries) >= _MOST_KEYS and old != name
            if not is_full and now - entry.born_at < _REMEMBERED_SECS:
                break  # the rest is younger
            if not entry.lock.locked():
                del self._entries[old]
        return self._entries.setdefault(name, _Entry(body=body, born_at=now))
