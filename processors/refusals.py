"""Whether a service that refuses means it, or has only lost for a moment what it serves from."""

from __future__ import annotations

import asyncio

from typing_extensions import override

from .provider_requests import Complaint, ProviderError, may_pass
from .retry_after import retry_after_secs

REFUSED_SECS = 5.0
"""Then a key that was taken before in the same call is believed to be refused; the caller has been
told of the trouble after 2 s."""

_ABOUT_REQUEST = (413, 414, 431)
"""Of what is too large: an answer by whoever it was too large for."""

APART_SECS = 60.0
"""Two refusals with nothing asked between them for longer are two troubles. A first of two that
has failed is asked every 30 s."""


class DoubtedRefusalError(ProviderError):
    """A refusal by a service that has served this call: it is taken for one that is gone."""

    def __init__(self, error: Exception) -> None:
        super().__init__(
            body=None, code="", status_code=None, retry_after_secs=retry_after_secs(error)
        )
        self.refusal = self.__cause__ = error

    @override
    def __str__(self) -> str:
        status_code = getattr(self.refusal, "status_code", None)
        return f"refused by a service that has served before (HTTP {status_code})"


class ServiceRefusals:
    """What one service has refused in one call. Times are monotonic seconds.

    A service that has served this call is believed later: a proxy answers for what is restarted
    behind it, and a key that is changed may be refused in between.
    """

    def __init__(self) -> None:
        self._has_served = False
        self.begin_anew()

    def begin_anew(self) -> None:
        """What is refused next is the first of its trouble."""
        self._since_secs = self._last_secs = float("-inf")

    def note_served(self) -> None:
        """The service did what it was asked for."""
        self._has_served = True
        self.begin_anew()

    def is_believed(self, now_secs: float, *, is_of_key: bool) -> bool:
        """Note that the service refuses; returns whether asking again cannot help.

        Args:
            now_secs: The time.
            is_of_key: It refuses the key; else it may be gone, and is waited for like that.
        """
        if now_secs - self._last_secs > APART_SECS:
            self._since_secs = now_secs
        self._last_secs = now_secs
        is_lasting = is_of_key and now_secs - self._since_secs >= REFUSED_SECS
        return is_lasting or not self._has_served

    def judged(self, error: Exception) -> Exception:
        """Return what a request failed with; `DoubtedRefusalError` for a refusal that may pass."""
        now_secs, complaint = asyncio.get_running_loop().time(), Complaint.of(error)
        is_gone = complaint is not None and _is_of_proxy(complaint)
        if complaint is None or not (is_gone or complaint.refuses_key):
            self.begin_anew()
        elif not self.is_believed(now_secs, is_of_key=not is_gone):
            return DoubtedRefusalError(error)
        return error


def is_page(complaint: Complaint) -> bool:
    """Return True for what is made for people to read: a proxy's."""
    return "<html" in complaint.text


def _is_of_proxy(complaint: Complaint) -> bool:
    """Return True if somebody else answers: a page, or that there is nothing at the address."""
    status = complaint.status_code
    if 400 <= status < 500 and not may_pass(status) and status not in _ABOUT_REQUEST:
        return is_page(complaint) or (status == 404 and not complaint.knows_no_such_model)
    return False
