"""The doctor finds what is wrong and says the fix."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest
from fastapi import FastAPI

from bot.doctor import Finding, examine
from bot.http_server import bind, open_http_server, url_of
from bot.launch import free_port
from bot.livekit_server import LiveKitServer
from bot.settings import Settings


@pytest.fixture
async def providers() -> AsyncGenerator[dict[str, str]]:
    """Settings that lead to providers that answer: nothing local has to be started."""
    with bind("127.0.0.1", 0) as listener:
        url = url_of(listener)
        async with open_http_server(FastAPI(), listener=listener):
            yield {"deepgram_base_url": url.replace("http", "ws"), "openai_base_url": url}


async def findings(**given: object) -> dict[str, Finding]:
    settings = Settings.model_validate({"port": 0, **given})
    return {finding.what: finding for finding in await examine(settings)}


async def failures(**given: object) -> list[str]:
    """Return the fixes; the page may or may not be built where the tests run."""
    found = await findings(**given)
    bad = [one for one in found.values() if not one.is_well and "page" not in one.what]
    assert all(finding.fix for finding in bad)
    return [finding.fix for finding in bad]


async def test_healthy_installation_has_no_failures() -> None:
    assert await failures() == []


async def test_reachable_livekit_is_well(
    livekit_server: LiveKitServer, providers: dict[str, str]
) -> None:
    given = providers | {
        "livekit_url": livekit_server.url,
        "livekit_api_key": livekit_server.api_key,
        "livekit_api_secret": livekit_server.api_secret.get_secret_value(),
    }
    assert await failures(**given) == []
    (fix,) = await failures(**given | {"livekit_api_secret": "w" * 40})
    assert "LIVEKIT_API_KEY" in fix


async def test_every_missing_server_is_named() -> None:
    dead = f"127.0.0.1:{free_port()}"
    fixes = await failures(
        livekit_url=f"ws://{dead}",
        livekit_api_key="key",
        livekit_api_secret="s" * 40,
        deepgram_base_url=f"ws://{dead}",
        openai_base_url=f"http://{dead}",
    )
    assert len(fixes) == 3
    assert "LIVEKIT_URL" in fixes[0]


async def test_taken_port_is_found(providers: dict[str, str]) -> None:
    with bind("127.0.0.1", 0) as listener:
        (fix,) = await failures(**providers, port=listener.getsockname()[1])
    assert "running already" in fix


async def test_no_key_is_ever_shown(providers: dict[str, str]) -> None:
    keys = {"deepgram_api_key": "dg-private-key", "openai_api_key": "sk-private-key"}
    assert "private-key" not in repr(await findings(**providers, **keys))
