"""The assistant on another site: a button of its page, a frame of ours, and who may have it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse

from bot.http.page import PAGE_DIR
from bot.http.server import bind, open_http_server, url_of
from bot.livekit.server import LiveKitServer
from tests.e2e.stage_call import StageCall, open_stage, write_beeps

_SMALL = {"width": 390, "height": 844}
_NOTE_EVENTS = """() => {
    window.told = [];
    for (const name of ["open", "ready", "connecting", "live", "ending", "idle", "close"])
        window.parley.on(name, () => window.told.push(name));
}"""


class Site:
    """A page of somebody else's, under a policy that lets in nothing but what it has to."""

    def __init__(self) -> None:
        self.url = ""
        self.home = ""
        self.frames: bool = True

    def app(self) -> Starlette:
        app = Starlette()

        async def page(_: Request) -> HTMLResponse:
            frames = self.home if self.frames else "'none'"
            policy = f"default-src 'none'; script-src {self.home}; frame-src {frames}"
            html = f'<!doctype html><h1>Shop</h1><script src="{self.home}/embed.js"></script>'
            return HTMLResponse(html, headers={"Content-Security-Policy": policy})

        app.add_route("/", page)
        return app


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    shop = Site()
    with bind("127.0.0.1", 0) as listener:
        shop.url = url_of(listener)
        async with open_http_server(shop.app(), listener=listener):
            yield shop


@pytest.fixture
async def stage(
    livekit_server: LiveKitServer, tmp_path: Path, site: Site, request: pytest.FixtureRequest
) -> AsyncIterator[StageCall]:
    microphone = tmp_path / "beeps.wav"
    write_beeps(microphone)
    is_listed = getattr(request, "param", True)
    changes = {"embed_origins": site.url} if is_listed else dict[str, str]()
    async with AsyncExitStack() as stack:
        opened = await stack.enter_async_context(
            open_stage(livekit_server, microphone=microphone, **changes)
        )
        site.home = opened.address
        yield opened


async def _visit(page: Page, site: Site) -> None:
    await page.goto(site.url)
    await page.evaluate(_NOTE_EVENTS)


def test_the_loader_is_small() -> None:
    assert (PAGE_DIR / "embed.js").stat().st_size <= 4096


async def test_a_call_is_held_in_a_page_of_another_site(stage: StageCall, site: Site) -> None:
    page = stage.page
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    await _visit(page, site)
    # Nothing but the loader comes before the click.
    assert [url for url in asked if url.startswith(site.home)] == [f"{site.home}/embed.js"]
    await page.get_by_role("button", name="Talk to us").click()
    frame = page.frame_locator("iframe")
    async with page.expect_response("**/api/sessions") as started:
        await frame.get_by_role("button", name="Start talking").click()
    async with stage.joins(await started.value) as bot:
        await frame.get_by_role("group", name="Call controls").wait_for()
        await bot.hears(is_loud=True)
        await page.wait_for_function("() => window.told.includes('live')")
        assert await page.evaluate("window.told.slice(0, 2)") == ["open", "ready"]
        box = await page.get_by_role("dialog").bounding_box()
        assert box is not None and box["width"] == 380 and box["x"] > 600
        await page.set_viewport_size(_SMALL)
        await page.wait_for_function(
            "() => document.querySelector('[role=dialog]').clientWidth === innerWidth"
        )
        await page.get_by_role("button", name="Close").click()
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await bot.hears(is_loud=False)
        assert (await page.evaluate("window.told"))[-1] == "close"
    assert stage.errors == []


@pytest.mark.parametrize("stage", [False], indirect=True)
async def test_a_site_that_is_not_listed_is_told_so(stage: StageCall, site: Site) -> None:
    page = stage.page
    await _visit(page, site)
    await page.evaluate("window.parley.open()")
    sentence = page.get_by_text(f"may not be shown on {site.url}")
    await expect(sentence).to_be_visible(timeout=30_000)
    assert "ready" not in await page.evaluate("window.told")
    # The page itself is framed by nobody, listed or not.
    assert await page.evaluate("window.told") == ["open"]


async def test_a_page_that_forbids_the_frame_is_told_so(stage: StageCall, site: Site) -> None:
    site.frames = False
    await _visit(stage.page, site)
    await stage.page.get_by_role("button", name="Talk to us").click()
    await expect(stage.page.get_by_text("does not allow frame-src")).to_be_visible()
