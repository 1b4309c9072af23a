"""A build of the page, and the next one, which comes while the first is served."""

from __future__ import annotations

import os
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from bot.http.page.page import Page
from bot.http.page.page_files import read_page
from tests.bot.http.api_client import BASE_URL
from tests.fake_clock import FakeClock

_STATIC = "_next/static"


def _build(folder: Path, version: int, *, is_whole: bool = True) -> None:
    """Write a version of the page, as a build does: over the last one."""
    static = folder / _STATIC
    static.mkdir(parents=True, exist_ok=True)
    for old in static.iterdir():
        old.unlink()
    if is_whole:
        (static / f"app{version}.js").write_text(f"start({version})")
    script = f'<script src="/{_STATIC}/app{version}.js" async=""></script>'
    page = folder / "index.html"
    page.write_text(f"{script}<script>self.version={version}</script>")
    # Two builds of a test are closer than the clock of a file system can tell.
    os.utime(page, ns=(version, version))


def _client(page: Page) -> httpx.AsyncClient:
    app = Starlette()
    app.router.default = page
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE_URL)


def _page(folder: Path, clock: FakeClock) -> Page:
    return Page(folder, livekit_url="ws://127.0.0.1:7880", clock=clock)


async def _hashes(http: httpx.AsyncClient) -> str:
    policy = (await http.get("/")).headers["content-security-policy"]
    return policy.split("script-src ")[1].split(";")[0]


async def test_the_next_build_is_served_with_its_own_policy(tmp_path: Path) -> None:
    _build(tmp_path, 1)
    async with _client(_page(tmp_path, FakeClock())) as http:
        first, policy = await http.get("/"), await _hashes(http)
        _build(tmp_path, 2)
        asked = {"If-None-Match": first.headers["etag"]}
        second = await http.get("/", headers=asked)
        assert (second.status_code, "self.version=2" in second.text) == (200, True)
        assert await _hashes(http) != policy
        # Who has the first one open may still ask for the rest of it.
        for version in (1, 2):
            asset = await http.get(f"/{_STATIC}/app{version}.js")
            assert asset.text == f"start({version})"
        _build(tmp_path, 3)
        await http.get("/")
        assert (await http.get(f"/{_STATIC}/app1.js")).status_code == 404


async def test_half_a_build_is_not_served(tmp_path: Path) -> None:
    clock = FakeClock()
    _build(tmp_path, 1)
    async with _client(_page(tmp_path, clock)) as http:
        _build(tmp_path, 2, is_whole=False)
        assert "self.version=1" in (await http.get("/")).text
        _build(tmp_path, 2)
        # It is not read anew for every visit while it is being made.
        assert "self.version=1" in (await http.get("/")).text
        clock.now += 1.0
        assert "self.version=2" in (await http.get("/")).text


async def test_a_build_that_is_gone_is_served_on(tmp_path: Path) -> None:
    _build(tmp_path, 1)
    async with _client(_page(tmp_path, FakeClock())) as http:
        (tmp_path / "index.html").unlink()
        (tmp_path / _STATIC / "app1.js").unlink()
        for path in ("/", f"/{_STATIC}/app1.js"):
            assert (await http.get(path)).status_code == 200


async def test_the_first_build_needs_no_new_start(tmp_path: Path) -> None:
    async with _client(_page(tmp_path, FakeClock())) as http:
        assert "make setup" in (await http.get("/")).text
        _build(tmp_path, 1)
        assert "self.version=1" in (await http.get("/")).text


@pytest.mark.parametrize("name", ["secret.txt", ".page-123", "_next/out.js"])
def test_links_and_marks_of_the_build_are_no_part_of_it(tmp_path: Path, name: str) -> None:
    _build(tmp_path, 1)
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.write_text("secret")
    (tmp_path / name).symlink_to(outside)
    (tmp_path / ".page-456").write_text("")
    assert read_page(tmp_path).keys() == {"index.html", f"{_STATIC}/app1.js"}


@pytest.mark.parametrize(
    ("path", "status"),
    [("/check", 200), ("/check/", 200), ("/check.html", 200), ("/checks", 404), ("/_next", 404)],
)
async def test_a_page_has_an_address_without_its_ending(
    tmp_path: Path, path: str, status: int
) -> None:
    _build(tmp_path, 1)
    (tmp_path / "check.html").write_text("checking")
    async with _client(_page(tmp_path, FakeClock())) as http:
        answer = await http.get(path)
    assert answer.status_code == status
