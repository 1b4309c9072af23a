"""Has a repeated start be the same start at every runner of one store, also after a restart."""

from __future__ import annotations

import asyncio
import hmac
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.http.errors import ApiError
from bot.rooms.tokens import StartedSession
from bot.store.shared.shared import SharedStore
from bot.store.shared.starts import (
    UNDER_WAY_MS,
    KnownStart,
    finish_start,
    give_up_start,
    take_start,
)
from bot.store.store import Store

_LOOK_SECS = 0.2
"""A start takes about as long."""
_OWNER_BYTES = 16
_MOST_UNHEARD = 1000
"""More than are begun in half a minute, after which they are told to nobody."""


@dataclass(frozen=True, kw_only=True)
class _End:
    """What became of a start."""

    name: str
    owner: str
    session_id: str | None
    """None: nothing, and whoever comes with its key may begin."""
    at_secs: float

    async def tell(self, store: Store) -> bool:
        """Have all runners know."""
        if self.session_id is None:
            await give_up_start(store, key=self.name, owner=self.owner)
        else:
            await finish_start(store, key=self.name, owner=self.owner, session_id=self.session_id)
        return True


class SharedStarts:
    """Knows of starts by what their callers call them.

    While the store fails each runner knows its own starts alone.

    Args:
        shared: Asks the store.
        secret: What keys are hidden by, with whose LiveKit they are for.
    """

    def __init__(self, shared: SharedStore, *, secret: bytes) -> None:
        self._shared = shared
        self._secret = secret
        self._unheard = deque[_End](maxlen=_MOST_UNHEARD)

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
            await self._end(name, owner, None)
            raise
        await self._end(name, owner, started.plan.session_id)
        return started

    async def tell(self) -> None:
        """Tell what became of starts of which the store has not heard, while somebody may wait."""
        oldest = time.monotonic() - UNDER_WAY_MS / 1000
        for _ in range(len(self._unheard)):
            # Another visitor's request may have told of them meanwhile.
            if self._unheard and (end := self._unheard.popleft()).at_secs >= oldest:
                await self._tell(end)

    async def _known(self, name: str, body: str, owner: str) -> KnownStart | None:
        """Return what is known of a key, once it is not under way elsewhere."""

        async def take(store: Store) -> KnownStart:
            return await take_start(store, key=name, body=body, owner=owner)

        # It may be the one that is asked for.
        await self.tell()
        while (known := await self._shared.ask(take)) is not None:
            if known.is_mine or known.session_id is not None or known.body != body:
                break
            await asyncio.sleep(_LOOK_SECS)
        return known

    async def _end(self, name: str, owner: str, session_id: str | None) -> None:
        now_secs = time.monotonic()
        await self._tell(_End(name=name, owner=owner, session_id=session_id, at_secs=now_secs))

    async def _tell(self, end: _End) -> None:
        is_heard = None
        try:
            is_heard = await self._shared.ask(end.tell)
        finally:
            # Also of a visitor who goes away: nobody else knows of it.
            if not is_heard:
                self._unheard.append(end)

    def _digest(self, text: str) -> str:
        return hmac.digest(self._secret, text.encode(errors="surrogatepass"), "sha256").hex()
