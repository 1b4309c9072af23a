"""How long a provider wants to be left alone, wherever it says so."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import cast

from .provider_requests import ProviderError, words_of

_HEADERS = (("retry-after-ms", 0.001), ("retry-after", 1.0))
"""With their unit in seconds."""

_FIELDS = re.compile(
    r"""["'](?:retryDelay|retry_after|retryAfter|retry_after_seconds|estimated_time)["']\s*:"""
    r"""\s*["']?(\d{1,9}(?:\.\d+)?)s?["']?\s*[,}]"""
)
"""In seconds. The first is of `google.rpc.RetryInfo`, a duration as JSON has it: Google sends no
header, whichever of its interfaces is asked. The last is Hugging Face's, of a model being loaded.
"""

_WORDS = re.compile(
    r"(?:try again|retry)(?: after| in)? "
    r"(?:(\d{1,4})h)?(?:(\d{1,5})m(?![a-z]))?"
    r"(?:(\d{1,9}(?:\.\d+)?) ?(ms|millisecond|s\b|sec|m\b|min|h\b|hr|hour))?",
    re.IGNORECASE,
)
"""OpenAI's, Groq's, Azure's and Google's: "Please try again in 7m12.5s", "retry after 6 seconds".
"""

_UNIT_SECS = {
    **{"ms": 0.001, "millisecond": 0.001, "s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0},
    **{"h": 3600.0, "hr": 3600.0, "hour": 3600.0},
}


def retry_after_secs(error: Exception) -> float | None:
    """Return how long the provider wants to be left alone; None if it does not say."""
    if isinstance(error, ProviderError) and error.retry_after_secs is not None:
        return error.retry_after_secs
    headers: object = getattr(getattr(error, "response", None), "headers", None)
    if isinstance(headers, Mapping):
        secs = _said_in(cast("Mapping[str, str]", headers))
        if secs is not None:
            return secs
    # OpenAI's and Anthropic's SDKs, and our own; Google's.
    body: object = getattr(error, "body", None) or getattr(error, "details", None)
    # Of JSON that nobody has read, within whatever words.
    text = body if isinstance(body, str) else json.dumps(body, default=str)
    found = _FIELDS.search(text)
    return float(found[1]) if found else _said_in_words(" ".join(words_of(body)))


def _said_in(headers: Mapping[str, str]) -> float | None:
    for name, unit_secs in _HEADERS:
        # A header that is there twice is a `LookupError` of websockets'.
        with suppress(ValueError, LookupError):
            secs = float(headers.get(name, "")) * unit_secs
            return max(secs, 0.0) if isfinite(secs) else None
    with suppress(ValueError, LookupError):
        until = parsedate_to_datetime(headers.get("retry-after", ""))
        # Without a time zone, or with "-0000", it is UTC.
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        return max((until - datetime.now(UTC)).total_seconds(), 0.0)
    return None


def _said_in_words(text: str) -> float | None:
    for found in _WORDS.finditer(text):
        hours, minutes, number, unit = found.groups()
        if hours or minutes or number:
            secs = float(number or 0) * _UNIT_SECS[(unit or "s").lower()]
            return 3600.0 * int(hours or 0) + 60.0 * int(minutes or 0) + secs
    return None
