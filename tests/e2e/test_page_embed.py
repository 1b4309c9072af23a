"""The assistant on another site: a button of its page, a frame of ours, and who may have it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Page, ViewportSize, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse

from bot.http.listener import bind, url_of
from bot.http.server import open_http_server
from bot.livekit.server import LiveKitServer
from bot.settings import PROJECT_ROOT
from tests.e2e.stage_call import HearingBot, StageCall, open_stage, write_beeps
from tests.waiting import until

_PHONE = ViewportSize(width=390, height=844)
_NOTE_EVENTS = """() => {
    window.told = [];
    const names = ["open", "ready", "idle", "connecting", "live", "failed", "close"];
    for (const name of names) window.parley.on(name, () => window.told.push(name));
}"""
# How well the words on the button can be read, by WCAG 2, and on what ground.
_CONTRAST = """() => {
    const button = document.querySelector("parley-embed").shadowRoot.querySelector("dialog+button");
    const { color, backgroundColor } = getComputedStyle(button);
    const context = new OffscreenCanvas(1, 1).getContext("2d");
    const painted = (colour) => {
        context.fillStyle = colour;
        context.fillRect(0, 0, 1, 1);
        return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
    };
    const luminance = (colour) => {
        const [r, g, b] = painted(colour).map((part) => part / 255)
            .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
    };
    const [words, ground] = [luminance(color), luminance(backgroundColor)].sort((a, b) => b - a);
    return [words / ground, painted(backgroundColor)];
}"""
_HOSTILE = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`
        body * { transform: scale(0.5); opacity: 0.1 !important; visibility: hidden; }
        body > * { display: none !important; filter: blur(9px); contain: strict; }
        button, dialog, header { display: none !important; margin: 99px !important; }
    `);
    document.adoptedStyleSheets = [sheet];
}"""
_HIDES_THE_BUTTON = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("parley-embed::part(button) { display: none; }");
    document.adoptedStyleSheets = [sheet];
}"""
_DARK = [43, 35, 32]
_KEEPS_NOTHING = """
    for (const name of ["localStorage", "sessionStorage"])
        if (window.parent !== window)
            Object.defineProperty(window, name, {
                get: () => { throw new DOMException("Kept from frames", "SecurityError"); },
            });
"""


class Site:
    """A page of somebody else's, under a policy that lets in nothing but what it has to."""

    def __init__(self) -> None:
        self.url = ""
        self.home = ""
        self.color = ""
        self.frames: bool = True
        self.microphone: bool = True

    def app(self) -> Starlette:
        app = Starlette()

        async def page(_: Request) -> HTMLResponse:
            frames = self.home if self.frames else "'none'"
            color = f' data-color="{self.color}"' if self.color else ""
            script = f'<script src="{self.home}/embed.js"{color}></script>'
            headers = {
                "Content-Security-Policy": f"default-src 'none'; script-src {self.home}; "
                f"frame-src {frames}; require-trusted-types-for 'script'",
                "Cross-Origin-Embedder-Policy": "require-corp",
                "Referrer-Policy": "no-referrer",
            }
            if not self.microphone:
                headers["Permissions-Policy"] = "microphone=()"
            return HTMLResponse(f"<!doctype html><h1>Shop</h1>{script}{script}", headers=headers)

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
        # By name: one address with two ports would be one site.
        site.home = opened.address.replace("127.0.0.1", "localhost")
        await opened.page.context.grant_permissions(["microphone"], origin=site.home)
        await opened.page.context.grant_permissions(["microphone"], origin=site.url)
        yield opened


async def _visit(page: Page, site: Site) -> None:
    await page.goto(site.url)
    await page.evaluate(_NOTE_EVENTS)


async def _told(page: Page, name: str) -> None:
    await page.wait_for_function("(name) => window.told.includes(name)", arg=name)


async def _is_focused(page: Page, script: str) -> None:
    await page.wait_for_function(
        f"() => document.querySelector('parley-embed').shadowRoot.activeElement?.{script}"
    )


async def _is_left(bot: HearingBot) -> None:
    """Wait until nobody is heard in the room any more, or it is over."""

    async def is_so() -> bool:
        return not bot.room.isconnected() or not bot.room.remote_participants

    await until(is_so, limit_secs=20.0)


