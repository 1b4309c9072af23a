"""A server from the files in `deploy/`: a call through Caddy, and a new version in the middle.

Needs Caddy (on Debian: apt-get install caddy), as `make deploy-check` says; systemd itself does not
run here, but its own program judges the units.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import psutil
import pytest
from playwright.async_api import Page, async_playwright

from bot.livekit.install import find_or_install
from bot.settings import PROJECT_ROOT, Settings
from tests.conftest import ARTEFACTS_DIR
from tests.deploy.parts import Parts
from tests.deploy.site import Site
from tests.installed_browser import installed_browser
from tests.ports import free_port

_DEPLOY = PROJECT_ROOT / "deploy"
_ROOT = "caddy/pki/authorities/local/root.crt"
_LIMIT_MS = 30_000.0
# `systemd-analyze security` calls up to 2.5 "OK", and 0 needs a machine without a network.
_MOST_EXPOSURE = 2.5

needs_caddy = pytest.mark.skipif(not shutil.which("caddy"), reason="Caddy is not installed")
needs_systemd = pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="systemd is not installed"
)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    opened = Site(folder=tmp_path, livekit=await find_or_install(Settings()))
    try:
        opened.start_livekit()
        opened.start_caddy()
        yield opened
    finally:
        await asyncio.to_thread(opened.close)


async def _sees(page: Page, words: str) -> None:
    await page.get_by_text(re.compile(words, re.IGNORECASE)).last.wait_for(timeout=_LIMIT_MS)


async def _type(page: Page, words: str) -> None:
    box = page.get_by_role("textbox", name="Type a message")
    await box.fill(words)
    await box.press("Enter")


def _link(said: str) -> str:
    found = re.search(r"https://\S+#invite=\S+", said)
    assert found is not None, said
    return found.group()


async def _begin(page: Page, link: str) -> None:
    await page.goto(link)
    await page.get_by_role("button", name="Start talking").click()
    await page.get_by_role("button", name="Type instead").press("Enter")
    await _sees(page, "What can I do for you")


@needs_caddy
@pytest.mark.timeout(400)
async def test_a_new_version_takes_the_calls_of_the_old_one(site: Site) -> None:
    await asyncio.to_thread(site.start_parley, 0)
    link = _link(await asyncio.to_thread(site.run, "invite", "--for", "Ada", "--uses", "2"))
    assert link.startswith(site.url)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=installed_browser(),
            args=["--host-resolver-rules=MAP *.example.test 127.0.0.1"],
        )
        context = await browser.new_context(ignore_https_errors=True, permissions=[])
        page = await context.new_page()
        away = list[str]()
        page.on("pageerror", lambda error: away.append(str(error)))
        await _begin(page, link)
        await _type(page, "My name is Bartholomew")
        await _sees(page, "nice to meet you")
        await asyncio.to_thread(site.start_parley, 1)
        stopping = asyncio.create_task(asyncio.to_thread(site.stop, "parley-0"))
        while not stopping.done():
            told = page.get_by_role("status").filter(has_text="coming back")
            away += ["told of a lost bot"] * await told.count()
            await asyncio.sleep(0.2)
        assert await stopping == 0
        await _type(page, "What is my name?")
        await _sees(page, "your name is Bartholomew")
        await page.screenshot(path=ARTEFACTS_DIR / "deploy-new-version.png")
        await page.get_by_role("button", name="End call").click()
        await _sees(page, "You ended the call")
        # The next call comes to the new version, by the same link.
        await _begin(await context.new_page(), link)
        await browser.close()
    assert away == []
    assert await asyncio.to_thread(site.stop, "parley-1") == 0
    assert not [one for one in psutil.Process().children() if "runner.py" in one.cmdline()]


def _client(site: Site, name: str) -> httpx.AsyncClient:
    """Return a client that trusts Caddy's own authority, and finds the name here."""
    trusted = ssl.create_default_context(cafile=site.folder / _ROOT)
    return httpx.AsyncClient(
        base_url=f"https://127.0.0.1:{site.https_port}",
        verify=trusted,
        headers={"Host": f"{name}:{site.https_port}"},
        timeout=10.0,
    )


