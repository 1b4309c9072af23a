"""The controls of a call, by key and pointer, in a real room and a real Chromium."""

from __future__ import annotations

import asyncio

from playwright.async_api import Page, ViewportSize, expect

from tests.conftest import ARTEFACTS_DIR
from tests.e2e.stage_call import IS_HEARD, HearingBot, StageCall

_LIMIT_MS = 15_000
# Which loudspeakers were taken, which tones were played, and what a headset's buttons do.
_WATCH = """() => {
    window.outputs = [];
    const choose = HTMLMediaElement.prototype.setSinkId;
    HTMLMediaElement.prototype.setSinkId = function (id) {
        window.outputs.push(id);
        return choose.call(this, id);
    };
    window.actions = {};
    const { mediaSession } = navigator;
    const set = mediaSession.setActionHandler.bind(mediaSession);
    mediaSession.setActionHandler = (action, handler) => {
        window.actions[action] = handler;
        set(action, handler);
    };
    window.tones = 0;
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...parts) {
        this.addEventListener("ended", () => window.tones++);
        return start.apply(this, parts);
    };
}"""

_PLAYS = """() => [...document.querySelectorAll("audio")]
    .some(({ srcObject, paused }) => srcObject && !paused)"""


async def _shoot(stage: StageCall) -> None:
    sizes = {"desktop": (1280, 800), "phone": (390, 844), "zoomed": (320, 256)}
    for name, (width, height) in sizes.items():
        await stage.resize(ViewportSize(width=width, height=height))
        await stage.page.screenshot(path=ARTEFACTS_DIR / f"settings-{name}.png")
    width, height = sizes["desktop"]
    await stage.resize(ViewportSize(width=width, height=height))


async def _push_to_talk(stage: StageCall, bot: HearingBot) -> None:
    """A muted caller is heard for as long as something is held."""
    page = stage.page
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
    await page.get_by_role("button", name="Mute microphone").wait_for()


async def _choose_sound(page: Page) -> None:
    """The assistant is heard as loud and where it was chosen."""
    await page.keyboard.press("Control+/")
    panel = page.get_by_role("dialog", name="Sound and keys")
    await expect(panel).to_be_focused()
    await expect(panel).to_contain_text("Sound takes the quickest way (UDP).")
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
    assert set(await page.evaluate("window.outputs")) == {chosen}


async def test_the_controls_do_what_they_say(stage: StageCall) -> None:
    page = stage.page
    await page.evaluate(_WATCH)
    async with stage.begins() as bot:
        await _push_to_talk(stage, bot)
        playing = asyncio.create_task(bot.beep())
        try:
            await page.wait_for_function(IS_HEARD, timeout=_LIMIT_MS)
            # As a phone call does, or the button of a headset.
            await page.evaluate("document.querySelectorAll('audio').forEach((one) => one.pause())")
            await page.wait_for_function(_PLAYS, timeout=_LIMIT_MS)
            await _choose_sound(page)
        finally:
            playing.cancel()
            await asyncio.wait([playing])
        await _shoot(stage)
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_be_hidden()
        for words in ("You are muted", "Listening"):
            await page.evaluate("window.actions.togglemicrophone()")
            await expect(page.locator(".voice-words")).to_have_text(words)
        await page.keyboard.press("Control+Shift+e")
        await stage.sees("You ended the call")
    assert stage.errors == []