def test_the_loader_is_small() -> None:
    assert (PROJECT_ROOT / "web" / "public" / "embed.js").stat().st_size <= 4096


async def test_it_comes_with_the_click_and_goes_with_escape(stage: StageCall, site: Site) -> None:
    page = stage.page
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    await _visit(page, site)
    # Loaded twice, it is there once; nothing but the loader comes before the click.
    assert {url for url in asked if url.startswith(site.home)} == {f"{site.home}/embed.js"}
    launcher = page.get_by_role("button", name="Talk to us")
    await expect(launcher).to_have_count(1)
    dialog = page.get_by_role("dialog", name="Talk to us")
    frame = page.frame_locator("iframe")
    await launcher.press("Enter")
    await _is_focused(page, "matches('iframe')")
    await frame.get_by_role("button", name="Start talking").wait_for()
    await _told(page, "idle")
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(launcher).to_be_focused()
    # A dialog tells of its end a moment after it is hidden.
    await _told(page, "close")
    assert await page.evaluate("window.told") == ["open", "ready", "idle", "close"]


async def test_no_style_of_the_site_reaches_it(stage: StageCall, site: Site) -> None:
    page = stage.page
    await _visit(page, site)
    launcher, dialog = page.get_by_role("button", name="Talk to us"), page.get_by_role("dialog")
    before = await launcher.bounding_box()
    await page.evaluate(_HOSTILE)
    await expect(launcher).to_be_visible()
    assert await launcher.bounding_box() == before
    host = page.locator("parley-embed")
    assert await host.evaluate("(one) => getComputedStyle(one).opacity") == "1"
    for side in ("ltr", "rtl"):
        await page.evaluate("(side) => { document.documentElement.dir = side; }", side)
        await launcher.press("Enter")
        around = await dialog.bounding_box()
        end = await page.get_by_role("button", name="Close").bounding_box()
        assert around and end
        left, right = end["x"] - around["x"], around["width"] - end["width"]
        assert abs(left - (2 if side == "rtl" else right - 2)) < 1, side
        await page.get_by_role("button", name="Close").press("Enter")


async def test_a_site_can_hide_the_button_and_paper_shows_nothing_of_it(
    stage: StageCall, site: Site
) -> None:
    page = stage.page
    await _visit(page, site)
    launcher, dialog = page.get_by_role("button", name="Talk to us"), page.get_by_role("dialog")
    await expect(launcher).to_be_visible()
    await page.emulate_media(media="print")
    await expect(launcher).to_be_hidden()
    await page.emulate_media(media="screen")
    await expect(launcher).to_be_visible()
    await page.evaluate(_HIDES_THE_BUTTON)
    await expect(launcher).to_be_hidden()
    await page.evaluate("parley.open()")
    await expect(dialog).to_be_visible()
    await page.emulate_media(media="print")
    await expect(dialog).to_be_hidden()


async def test_words_on_a_button_of_any_colour_can_be_read(stage: StageCall, site: Site) -> None:
    page = stage.page
    greys = [f"#{grey:02x}{grey:02x}{grey:02x}" for grey in range(100, 136, 3)]
    named = ["yellow", "#fff", "#0000ff", "red", "#e05", "hsl(150 80% 40%)", "oklch(0.7 0.2 330)"]
    # What one can see through is whole; what is no colour, or none is given, is the dark one.
    odd = {"transparent": [0, 0, 0], "#ffff0080": [255, 255, 0], "": _DARK, "no": _DARK}
    for color in (*greys, *named, *odd):
        site.color = color
        await page.goto(site.url)
        await page.get_by_role("button", name="Talk to us").wait_for()
        contrast, ground = await page.evaluate(_CONTRAST)
        assert contrast >= 4.5, (color, ground)
        assert ground == odd.get(color, ground), color


