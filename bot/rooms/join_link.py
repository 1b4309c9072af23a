"""The one-time link that `runner.py` prints: it opens the page straight into a waiting room."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from bot.errors import SessionError

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

    @property
    def is_open(self) -> bool:
        """Whether somebody may still use it."""
        return not self._is_used and self._clock() < self._expires_at

    @contextmanager
    def use(self, code: str) -> Generator[None]:
        """Use the code up while the block runs; a block that fails gives it back.

        Raises:
            SessionError: code "join_link_used" if it is unknown, used or too old.
        """
        is_right = hmac.compare_digest(code.encode(), self.code.encode())
        if not is_right or not self.is_open:
            message = "This link has been used or is too old. Open the page without it."
            raise SessionError("join_link_used", message)
        self._is_used = True
        try:
            yield
        except BaseException:
            self._is_used = False
            raise


@contextmanager
def using(link: JoinLink | None, code: str | None) -> Generator[None]:
    """Use up the code of a start while the block runs, if it has one.

    Raises:
        SessionError: code "join_link_used".
    """
    if code is None:
        yield
        return
    if link is None:
        raise SessionError("join_link_used", "There is no such link.")
    with link.use(code):
        yield
