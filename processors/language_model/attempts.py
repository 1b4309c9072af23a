"""Whether a reply that failed is asked for again, and when."""

from __future__ import annotations

from typing import Protocol

from ..provider_requests import Complaint, EmptyAnswerError
from ..refusals import DoubtedRefusalError, is_page
from ..retry_after import retry_after_secs

PAUSE_SECS = 0.5
"""Before asking a server again that is busy and does not say for how long."""

LONGEST_PAUSE_SECS = 5.0
"""A server that wants more has to be done without; the caller is waiting."""

_MAX_ADAPTATIONS = 6

_SENTENCE_ENDS = ".!?…。！？"
_CLOSERS = "\"'”’»)]*_"


class NoWordsError(EmptyAnswerError):
    """The reply is whole and says nothing."""


class CutReplyError(EmptyAnswerError):
    """The reply ended before it was whole."""


class FilteredReplyError(EmptyAnswerError):
    """The provider took the reply away; it would again."""

    is_final = True


def ends_a_sentence(text: str) -> bool:
    """Return True if a reply that does not say that it is over looks like it."""
    return text.rstrip(f"{_CLOSERS} \n").endswith(tuple(_SENTENCE_ENDS))


class Adapt(Protocol):
    """Changes a request after a failure so that it may be accepted; tells whether it did."""

    def __call__(self, error: Exception, *, is_last: bool) -> bool:
        """Change the request; `is_last`: it failed twice."""
        ...


class Attempts:
    """The attempts at one reply: two, and more only where each asks for something else.

    Args:
        adapt: Is asked first at each failure.
        give_up_secs: Until then a server that is loading its model is waited for; monotonic.
        is_relieved: Whether somebody else may answer, so that none is waited for.
    """

    def __init__(self, *, adapt: Adapt, give_up_secs: float, is_relieved: bool = False) -> None:
        self._adapt = adapt
        self._give_up_secs = float("-inf") if is_relieved else give_up_secs
        self._longest_pause_secs = PAUSE_SECS if is_relieved else LONGEST_PAUSE_SECS
        self._adaptations = 0
        self._has_tried = False

    def pause_secs(self, error: Exception, *, now_secs: float) -> float | None:
        """Return how long to wait before asking again; None if that is no use."""
        if self._adaptations < _MAX_ADAPTATIONS and self._adapt(_said(error), is_last=False):
            self._adaptations += 1
            return 0.0
        complaint = Complaint.of(error)
        if complaint is not None and complaint.is_loading and now_secs < self._give_up_secs:
            return PAUSE_SECS
        if not _may_pass(error, complaint):
            return None
        if self._has_tried:
            return 0.0 if self._adapt(error, is_last=True) else None
        self._has_tried = True
        if complaint is None or complaint.status_code not in (429, 503, 529):
            return 0.0
        asked_secs = retry_after_secs(error)
        pause_secs = PAUSE_SECS if asked_secs is None else asked_secs
        return pause_secs if pause_secs <= self._longest_pause_secs else None


def _said(error: Exception) -> Exception:
    """Return whose words may be about the form of the request.

    Those of a refusal in doubt may; a page's are about nothing of ours, whoever wrote it.
    """
    if isinstance(error, DoubtedRefusalError):
        complaint = Complaint.of(error.refusal)
        if complaint is not None and not is_page(complaint):
            return error.refusal
    return error


def _may_pass(error: Exception, complaint: Complaint | None) -> bool:
    """Tell whether another attempt may go better."""
    if complaint is None:
        return not (isinstance(error, EmptyAnswerError) and error.is_final)
    return not (complaint.is_hopeless or complaint.is_out_of_credit or complaint.is_about_content)
