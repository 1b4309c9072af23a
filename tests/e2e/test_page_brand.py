"""The page under another name, in a real Chromium: from the first paint, and through a call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Route, ViewportSize, expect

from bot.livekit.server import LiveKitServer
from tests.conftest import ARTEFACTS_DIR
from tests.e2e.stage_call import StageCall, open_stage, write_beeps

_BRAND = """
name = "Ada & Co"
headline = "Ask the shop."
color = "#2255ee"
logo = "logo.svg"
links = [
    { text = "Imprint", url = "https://shop.example/imprint" },
    { text = "Privacy", url = "mailto:privacy@shop.example" },
]
"""
_LOGO = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 16">
<rect width="96" height="16" rx="8" fill="#2255ee"/></svg>"""
# The strongest colour of the drawing, as hue in degrees: red is 0, blue 240.
_DRAWN_HUE = """() => {
    const canvas = document.querySelector(".voice canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let best = [0, 0];
    for (let at = 0; at < data.length; at += 4) {
        const [r, g, b, a] = data.subarray(at, at + 4);
        const [high, low] = [Math.max(r, g, b), Math.min(r, g, b)];
        if (a < 250 || high - low <= best[0]) continue;
        const part = high - low;
        const turns = { [b]: 4 + (r - g) / part, [g]: 2 + (b - r) / part, [r]: (g - b) / part };
        best = [part, (60 * turns[high] + 360) % 360];
    }
    return best[1];
}"""
# The tab's icon, drawn as large as a tab has it: the colour in its middle, and how much there is at
# its top, where so wide a logo does not reach.
_ICON = """async () => {
    const image = new Image();
    image.src = document.querySelector("link[rel=icon]").href;
    await image.decode();
    const context = document.createElement("canvas").getContext("2d");
    context.drawImage(image, 0, 0, 32, 32);
    const [r, g, b] = context.getImageData(16, 16, 1, 1).data;
    return [r, g, b, context.getImageData(16, 2, 1, 1).data[3]];
}"""
_SMALL = ViewportSize(width=320, height=568)
_LARGE = ViewportSize(width=1280, height=800)


@pytest.fixture
async def stage(livekit_server: LiveKitServer, tmp_path: Path) -> AsyncIterator[StageCall]:
    write_beeps(tmp_path / "beeps.wav")
    (tmp_path / "logo.svg").write_text(_LOGO)
    (tmp_path / "brand.toml").write_text(_BRAND)
    brand, microphone = str(tmp_path / "brand.toml"), tmp_path / "beeps.wav"
    async with open_stage(livekit_server, microphone=microphone, brand_file=brand) as opened:
        yield opened


@pytest.mark.promise("Page", "The page has the operator's name, colour, logo and links.")
async def test_nobody_sees_another_name(stage: StageCall) -> None:
    page, opens = stage.page, asyncio.Event()
    assert await page.title() == "Ada & Co"

    async def hold(route: Route) -> None:
        await opens.wait()
        await route.continue_()

    await page.route("**/_next/static/**/*.js", hold)
    await page.reload(wait_until="commit")
    # Before anything of the page runs but what is in its HTML.
    await expect(page.get_by_role("heading", name="Ask the shop.")).to_be_visible()
    await expect(page.get_by_text("Ada & Co is a computer that talks")).to_be_visible()
    await expect(page.get_by_text("Parley")).to_have_count(0)
    assert await page.title() == "Ada & Co"
    opens.set()
    await page.wait_for_function("() => window.parleyEarly === undefined")
    await expect(page.get_by_role("link", name="Imprint")).to_be_visible()
    await expect(page.get_by_text("What is said is kept for 30 days.")).to_be_visible()
    assert 190 < await page.evaluate(_DRAWN_HUE) < 260
    assert await page.evaluate(_ICON) == [0x22, 0x55, 0xEE, 0]
    for name, size in (("small", _SMALL), ("large", _LARGE)):
        await stage.resize(size)
        # The logo stands for the name, which those who cannot see it still hear.
        logo = await page.locator(".page-name > *").bounding_box()
        assert logo and logo["width"] > 150 and logo["height"] > 25
        await expect(page.get_by_role("link", name="Privacy")).to_be_in_viewport(ratio=1)
        await page.screenshot(path=ARTEFACTS_DIR / f"brand-{name}.png")
    async with stage.begins() as bot:
        await expect(page.get_by_role("heading", name="Ada & Co")).to_have_count(1)
        assert await page.title() == "In a call · Ada & Co"
        await page.screenshot(path=ARTEFACTS_DIR / "brand-call.png")
        await bot.audience.close(reason="goodbye")
        await stage.end_room()
        await stage.sees("The call has ended")
    await expect(page.get_by_text("0:0")).to_be_visible()
    assert await page.get_by_text("Parley").count() == 0
    assert stage.errors == []
