from __future__ import annotations

import os

import httpx2
import pytest
from openai import APIConnectionError, APIStatusError
from pipecat.utils.errors import ErrorCategory

from processors import provider_requests
from processors.provider_requests import (
    EmptyAnswerError,
    failure_of,
    is_azures,
    is_openais,
    is_transient,
)

REQUEST = httpx2.Request("POST", "http://127.0.0.1/v1")


def status(code: int, error_code: str | None = None) -> APIStatusError:
    response = httpx2.Response(code, request=REQUEST)
    return APIStatusError("the words of the caller", response=response, body={"code": error_code})


@pytest.mark.parametrize(
    ("error", "category"),
    [
        (status(400), ErrorCategory.APPLICATION),
        (status(404, "model_not_found"), ErrorCategory.INVALID_REQUEST),
        (status(422), ErrorCategory.APPLICATION),
        (status(401), ErrorCategory.AUTHENTICATION),
        (status(400, "Incorrect API key provided: gs***tF."), ErrorCategory.AUTHENTICATION),
        (status(400, "API key not valid."), ErrorCategory.AUTHENTICATION),
        (status(403), ErrorCategory.AUTHORIZATION),
        (status(429), ErrorCategory.RATE_LIMIT),
        (status(429, "insufficient_quota"), ErrorCategory.QUOTA),
        (status(503), ErrorCategory.SERVER),
        (EmptyAnswerError("an empty completion"), ErrorCategory.SERVER),
        (TimeoutError(), ErrorCategory.CONNECTIVITY),
        (httpx2.ReadTimeout("slow"), ErrorCategory.CONNECTIVITY),
        (httpx2.ReadError("cut"), ErrorCategory.CONNECTIVITY),
        (APIConnectionError(request=REQUEST), ErrorCategory.CONNECTIVITY),
        (ConnectionRefusedError(), ErrorCategory.CONNECTIVITY),
    ],
)
def test_a_failure_has_a_category_and_no_words_of_others(
    error: Exception, category: ErrorCategory
) -> None:
    problem, found = failure_of(error)
    assert found is category
    assert "words of the caller" not in problem


@pytest.mark.parametrize(
    ("error", "expected"),
    [(status(429), True), (status(500), True), (status(401), False), (TimeoutError(), True)],
)
def test_only_what_may_pass_is_tried_again(error: Exception, expected: bool) -> None:
    assert is_transient(error) is expected


@pytest.mark.parametrize(
    ("base_url", "is_own", "is_its"),
    [
        (None, True, False),
        ("", True, False),
        ("https://api.openai.com/v1", True, False),
        ("https://eu.api.openai.com/v1", True, False),
        ("https://US.API.OpenAI.com:443/v1", True, False),
        ("https://mine.openai.azure.com/openai/v1", False, True),
        ("https://api.openai.com.example/v1", False, False),
        ("https://myapi.openai.com.example/v1", False, False),
        ("https://notapi.openai.com/v1", False, False),
        ("https://openai.azure.com.example/v1", False, False),
        ("http://127.0.0.1:8000/v1", False, False),
    ],
)
def test_openais_addresses_are_told_from_others(
    base_url: str | None, *, is_own: bool, is_its: bool
) -> None:
    assert (is_openais(base_url), is_azures(base_url)) == (is_own, is_its)


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="counts threads in /proc")
def test_loading_the_sdk_starts_no_thread() -> None:
    before = len(os.listdir("/proc/self/task"))
    provider_requests.load()
    assert len(os.listdir("/proc/self/task")) == before
