"""The page in each language, in a real Chromium: nothing flashes, and nothing is cut."""

from __future__ import annotations

import asyncio

from livekit.protocol.agent_pb import agent_session as pb
from pipecat.frames.frames import LLMFullResponseStartFrame
from playwright.async_api import Page, Route, ViewportSize, expect

from processors.agent_protocol.events import ToolCall
from tests.conftest import ARTEFACTS_DIR
from tests.e2e.stage_call import StageCall

_SMALL = ViewportSize(width=320, height=568)
_BEGIN = {
    "en": "Start talking",
    "de": "Gespräch beginnen",
    "fr": "Commencer à parler",
    "es": "Empezar a hablar",
    "ja": "話しはじめる",
}
_LOOKS = ToolCall("call_1", "time_in_place")
_BOOKING = ToolCall("call_2", "book_appointment")
# What reaches over the edge of the page, and texts that do not fit their own box.
_CUT = """() => {
    const width = document.documentElement.clientWidth;
    const shown = [...document.querySelectorAll("main *, footer *")].filter((element) =>
        element.checkVisibility() && !element.closest(".sr-only, select, canvas, svg"));
    const cut = shown.filter((element) => {
        const { left, right, bottom } = element.getBoundingClientRect();
        const isBelow = bottom > innerHeight + 0.5 && !element.closest("ol");
        return left < -0.5 || right > width + 0.5 || isBelow;
    });
    const words = document.querySelector(".voice-words");
    if (words && words.scrollHeight > words.clientHeight + 1) cut.push(words);
    const wide = document.documentElement.scrollWidth > width ? ["the page"] : [];
    return [...wide, ...cut.map((element) => element.outerHTML.slice(0, 160))];
}"""


async def _choose(page: Page, language: str) -> None:
    await page.evaluate(f"localStorage.setItem('parley.language', '{language}')")
    await page.reload()
    await expect(page.get_by_role("button", name=_BEGIN[language])).to_be_visible()
    await page.wait_for_function("() => window.parleyEarly === undefined")


async def _is_whole(page: Page, name: str) -> None:
    await page.evaluate("Promise.all(document.getAnimations().map(({ finished }) => finished))")
    assert await page.evaluate(_CUT) == [], name
    await page.screenshot(path=ARTEFACTS_DIR / f"language-{name}.png")


async def _call(stage: StageCall, language: str) -> None:
    page, words = stage.page, stage.page.locator(".voice-words")
    async with stage.begins(button=_BEGIN[language], says_ready=False) as bot:
        await expect(page.locator("main [role=group] button").first).to_be_visible()
        await _is_whole(page, f"{language}-call")
        before = await words.inner_text()
        await bot.show(LLMFullResponseStartFrame())
        await expect(words).not_to_have_text(before)
        await _is_whole(page, f"{language}-thinking")
        bot.feed.tool_updates.started(_LOOKS)
        bot.feed.tool_updates.ended("call_1", pb.TC_DONE, {})
        bot.feed.tool_updates.asks(_BOOKING, "Shall I book it for Thursday at ten?")
        await expect(page.locator("li [role=group] button")).to_have_count(2)
        await _is_whole(page, f"{language}-asks")
        await bot.audience.close(reason="provider_failed")
        await stage.end_room()
        await expect(page.locator("footer select")).to_be_visible()
    await _is_whole(page, f"{language}-ended")


async def test_a_call_fits_the_smallest_phone_in_every_language(stage: StageCall) -> None:
    page = stage.page
    await stage.resize(_SMALL)
    for language in _BEGIN:
        await _choose(page, language)
        assert await page.evaluate("document.documentElement.lang") == language
        await _is_whole(page, f"{language}-welcome")
        await _call(stage, language)
    assert stage.errors == []


async def test_the_first_paint_is_in_the_readers_language(stage: StageCall) -> None:
    page, opens = stage.page, asyncio.Event()
    await page.evaluate("localStorage.setItem('parley.language', 'de')")

    async def hold(route: Route) -> None:
        await opens.wait()
        await route.continue_()

    await page.route("**/_next/static/**/*.js", hold)
    await page.reload(wait_until="commit")
    await expect(page.get_by_role("button", name="Gespräch beginnen")).to_be_visible()
    await expect(page.get_by_text("Let’s talk.")).to_have_count(0)
    opens.set()
    await page.wait_for_function("() => window.parleyEarly === undefined")
    await page.get_by_role("combobox", name="Sprache").select_option("fr")
    await expect(page.get_by_role("button", name="Commencer à parler")).to_be_visible()
    assert stage.errors == []
