"""How a recogniser that is asked for each utterance fails, as Pipecat's services tell it."""

from __future__ import annotations

import re

from pipecat.frames.frames import ErrorFrame
from pipecat.utils.errors import extract_http_status_code

from ..provider_requests import ProviderError, may_pass
from ..refusals import ServiceRefusals
from ..retry_after import retry_after_secs

_HOPELESS = (401, 403, 404)
"""A bad key or address. A server may refuse one utterance (400, 413, 422) and take the next."""

_STATUS = re.compile(r"Error code: (\d{3})\b")
"""Pipecat's Whisper services keep nothing of OpenAI's exceptions but their text."""


def status_of(error: ErrorFrame) -> int | None:
    """Return the HTTP status of a failure; None if it has none."""
    if error.exception and (status := extract_http_status_code(error.exception)):
        return status
    found = _STATUS.search(error.error)
    return int(found.group(1)) if found else None


def is_passing(error: ErrorFrame) -> bool:
    """Return True if the utterance is not refused for what it is."""
    status = status_of(error)
    return status is None or may_pass(status)


def is_hopeless(error: ErrorFrame) -> bool:
    """Return True if no utterance would be taken."""
    return status_of(error) in _HOPELESS


def pause_before_next(error: ErrorFrame, least_secs: float, *, longest_secs: float) -> float | None:
    """Return how long to wait before the next attempt; None if that is no use."""
    said = ProviderError(body=error.error, code="", status_code=status_of(error))
    pause_secs = max(least_secs, retry_after_secs(error.exception or said) or 0.0)
    return None if is_hopeless(error) or pause_secs > longest_secs else pause_secs


def judged(error: ErrorFrame, refusals: ServiceRefusals) -> ErrorFrame:
    """Return a failure, or the doubt in it, if it refuses all that is asked."""
    refused = ProviderError(
        body=None,
        code="",
        status_code=status_of(error),
        retry_after_secs=retry_after_secs(error.exception) if error.exception else None,
    )
    verdict = refusals.judged(refused)
    return error if verdict is refused else ErrorFrame(str(verdict), exception=verdict)
