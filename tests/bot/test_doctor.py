"""The doctor finds what is wrong and says the fix."""

from __future__ import annotations

import pytest

from bot.doctor import Finding, examine
from bot.http_server import bind
from bot.launch import free_port
from bot.livekit_server import LiveKitServer
from bot.settings import Settings


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


async def test_reachable_livekit_is_well(livekit_server: LiveKitServer) -> None:
    given = {
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


async def test_taken_port_is_found() -> None:
    with bind("127.0.0.1", 0) as listener:
        (fix,) = await failures(port=listener.getsockname()[1])
    assert "running already" in fix


@pytest.mark.parametrize("setting", ["deepgram_base_url", "openai_base_url"])
async def test_no_key_is_ever_shown(setting: str) -> None:
    scheme = "ws" if "deepgram" in setting else "http"
    found = await findings(
        **{setting: f"{scheme}://127.0.0.1:{free_port()}"},
        deepgram_api_key="dg-private-key",
        openai_api_key="sk-private-key",
    )
    assert "private-key" not in repr(found)
