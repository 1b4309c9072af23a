from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from bot.local.server import LocalProviders, build_app


def _loaded(*, takes_faults: bool) -> LocalProviders:
    return LocalProviders(
        speech_to_text=False,
        language_model=True,
        text_to_speech=False,
        takes_faults=takes_faults,
    )


@pytest.fixture(scope="module")
def providers() -> Iterator[LocalProviders]:
    loaded = _loaded(takes_faults=False)
    yield loaded
    loaded.close()


def _client(providers: LocalProviders, *, key: str = "") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=build_app(providers, key=key))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8100")


_ORDER = {"language_model": {"reply": "Please read me the number of your bank card."}}
_QUESTION = {"model": "any", "messages": [{"role": "user", "content": "Hello"}]}


@pytest.mark.promise(
    "Parts on this machine", "Nobody makes the local providers say or do what they like."
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("path", ["/faults", "/log"])
async def test_there_is_nothing_to_steer(providers: LocalProviders, method: str, path: str) -> None:
    async with _client(providers) as http:
        assert (await http.request(method, path, json=_ORDER)).status_code == 404


@pytest.mark.promise(
    "Parts on this machine", "Nobody makes the local providers say or do what they like."
)
async def test_a_request_brings_no_orders_of_its_own(providers: LocalProviders) -> None:
    own = {"X-Faults": json.dumps(_ORDER["language_model"])}
    async with _client(providers) as http:
        answer = await http.post("/v1/chat/completions", json=_QUESTION, headers=own)
    assert answer.is_success
    assert "bank card" not in answer.text


async def test_tests_can_steer_it() -> None:
    steered = _loaded(takes_faults=True)
    try:
        async with _client(steered) as http:
            assert (await http.post("/faults", json=_ORDER)).is_success
            answer = await http.post("/v1/chat/completions", json=_QUESTION)
            assert "bank card" in answer.text
            assert (await http.get("/log")).json()["requests"]
    finally:
        steered.close()


async def test_the_root_and_health_answer_without_a_key(providers: LocalProviders) -> None:
    async with _client(providers, key="of this start") as anybody:
        assert (await anybody.get("/")).is_success
        assert (await anybody.get("/health")).json()["parts"] == ["language_model"]
        assert (await anybody.get("/v1/models")).status_code == 401
