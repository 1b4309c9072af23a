"""Makes a repeated start the same start: a double click or a retry never brings a second bot."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from bot.http.errors import ApiError

_Answer = TypeVar("_Answer")
_REMEMBERED_SECS = 300.0
_MOST_KEYS = 1_000
MIN_KEY_CHARS = 8
MAX_KEY_CHARS = 128
KEY_SCHEMA: dict[str, object] = {
    "type": "string",
    "minLength": MIN_KEY_CHARS,
    "maxLength": MAX_KEY_CHARS,
    "pattern": "^[ -~]*$",
}


@dataclass
class _Entry(Generic[_Answer]):
    born_at: float
    body: str | None = None
    """None until it has arrived."""
    users: int = 0
    """Requests under way with this key."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    answer: _Answer | None = None


def check_key(key: str) -> None:
    """Refuse what is no key.

    Raises:
        ApiError: code "bad_request".
    """
    has_good_length = MIN_KEY_CHARS <= len(key) <= MAX_KEY_CHARS
    if not (has_good_length and key.isascii() and key.isprintable()):
        message = f"Idempotency-Key: {MIN_KEY_CHARS} to {MAX_KEY_CHARS} ASCII characters."
        raise ApiError("bad_request", message)


class Idempotency(Generic[_Answer]):
    """Answers by address and key. A start that failed, or was refused, leaves nothing behind.

    Args:
        clock: Monotonic seconds.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._entries: OrderedDict[tuple[str, str], _Entry[_Answer]] = OrderedDict()

    @contextmanager
    def using(
        self, key: str, *, address: str, admit: Callable[[], None] = lambda: None
    ) -> Generator[_Entry[_Answer]]:
        """Keep the key's place while a request with it is under way.

        Args:
            key: The client's `Idempotency-Key`.
            address: Whose key; two people who choose one key share nothing.
            admit: Asked if nobody has come with this key yet; raises to refuse.

        Raises:
            ApiError: code "bad_request", or what `admit` raises.
        """
        check_key(key)
        name = (address, key)
        self._forget_old()
        if name not in self._entries:
            admit()
            self._entries[name] = _Entry(born_at=self._clock())
        entry = self._entries[name]
        entry.users += 1
        try:
            yield entry
        finally:
            entry.users -= 1
            if entry.answer is None and not entry.users:
                del self._entries[name]

    async def run(
        self, key: str, *, address: str, body: str, work: Callable[[], Awaitable[_Answer]]
    ) -> _Answer:
        """Return the answer of this key, doing the work only if nobody has.

        Args:
            key: The client's `Idempotency-Key`.
            address: As above.
            body: The request; the same key with another one is a mistake.
            work: Does it. One at a time per key.

        Raises:
            ApiError: code "bad_request" or "idempotency_conflict".
        """
        with self.using(key, address=address) as entry:
            if entry.body not in (None, body):
                message = "This Idempotency-Key was used with another body."
                raise ApiError("idempotency_conflict", message)
            entry.body = body
            async with entry.lock:
                if entry.answer is None:
                    entry.answer = await work()
                    self._forget_most()
                return entry.answer

    def _forget_old(self) -> None:
        now = self._clock()
        for name, entry in tuple(self._entries.items()):
            if now - entry.born_at < _REMEMBERED_SECS:
                break  # the rest is younger
            if not entry.users:
                del self._entries[name]

    def _forget_most(self) -> None:
        """Make room for an answer; those who only ask make nobody else's be forgotten."""
        answered = [name for name, entry in self._entries.items() if entry.answer is not None]
        for name in answered[:-_MOST_KEYS]:
            del self._entries[name]
