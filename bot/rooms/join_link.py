"""The one-time link that `runner.py` prints: it opens the page straight into a waiting room."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, nullcontext

from bot.errors import SessionError
from bot.store.shared.links import add_link, give_back_link, take_link
from bot.store.shared.others import Others
from bot.store.shared.shared import SharedStore
from bot.store.store import Store

_LIFETIME_SECS = 600.0
_CODE_BYTES = 18


class JoinLink:
    """One code, good for one start.

    Args:
        clock: Monotonic seconds.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.code = secrets.token_urlsafe(_CODE_BYTES)
        self._clock = clock
        self._expires_at = clock() + _LIFETIME_SECS
        self._is_used = False
        self.is_taken = False
        """Another runner has used it."""

    @property
    def is_open(self) -> bool:
        """Whether somebody may still use it."""
        return not (self._is_used or self.is_taken) and self.left_secs > 0

    @property
    def left_secs(self) -> float:
        """How long it is good yet."""
        return self._expires_at - self._clock()

    def is_code(self, code: str) -> bool:
        """Tell whether a code is this one's."""
        return hmac.compare_digest(code.encode(), self.code.encode())

    @contextmanager
    def use(self, code: str) -> Generator[None]:
        """Use the code up while the block runs; a block that fails gives it back.

        Raises:
            SessionError: code "join_link_used" if it is unknown, used or too old.
        """
        if not self.is_code(code) or not self.is_open:
            raise _used()
        self._is_used = True
        try:
            yield
        except BaseException:
            self._is_used = False
            raise


class JoinLinks:
    """The links of all runners: each may be used at any of them, once.

    Args:
        own: The one that this runner has printed, if any.
        shared: Where the others' are.
    """

    def __init__(self, own: JoinLink | None, *, shared: SharedStore | None = None) -> None:
        self._own = own
        self._shared = shared or SharedStore()
        self._is_told = self._is_used_alone = False

    @property
    def is_open(self) -> bool:
        """Whether somebody may still come by the link that was printed here."""
        return self._own is not None and self._own.is_open

    def hear(self, others: Others) -> None:
        """Learn whether the own one has been used elsewhere."""
        if self._own is not None and self._is_told:
            self._own.is_taken = self._name(self._own.code) not in others.links

    async def tell(self) -> None:
        """Have other runners know of the own one, and of its use, unless they do."""
        own, me = self._own, self._shared.me
        if own is None:
            return
        name, secs = self._name(own.code), own.left_secs
        if self._is_used_alone:
            await self._shared.ask_all(lambda store: take_link(store, name, holder=me))
        if self._is_told or not own.is_open:
            return

        async def add(store: Store) -> bool:
            await add_link(store, name, holder=me, secs=secs)
            return True

        self._is_told = bool(await self._shared.ask_all(add))

    @asynccontextmanager
    async def using(self, code: str | None) -> AsyncGenerator[None]:
        """Use up the code of a start while the block runs, if it has one.

        Raises:
            SessionError: code "join_link_used".
        """
        if code is None:
            yield
            return
        is_own = self._own is not None and self._own.is_code(code)
        if is_own:
            # It may have been told and not answered: others know of it, and may have used it.
            await self.tell()
        with self._own.use(code) if self._own is not None and is_own else nullcontext():
            name, me = self._name(code), self._shared.me
            taken = await self._shared.ask_all(lambda store: take_link(store, name, holder=me))
            # The others have not heard of one that was never told.
            if not taken and not (is_own and (taken is None or not self._is_told)):
                raise _used()
            try:
                yield
            except BaseException:
                await self._shared.ask_all(lambda store: give_back_link(store, name, holder=me))
                if self._own is not None and is_own:
                    self._own.is_taken = False
                raise
            # Whoever is asked while the store fails knows nothing of it yet.
            self._is_used_alone |= taken is None

    def _name(self, code: str) -> str:
        return f"link-{self._shared.hidden(code)}"


def _used() -> SessionError:
    message = "This link has been used or is too old. Open the page without it."
    return SessionError("join_link_used", message)
