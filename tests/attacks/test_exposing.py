"""docs/exposing.md and the files it names, read by the programs they are for where these are."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
from functools import partial
from pathlib import Path

import pytest
import yaml

from bot.livekit.install import find_or_install
from bot.settings import Settings, load_settings
from tests.layout import PROJECT_ROOT

_DEPLOY = PROJECT_ROOT / "deploy"
_PAGE = (PROJECT_ROOT / "docs" / "exposing.md").read_text(encoding="utf-8")


def block(kind: str) -> str:
    """Return the one block of a kind."""
    (found,) = re.findall(rf"^```{kind}\n(.*?)^```$", _PAGE, re.DOTALL | re.MULTILINE)
    return found


def test_settings_of_the_page_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text(block("sh"), encoding="utf-8")
    for line in block("sh").splitlines():
        monkeypatch.delenv(line.partition("=")[0])
    settings = load_settings(env_file)
    assert settings.public_url == "https://voice.example.com"
    assert [str(one) for one in settings.trusted_proxies] == ["127.0.0.1/32", "::1/128"]
    assert settings.is_exposed


@pytest.mark.parametrize("has_turn", [False, True])
async def test_livekit_file_fits_the_settings_and_the_server(
    settings: Settings, tmp_path: Path, *, has_turn: bool
) -> None:
    text = (_DEPLOY / "livekit.yaml").read_text(encoding="utf-8")
    config = yaml.safe_load(text)
    assert config["turn"]["enabled"] is False
    turn = {"LIVEKIT_TURN_ENABLED": "true", "LIVEKIT_TURN_DOMAIN": "turn.example.com"}
    set_here = dict(line.split("=", 1) for line in block("sh").splitlines())
    keys = f"{set_here['LIVEKIT_API_KEY']}: {set_here['LIVEKIT_API_SECRET']}"
    assert set_here["LIVEKIT_URL"].endswith(f":{config['port']}")
    assert config["webhook"]["api_key"] == set_here["LIVEKIT_API_KEY"]
    assert "http://127.0.0.1:7860/api/livekit/webhook" in config["webhook"]["urls"]
    program = await find_or_install(settings)
    # A command that reads the configuration, strictly, and asks no server.
    command = [str(program), "--config-body", text, "create-join-token"]
    ended = await asyncio.to_thread(
        partial(subprocess.run, capture_output=True, text=True, timeout=20, check=False),
        [*command, "--room", "r", "--identity", "i"],
        cwd=tmp_path,
        env={**os.environ, "LIVEKIT_KEYS": keys, **(turn if has_turn else {})},
    )
    assert ended.returncode == 0, ended.stderr + ended.stdout


def test_caddy_file_leads_to_both_servers() -> None:
    text = (_DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    assert text.count("{") == text.count("}")
    for line in ("{$PARLEY_SITE} {", "{$LIVEKIT_SITE} {", "reverse_proxy 127.0.0.1:7880"):
        assert line in text
    caddy = shutil.which("caddy")
    if caddy is None:
        pytest.skip("Caddy is not here")
    names = {"PARLEY_SITE": "voice.example.com", "LIVEKIT_SITE": "livekit.example.com"}
    command = [caddy, "validate", "--adapter", "caddyfile", "--config", "Caddyfile"]
    subprocess.run(command, check=True, timeout=60, cwd=_DEPLOY, env={**os.environ, **names})
