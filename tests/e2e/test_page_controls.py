"""The controls of a call, by key and pointer, in a real room and a real Chromium."""

from __future__ import annotations

import asyncio

from playwright.async_api import ViewportSize, expect

from tests.conftest import ARTEFACTS_DIR
from tests.e2e.stage_call import IS_HEARD, StageCall

_LIMIT_MS = 15_000
# Which loudspeakers were taken, and which tones were played.
_WATCH = """() => {
    window.outputs = [];
    const choose = HTMLMediaElement.prototype.setSinkId;
    HTMLMediaElement.prototype.setSinkId = function (id) {
        window.outputs.push(id);
        return choose.call(this, id);
    };
    window.tones = 0;
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...parts) {
        this.addEventListener("ended", () => window.tones++);
        return start.apply(this, parts);
    };
}"""


async def _shoot(stage: StageCall) -> None:
    sizes = {"desktop": (1280, 800), "phone": (390, 844), "zoomed": (320, 256)}
    for name, (width, height) in sizes.items():
        await stage.page.set_viewport_size(ViewportSize(width=width, height=height))
        await stage.page.screenshot(path=ARTEFACTS_DIR / f"settings-{name}.png")
    width, height = sizes["desktop"]
    await stage.page.set_viewport_size(ViewportSize(width=width, height=height))


async def test_a_muted_caller_is_heard_for_as_long_as_something_is_held(stage: StageCall) -> None:
    page = stage.page
    mute = page.get_by_role("button", name="Mute microphone")
    async with stage.begins() as bot:
        await bot.hears(is_loud=True)
        await page.keyboard.press("Control+d")
        await stage.sees("You are muted")
        await bot.hears(is_loud=False)
        await page.keyboard.down(" ")
        await bot.hears(is_loud=True)
        await page.keyboard.up(" ")
        await bot.hears(is_loud=False)
        await page.get_by_role("button", name="Unmute microphone").hover()
        await page.mouse.down()
        await bot.hears(is_loud=True)
        # The page is left with the button held; nobody lets go of it there.
        await page.evaluate("window.dispatchEvent(new Event('blur'))")
        await bot.hears(is_loud=False)
        await page.mouse.up()
        await stage.click("Unmute microphone")
        await expect(mute).to_be_visible()
        await page.keyboard.press("Control+Shift+e")
        await stage.sees("You ended the call")
    assert stage.errors == []


async def test_the_assistant_is_heard_as_loud_and_where_was_chosen(stage: StageCall) -> None:
    page = stage.page
    await page.evaluate(_WATCH)
    async with stage.begins() as bot:
        playing = asyncio.create_task(bot.beep())
        try:
            await page.wait_for_function(IS_HEARD, timeout=_LIMIT_MS)
            await page.keyboard.press("Control+/")
            panel = page.get_by_role("dialog", name="Sound and keys")
            await expect(panel).to_be_focused()
            await panel.get_by_role("slider", name="Volume").fill("0.3")
            await page.wait_for_function(
                """() => [...document.querySelectorAll("audio")]
                    .some(({ srcObject, volume }) => srcObject && volume === 0.3)""",
                timeout=_LIMIT_MS,
            )
            picker = panel.get_by_role("combobox", name="Loudspeaker")
            chosen = await picker.locator("option:not([hidden])").last.get_attribute("value")
            await picker.select_option(chosen)
            await page.wait_for_function("(id) => window.outputs.includes(id)", arg=chosen)
            await expect(picker).to_have_value(chosen or "")
            await page.evaluate("window.outputs = []")
            await panel.get_by_role("button", name="Play a tone").press("Enter")
            await page.wait_for_function("() => window.tones === 1", timeout=_LIMIT_MS)
            assert await page.evaluate("window.outputs") == [chosen]
            await _shoot(stage)
            await page.keyboard.press("Escape")
            await expect(panel).to_be_hidden()
        finally:
            playing.cancel()
            await asyncio.wait([playing])
    assert stage.errors == []