@needs_caddy
@pytest.mark.timeout(200)
async def test_what_caddy_passes_on_and_what_it_keeps_to_itself(site: Site) -> None:
    def has_root() -> bool:
        return (site.folder / _ROOT).exists()

    await asyncio.to_thread(site.until, has_root)
    sni = {"sni_hostname": "voice.example.test"}
    async with _client(site, "voice.example.test") as page:
        # Nobody is at either place.
        nobody = await page.get("/", extensions=sni)
        assert nobody.status_code in (502, 503)
        await asyncio.to_thread(site.start_parley, 1)
        home = await page.get("/", extensions=sni)
        assert home.status_code == 200 and "Start talking" in home.text
        assert "max-age" in home.headers["strict-transport-security"]
        # Callers behind it are told apart, whatever they say of themselves.
        forged = {"X-Forwarded-For": "127.0.0.1", "Forwarded": "for=127.0.0.1"}
        health = await page.get("/api/health", headers=forged, extensions=sni)
        assert health.status_code == 200
        refused = await page.post("/api/sessions", json={}, extensions=sni)
        assert refused.status_code == 401
        large = await page.post("/api/sessions", content=b"x" * 100_000, extensions=sni)
        # Refused before it is read: Caddy may not be done with sending it.
        assert large.status_code in (401, 413, 502)
    site.kill("livekit")
    signalling = {"sni_hostname": "livekit.example.test"}
    async with _client(site, "livekit.example.test") as livekit:
        asked = "/rtc/validate?access_token=eyJhbGciOiJIUzI1NiJ9.secret.words"
        gone = await livekit.get(asked, extensions=signalling)
    assert gone.status_code == 502
    assert "eyJ" not in site.log("caddy")
    assert "access_token=***" in site.log("caddy").replace("%2A", "*")


@needs_caddy
@pytest.mark.timeout(120)
async def test_nodes_that_are_gone_leave_no_token_in_the_log(tmp_path: Path) -> None:
    parts, port = Parts(folder=tmp_path), free_port()
    options = ("local_certs", "skip_install_trust", "admin off", f"http_port {free_port()}")
    env = {
        **os.environ,
        "CADDY_OPTIONS": "\n".join(options),
        "PARLEY_SITE": f"https://voice.example.test:{port}",
        "PARLEY_RUNNERS": f"127.0.0.1:{free_port()}",
        "LIVEKIT_SITE": f"https://livekit.example.test:{port}",
        "LIVEKIT_NODES": f"127.0.0.1:{free_port()}",
        "XDG_DATA_HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path),
    }
    config = str(_DEPLOY / "many" / "Caddyfile")
    parts.start("caddy", ["caddy", "run", "--adapter", "caddyfile", "--config", config], env)
    try:
        await asyncio.to_thread(parts.until_up, "caddy", (tmp_path / _ROOT).exists)
        asked = f"https://127.0.0.1:{port}/rtc/validate?access_token=eyJhbGciOiJIUzI1NiJ9.secret"
        trusted = ssl.create_default_context(cafile=tmp_path / _ROOT)
        async with httpx.AsyncClient(verify=trusted, trust_env=False, timeout=20.0) as http:
            gone = await http.get(
                asked,
                headers={"Host": f"livekit.example.test:{port}"},
                extensions={"sni_hostname": "livekit.example.test"},
            )
    finally:
        await asyncio.to_thread(parts.close)
    assert gone.status_code in (502, 503)
    assert "eyJ" not in parts.log("caddy")
    assert "access_token=***" in parts.log("caddy").replace("%2A", "*")


@needs_systemd
@pytest.mark.parametrize("name", ["livekit.service", "parley@.service"])
def test_units_are_sound_and_give_away_little(tmp_path: Path, name: str) -> None:
    unit = (_DEPLOY / name).read_text()
    # The programs and users of the server are not here.
    unit = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", unit, flags=re.MULTILINE)
    path = tmp_path / name.replace("@", "@7860")
    path.write_text(unit)
    found = subprocess.run(
        ["systemd-analyze", "verify", "--recursive-errors=no", str(path)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (found.returncode, found.stderr) == (0, "")
    command = ["systemd-analyze", "security", "--offline=yes", "--no-pager", str(path)]
    judged = subprocess.run(command, check=False, capture_output=True, text=True)
    exposure = re.search(r"exposure level for \S+: ([\d.]+)", judged.stdout)
    assert exposure is not None, judged.stderr
    assert float(exposure[1]) <= _MOST_EXPOSURE
