"""One runner's way to what all runners of a store know. While it fails each one goes on alone."""

from __future__ import annotations

import asyncio
import hmac
import math
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from loguru import logger

from bot.errors import StoreError
from bot.store.shared.leases import Holder
from bot.store.store import Store

_Answer = TypeVar("_Answer")
_ID_BYTES = 16
_DIGEST_CHARS = 32
_ALONE_SECS = 5.0
"""A store that fails is not asked again before: each question may take seconds."""


class SharedStore:
    """Asks the store, as one runner.

    Args:
        store: Which the runners share; None, or one in memory: there is nobody to share with.
        place: Which LiveKit, and whose bots; others may share the store.
        secret: What addresses and keys are hidden by; the same at every runner.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        store: Store | None = None,
        *,
        place: str = "",
        secret: bytes = b"",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self.is_shared = store is not None and store.is_shared
        """Whether runners on other machines may have it too: a file is one runner's, or for seconds
        also the next version's beside it, and no start waits for the disk."""
        self.me = Holder(place=place, owner=secrets.token_hex(_ID_BYTES))
        self._secret = secret
        self.clock = clock
        self.fails_since = math.inf
        """When the first question was asked that failed, by the clock; infinity while none does."""
        self._alone_until = float("-inf")
        self._asking: set[asyncio.Task[object]] = set()

    def hidden(self, text: str) -> str:
        """Return what stands for an address or a key: 32 hexadecimal digits."""
        told = text.encode(errors="surrogatepass")
        return hmac.digest(self._secret, told, "sha256").hex()[:_DIGEST_CHARS]

    async def ask(self, work: Callable[[Store], Awaitable[_Answer]]) -> _Answer | None:
        """Ask the store; None if there is none, or it fails."""
        if self.clock() < self._alone_until:
            return None
        asked_at = self.clock()
        try:
            answer = await self._ask(work)
        except StoreError as error:
            self.fails_since = min(self.fails_since, asked_at)
            if self._alone_until == float("-inf"):
                logger.error("Runners do not hear of each other for now: {}", error.message)
            self._alone_until = self.clock() + _ALONE_SECS
            return None
        if self._alone_until != float("-inf"):
            logger.info("Runners hear of each other again")
        self._alone_until = float("-inf")
        return answer

    async def insist(
        self, work: Callable[[Store], Awaitable[_Answer]], *, limit_secs: float
    ) -> _Answer | None:
        """Ask the store also if it has just failed, for what is lost unless it is said in time.

        A file is asked as by `ask`: in SQLite's thread a wait that is broken off goes on.

        Args:
            work: The question, which others neither hold up nor are held up by.
            limit_secs: None is returned after so long.
        """
        if not self.is_shared:
            return await self.ask(work)
        asked_at = self.clock()
        # SQLAlchemy says goodbye for 2 s to a server that does not answer; nobody waits for that.
        asking = asyncio.create_task(self._ask(work), name="question")
        self._asking.add(asking)
        asking.add_done_callback(self._asking.discard)
        try:
            async with asyncio.timeout(limit_secs):
                return await asyncio.shield(asking)
        except (StoreError, TimeoutError):
            self.fails_since = min(self.fails_since, asked_at)
            return None
        finally:
            asking.cancel()

    async def _ask(self, work: Callable[[Store], Awaitable[_Answer]]) -> _Answer | None:
        if self._store is None or not self._store.is_kept:
            return None
        answer = await work(self._store)
        self.fails_since = math.inf
        return answer

    async def ask_all(self, work: Callable[[Store], Awaitable[_Answer]]) -> _Answer | None:
        """Ask the store if runners on other machines may have it too; None if it does not say."""
        return await self.ask(work) if self.is_shared else None
