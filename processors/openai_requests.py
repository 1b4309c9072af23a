"""What the language model and the voice have in common: their HTTP client and its failures."""

from __future__ import annotations

from typing import Any

import httpx2
from openai import APIConnectionError, APIStatusError, DefaultAsyncHttpxClient, OpenAI, OpenAIError
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


_CHUNK = (
    'data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":'
    '[{"index":0,"delta":{"role":"assistant","content":"Hi","tool_calls":[{"index":0,"id":"1",'
    '"type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":null}],'
    '"usage":null}\n\ndata: [DONE]\n\n'
)


def load() -> None:
    """Have the SDK build what its first request would build, without a network or a thread.

    Costs .3 s once; without it, the first reply of every session does.
    """
    transport = httpx2.MockTransport(_canned_answer)
    with OpenAI(api_key="none", http_client=httpx2.Client(transport=transport)) as client:
        for _ in client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": "Hi"}], stream=True
        ):
            pass
        speech = client.audio.speech.with_streaming_response
        with speech.create(model="m", voice="v", input="Hi", response_format="pcm") as answer:
            answer.read()


def _canned_answer(request: httpx2.Request) -> httpx2.Response:
    if request.url.path.endswith("/speech"):
        return httpx2.Response(200, content=b"\x00\x00")
    headers = {"content-type": "text/event-stream"}
    return httpx2.Response(200, headers=headers, content=_CHUNK.encode())
