from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest
from openai import APIStatusError
from websockets.datastructures import Headers
from websockets.exceptions import InvalidStatus
from websockets.http11 import Response

from processors.provider_requests import ProviderError
from processors.retry_after import retry_after_secs

REQUEST = httpx2.Request("POST", "http://127.0.0.1/v1")
DETAILS = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "17.5s"}]


@pytest.mark.parametrize(
    ("headers", "secs"),
    [
        ([("Retry-After", "2.5")], 2.5),
        ([("retry-after-ms", "250"), ("retry-after", "1")], 0.25),
        ([("Retry-After", "-1")], 0.0),
        ([("Retry-After", "inf")], None),
        ([("Retry-After", "soon")], None),
        ([("Retry-After", "Thu, 01 Jan 1970 00:00:00 GMT")], 0.0),
        ([], None),
    ],
)
@pytest.mark.parametrize("kind", ["HTTP", "websocket"])
def test_how_long_a_provider_wants_to_be_left_alone_is_read(
    kind: str, headers: list[tuple[str, str]], secs: float | None
) -> None:
    over_http = httpx2.Response(429, request=REQUEST, headers=headers)
    at_the_door = Response(429, "No", Headers(headers), b"")
    error = (
        APIStatusError("words", response=over_http, body=None)
        if kind == "HTTP"
        else InvalidStatus(at_the_door)
    )
    assert retry_after_secs(error) == secs


@pytest.mark.parametrize(
    ("body", "secs"),
    [
        ([{"error": {"code": 429, "details": DETAILS}}], 17.5),
        ({"code": 429, "details": DETAILS}, 17.5),
        ({"details": [{"retryDelay": "soon"}, {"retryDelay": "-3s"}]}, None),
        ({"error": "Model m is currently loading", "estimated_time": 20.5}, 20.5),
        ({"message": "You are being rate limited.", "retry_after": 0.5, "global": False}, 0.5),
        ({"error": {"retry_after": None}}, None),
        ({"message": "Limit 3, Used 3. Please try again in 20s. Visit us"}, 20.0),
        ({"message": "Please try again in 328ms."}, 0.328),
        ('{"err_code": "TOO_MANY_REQUESTS", "retry_after": 2.5}', 2.5),
        ('HTTP 429: {\n  "retry_after" : "4s"\n}', 4.0),
        ("Error code: 429 - {'error': {'retry_after': 3}}", 3.0),
        ("<html>429, try again in 6 seconds</html>", 6.0),
        ('"retry_after": 2.5 is what was said', None),
        ({"message": "Please try again in 7m12.5s. Need more?"}, 432.5),
        ({"message": "Please try again in 1h2m."}, 3720.0),
        ({"message": "Please retry after 6 seconds."}, 6.0),
        ({"message": "Please retry in 36.943391488s."}, 36.943391488),
        ({"message": "Please try again in 2 minutes."}, 120.0),
        ({"message": "Please try again in 500 milliseconds."}, 0.5),
        ({"message": "Please try again in 500milliseconds."}, 0.5),
        ({"message": "Please try again in 5min."}, 300.0),
        ({"message": "Please try again in 1 hour."}, 3600.0),
        ({"message": "Please try again in 2hrs."}, 7200.0),
        ({"message": "Slow down", "failed_generation": "Try again in 3 hours."}, None),
        ({"message": "Slow down", "input": "Try again in 3 hours."}, None),
        ({"message": "Slow down", "errors": [{"why": "Retry after 3s"}]}, 3.0),
        ("Slow down and retry after 1 sec", 1.0),
        ({"message": "Please try again in a moment, or try again later, in 5s"}, None),
        ("retryDelay", None),
        (None, None),
    ],
    ids=json.dumps,
)
@pytest.mark.parametrize("kind", ["refused", "inside"])
def test_some_say_it_in_the_body_alone(kind: str, body: Any, secs: float | None) -> None:
    answer = httpx2.Response(429, request=REQUEST)
    error = (
        APIStatusError("words", response=answer, body=body)
        if kind == "refused"
        else ProviderError(body=body, code="", status_code=429)
    )
    assert retry_after_secs(error) == secs
