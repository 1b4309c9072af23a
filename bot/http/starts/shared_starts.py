"""Has a repeated start be the same start at every runner of one store, also after a restart."""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import Awaitable, Callable

from loguru import logger

from bot.errors import StoreError
from bot.http.errors import ApiError
from bot.rooms.tokens import StartedSession
from bot.store.shared.starts import KnownStart, finish_start, give_up_start, take_start
from bot.store.store import Store

_LOOK_SECS = 0.2
"""A start takes about as long."""
_OWNER_BYTES = 16


class SharedStarts:
    """Knows of starts by what their callers call them.

    While the store fails each runner knows its own starts alone, and the log says so once.

    Args:
        store: Which the runners share; None, or one in memory: there is nobody to share with.
        secret: What keys are hidden by, with whose LiveKit they are for.
    """

    def __init__(self, *, store: Store | None, secret: bytes) -> None:
        self._store = store if store is not None and store.is_kept else None
        self._secret = secret
        self._is_failing = False

    async def run(
        self,
        key: str,
        *,
        body: str,
        work: Callable[[], Awaitable[StartedSession]],
        again: Callable[[str], StartedSession],
    ) -> StartedSession:
        """Return the session of a key, starting it only if nobody has.

        Args:
            key: Stands for whose it is, and what they call it.
            body: The request; the same key with another one is a mistake.
            work: Starts. What it raises leaves no trace.
            again: Makes a token for a session that was started before.

        Raises:
            ApiError: code "idempotency_conflict".
        """
        name, told = self._digest(key), self._digest(body)
        owner = secrets.token_hex(_OWNER_BYTES)
        known = await self._known(name, told, owner)
        if known is not None and known.body != told:
            message = "This Idempotency-Key was used with another body."
            raise ApiError("idempotency_conflict", message)
        if known is not None and known.session_id is not None:
            return again(known.session_id)
        try:
            started = await work()
        except BaseException:
            await self._tell(name, owner, None)
            raise
        await self._tell(name, owner, started.plan.session_id)
        return started

    async def _known(self, name: str, body: str, owner: str) -> KnownStart | None:
        """Return what is known of a key, once it is not under way elsewhere."""
        while self._store is not None:
            try:
                known = await take_start(self._store, key=name, body=body, owner=owner)
            except StoreError as error:
                self._note_failure(error)
                return None
            self._is_failing = False
            if known.is_mine or known.session_id is not None or known.body != body:
                return known
            await asyncio.sleep(_LOOK_SECS)
        return None

    async def _tell(self, name: str, owner: str, session_id: str | None) -> None:
        if self._store is None:
            return
        try:
            if session_id is None:
                await give_up_start(self._store, key=name, owner=owner)
            else:
                await finish_start(self._store, key=name, owner=owner, session_id=session_id)
        except StoreError as error:
            self._note_failure(error)

    def _note_failure(self, error: StoreError) -> None:
        if not self._is_failing:
            logger.error("Keys of starts are not shared for now: {}", error.message)
        self._is_failing = True

    def _digest(self, text: str) -> str:
        return hmac.digest(self._secret, text.encode(errors="surrogatepass"), "sha256").hex()
