from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from bot.local.server import LocalProviders, build_app


@pytest.fixture(scope="module")
def providers() -> Iterator[LocalProviders]:
    loaded = LocalProviders(speech_to_text=False, language_model=True, text_to_speech=False)
    yield loaded
    loaded.close()


def _client(providers: LocalProviders, address: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=build_app(providers), client=(address, 1))
    return httpx.AsyncClient(transport=transport, base_url="http://local")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/faults"), ("DELETE", "/faults"), ("GET", "/log")]
)
async def test_strangers_may_neither_set_faults_nor_read_the_log(
    providers: LocalProviders, method: str, path: str
) -> None:
    async with _client(providers, "192.0.2.7") as stranger:
        refused = await stranger.request(method, path)
    async with _client(providers, "127.0.0.1") as neighbour:
        allowed = await neighbour.request(method, path)
    assert refused.status_code == 403 and refused.json()["error"]["message"]
    assert allowed.is_success


async def test_the_root_and_health_answer_anybody(providers: LocalProviders) -> None:
    async with _client(providers, "192.0.2.7") as anybody:
        assert (await anybody.get("/")).is_success
        assert (await anybody.get("/health")).json()["parts"] == ["language_model"]