async def test_a_call_is_held_in_a_page_of_another_site(stage: StageCall, site: Site) -> None:
    page = stage.page
    await _visit(page, site)
    await page.get_by_role("button", name="Talk to us").press("Enter")
    dialog = page.get_by_role("dialog", name="Talk to us")
    frame = page.frame_locator("iframe")
    controls = frame.get_by_role("group", name="Call controls")
    await frame.get_by_role("button", name="Start talking").wait_for()
    async with page.expect_response("**/api/sessions") as started:
        await frame.get_by_role("button", name="Start talking").press("Enter")
    async with stage.joins(await started.value) as bot:
        await controls.wait_for()
        await bot.hears(is_loud=True)
        await _told(page, "live")
        box = await dialog.bounding_box()
        assert box is not None and box["width"] == 380 and box["x"] == 1280 - 400
        # No key ends the call by the way: it leads to the button that would.
        await frame.get_by_role("button", name="End call").focus()
        await page.keyboard.press("Escape")
        await _is_focused(page, "textContent === 'Close'")
        await expect(controls).to_be_visible()
        await page.keyboard.press("Enter")
        await expect(dialog).to_be_hidden()
        await _is_left(bot)
    await page.wait_for_function("() => window.told.at(-1) === 'idle'")
    # What was said is still there.
    await page.evaluate("parley.open()")
    await expect(frame.get_by_text("You ended the call.")).to_be_visible()
    assert stage.errors == []


async def test_a_phone_gives_it_the_whole_screen_and_a_strict_browser_keeps_nothing(
    stage: StageCall, site: Site
) -> None:
    page = stage.page
    await page.add_init_script(_KEEPS_NOTHING)
    await page.set_viewport_size(_PHONE)
    await _visit(page, site)
    await page.get_by_role("button", name="Talk to us").click()
    box = await page.get_by_role("dialog").bounding_box()
    assert box == {"x": 0, "y": 0, **_PHONE}
    # What it covers is out of reach.
    assert await page.evaluate(
        "document.querySelector('parley-embed').shadowRoot"
        ".querySelector('dialog').matches(':modal')"
    )
    frame = page.frame_locator("iframe")
    controls = frame.get_by_role("group", name="Call controls")
    async with page.expect_response("**/api/sessions") as started:
        await frame.get_by_role("button", name="Start talking").click()
    async with stage.joins(await started.value) as bot:
        await controls.wait_for()
        await bot.hears(is_loud=True)
        # The site takes its page apart: the call goes with the frame, and nothing stays behind.
        await page.evaluate("document.body.replaceChildren()")
        await _is_left(bot)
    await page.evaluate("parley.mount()")
    await frame.get_by_role("button", name="Start talking").wait_for()
    await page.get_by_role("button", name="Close").click()
    await expect(page.get_by_role("button", name="Talk to us")).to_be_visible()
    # Away and back again.
    await page.goto(stage.address)
    await page.go_back()
    # A locator waits for the page that comes; a script may run in the one that goes.
    await page.get_by_role("button", name="Talk to us").click()
    await frame.get_by_role("button", name="Start talking").wait_for()
    assert stage.errors == []


@pytest.mark.parametrize("stage", [False], indirect=True)
async def test_a_site_that_is_not_listed_is_told_so(stage: StageCall, site: Site) -> None:
    page = stage.page
    await _visit(page, site)
    await page.evaluate("parley.open()")
    sentence = page.get_by_role("alert").filter(has_text=f"EMBED_ORIGINS lack {site.url}")
    await expect(sentence).to_be_visible(timeout=30_000)
    assert await page.evaluate("window.told") == ["open"]
    await page.get_by_role("button", name="Close").press("Escape")
    await expect(sentence).to_be_hidden()


async def test_a_page_that_forbids_frame_or_microphone_says_so(
    stage: StageCall, site: Site
) -> None:
    page = stage.page
    site.frames = False
    await _visit(page, site)
    await page.evaluate("parley.open()")
    await expect(page.get_by_text(f"this page's frame-src lacks {site.home}")).to_be_visible(
        timeout=30_000
    )
    site.frames, site.microphone = True, False
    await _visit(page, site)
    await page.evaluate("parley.open()")
    frame = page.frame_locator("iframe")
    await frame.get_by_role("button", name="Start talking").click()
    await expect(frame.get_by_text("does not let your microphone through")).to_be_visible()
    async with page.context.expect_page() as opened:
        await frame.get_by_role("button", name="Open in a new tab").click()
    await expect((await opened.value).get_by_role("button", name="Start talking")).to_be_visible()
