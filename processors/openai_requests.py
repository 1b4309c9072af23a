"""What the language model and the voice have in common: their HTTP client and its failures."""

from __future__ import annotations

from typing import Any

import httpx2
from openai import APIConnectionError, APIStatusError, DefaultAsyncHttpxClient, OpenAIError
from pipecat.utils.errors import ErrorCategory, classify_http_status_code

from processors.tls import shared_tls_context


class EmptyAnswerError(Exception):
    """The provider answered with success and nothing usable in it."""


REQUEST_ERRORS = (OpenAIError, httpx2.HTTPError, EmptyAnswerError, TimeoutError, OSError)
"""Everything a request, or reading its answer, fails with."""

CONNECT_SECS = 3.0


def build_http_client() -> DefaultAsyncHttpxClient:
    """Build a client whose idle connections are kept: the SDK's own close after 5 s of silence."""
    return DefaultAsyncHttpxClient(
        verify=shared_tls_context(),
        limits=httpx2.Limits(
            max_connections=20, max_keepalive_connections=20, keepalive_expiry=600
        ),
    )


def is_transient(error: Exception) -> bool:
    """Return True if the same request may succeed when made again."""
    if isinstance(error, APIStatusError):
        return error.status_code in (408, 409, 429) or error.status_code >= 500
    return True


def failure_of(error: Exception) -> tuple[str, ErrorCategory]:
    """Describe a failed request without a word of what was asked or answered."""
    if isinstance(error, APIStatusError):
        category = classify_http_status_code(error.status_code)
        if error.code == "insufficient_quota":
            category = ErrorCategory.QUOTA
        return f"HTTP {error.status_code}", category
    if isinstance(error, EmptyAnswerError):
        return str(error), ErrorCategory.SERVER
    if isinstance(error, TimeoutError | httpx2.TimeoutException):
        return "no answer in time", ErrorCategory.CONNECTIVITY
    if isinstance(error, APIConnectionError | httpx2.HTTPError | OSError):
        return f"no connection ({type(error).__name__})", ErrorCategory.CONNECTIVITY
    return type(error).__name__, ErrorCategory.UNKNOWN


async def warm(client: Any) -> None:
    """Open a connection before it is needed; whether the request succeeds does not matter."""
    try:
        await client.models.list(timeout=CONNECT_SECS)
    except OpenAIError:
        return
