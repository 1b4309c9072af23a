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

from .provider_requests import ProviderError

_HEADERS = (("retry-after-ms", 0.001), ("retry-after", 1.0))
"""With their unit in seconds."""

_RETRY_DELAY = re.compile(r'"retryDelay": "(\d{1,9}(?:\.\d+)?)s"')
"""Of `google.rpc.RetryInfo` in the details of an error; a duration as JSON has it. Google sends no
header, whichever of its interfaces is asked."""


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
    found = _RETRY_DELAY.search(json.dumps(body, default=str))
    return float(found[1]) if found else None


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
