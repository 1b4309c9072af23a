"""One runner's way to what all runners of a store know. While it fails each one goes on alone."""

from __future__ import annotations

import hmac
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
        self._alone_until = float("-inf")

    def hidden(self, text: str) -> str:
        """Return what stands for an address or a key: 32 hexadecimal digits."""
        told = text.encode(errors="surrogatepass")
        return hmac.digest(self._secret, told, "sha256").hex()[:_DIGEST_CHARS]

    async def ask(self, work: Callable[[Store], Awaitable[_Answer]]) -> _Answer | None:
        """Ask the store; None if there is none, or it fails."""
        if self._store is None or not self._store.is_kept or self.clock() < self._alone_until:
            return None
        try:
            answer = await work(self._store)
        except StoreError as error:
            if self._alone_until == float("-inf"):
                logger.error("Runners do not hear of each other for now: {}", error.message)
            self._alone_until = self.clock() + _ALONE_SECS
            return None
        if self._alone_until != float("-inf"):
            logger.info("Runners hear of each other again")
        self._alone_until = float("-inf")
        return answer

    async def ask_all(self, work: Callable[[Store], Awaitable[_Answer]]) -> _Answer | None:
        """Ask the store if runners on other machines may have it too; None if it does not say."""
        return await self.ask(work) if self.is_shared else None
