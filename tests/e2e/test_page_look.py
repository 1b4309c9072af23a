"""How the page looks and moves in a real Chromium: nothing jumps, nothing overlaps."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

import pytest
from livekit.protocol.agent_pb import agent_session as pb
from pipecat.frames.frames import (
    LLMFullResponseStartFrame,
    TranscriptionFrame,
    UserStartedSpeakingFrame,
)
from playwright.async_api import FloatRect, Page, ViewportSize, expect

from processors.agent_protocol.events import ToolCall
from processors.frames import (
    BotPauseFrame,
    BotResumeFrame,
    PlayoutStartedFrame,
    PlayoutStoppedFrame,
)
from tests.conformance.stage_bot import caller_words
from tests.conftest import ARTEFACTS_DIR
from tests.e2e.stage_call import HearingBot, StageCall

_SIZES = {
    "desktop": ViewportSize(width=1280, height=800),
    "phone": ViewportSize(width=390, height=844),
    "small": ViewportSize(width=320, height=568),
    "tablet": ViewportSize(width=834, height=1112),
    "large": ViewportSize(width=2560, height=1440),
    "landscape": ViewportSize(width=844, height=390),
    "low": ViewportSize(width=667, height=375),
    "lowest": ViewportSize(width=568, height=320),
    "zoomed": ViewportSize(width=320, height=256),
}
_TALK = [
    ("bot", "Hi, I'm Parley. What can I do for you?"),
    ("bot", "It is nine thirty eight in the evening, on Wednesday, in London."),
    ("bot", "Once upon a time, on a small island with a red lighthouse, there lived a keeper."),
    ("bot", "Every evening she climbed ninety-nine steps and lit the lamp."),
    ("bot", "One night a thick fog came, and nobody saw the light."),
    ("bot", "So she rang the bell until the morning."),
    ("bot", "All right. I'm listening."),
    ("caller", "How is the weather in Paris?"),
]
_WEATHER = ToolCall("call_1", "weather")
_BOOKING = ToolCall("call_2", "book_appointment")
# Sums what the browser counts as shifts, and how far the voice goes from frame to frame while it
# is not in one of its own moves.
_WATCH = """() => {
    window.shifts = [];
    new PerformanceObserver((list) => {
        for (const { value, hadRecentInput, sources } of list.getEntries()) {
            const what = sources.map(({ node }) => (node?.outerHTML ?? node?.data)?.slice(0, 120));
            if (!hadRecentInput) window.shifts.push({ value, what });
        }
    }).observe({ type: "layout-shift", buffered: true });
    window.jumps = [];
    const voice = document.querySelector(".voice > canvas");
    let last;
    const look = () => {
        const { x, y, width, height } = voice.getBoundingClientRect();
        const centre = [x + width / 2, y + height / 2];
        const isMoving = voice.getAnimations().length > 0;
        const farPx = last ? Math.hypot(centre[0] - last[0], centre[1] - last[1]) : 0;
        if (farPx > 2 && !isMoving) window.jumps.push(farPx);
        last = centre;
        requestAnimationFrame(look);
    };
    look();
}"""
# The words beside the voice, and the lines that can be seen of the conversation.
_OVERLAPS = """() => {
    const words = document.querySelector(".voice-words").getBoundingClientRect();
    const list = document.querySelector("ol").parentElement.getBoundingClientRect();
    const meets = (a, b) =>
        a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
    return [...document.querySelectorAll("li")].filter((line) => {
        const { left, right, top, bottom } = line.getBoundingClientRect();
        const seen = { left, right };
        seen.top = Math.max(top, list.top);
        seen.bottom = Math.min(bottom, list.bottom);
        return seen.top < seen.bottom && meets(words, seen);
    }).map((line) => line.textContent);
}"""
# Controls that are covered by something, or out of the page, though they are scrolled to.
_UNREACHED = """() => {
    const controls = [...document.querySelectorAll("main button, main textarea, main summary")];
    return controls.filter((control) => control.checkVisibility()).filter((control) => {
        control.scrollIntoView({ block: "nearest" });
        const { left, top, width, height } = control.getBoundingClientRect();
        return !control.contains(document.elementFromPoint(left + width / 2, top + height / 2));
    }).map((control) => control.getAttribute("aria-label") ?? control.textContent);
}"""
# Lines of which something is hidden, or faded, by what they stand in; and who they are not said by.
_UNPRINTED = """() => [...document.querySelectorAll("li")].filter((line) => {
    const { top, bottom } = line.getBoundingClientRect();
    const names = [...line.querySelectorAll("bdi")].map((name) => name.offsetWidth);
    if (names.some((width) => width <= 1)) return true;
    for (let around = line.parentElement; around; around = around.parentElement) {
        const { overflowY, maskImage } = getComputedStyle(around);
        const edges = around.getBoundingClientRect();
        const isCut = overflowY !== "visible" && (top < edges.top - 1 || bottom > edges.bottom + 1);
        if (isCut || maskImage !== "none") return true;
    }
    return false;
}).map((line) => line.textContent)"""
# The first line, scrolled to, does not lie under the button beside it.
_FIRST_IS_CLEAR = """() => {
    const line = document.querySelector("li");
    line.closest("ol").parentElement.scrollTop = 0;
    return line.getBoundingClientRect().top
        >= document.querySelector("summary").getBoundingClientRect().bottom;
}"""
# On what 400 % leaves of a screen, where it is as high as the list is: who lies under its button.
_UNDER_MENU = """(height) => [...document.querySelectorAll("li")].filter((line) => {
    const menu = document.querySelector("summary").getBoundingClientRect();
    return height < 288 && line.getBoundingClientRect().right > menu.left;
}).map((line) => line.textContent)"""
_CALLERS_EDGE = """() => {
    const [line] = [...document.querySelectorAll("li")].filter((one) => one.matches(".self-end"));
    return getComputedStyle(line).borderTopColor;
}"""
_SEEN_LINES = """() => {
    const list = document.querySelector("ol").parentElement.getBoundingClientRect();
    return [...document.querySelectorAll("li")].filter((line) => {
        const { top, bottom } = line.getBoundingClientRect();
        const edge = parseFloat(getComputedStyle(document.documentElement).fontSize);
        return bottom > list.top + edge && top < list.bottom - edge;
    }).length;
}"""


async def _talk(stage: StageCall, bot: HearingBot) -> None:
    for side, words in _TALK:
        if side == "caller":
            await bot.show(caller_words(TranscriptionFrame, words))
        else:
            await bot.show(PlayoutStartedFrame())
            await bot.say(words)
            await bot.show(PlayoutStoppedFrame(is_interrupted=False))
        await stage.sees(words.replace("?", "\\?"))


async def _rest(stage: StageCall) -> None:
    """Wait until whatever eases is where it eases to."""
    # One that is turned on its way is rejected, and another one goes on from there.
    await stage.page.evaluate("""async () => {
        const moving = () => document.getAnimations().filter((one) => one.playState === "running");
        while (moving().length) await Promise.allSettled(moving().map((one) => one.finished));
    }""")


async def _shoot(stage: StageCall, name: str) -> None:
    await _rest(stage)
    await stage.page.screenshot(path=ARTEFACTS_DIR / f"look-{name}.png")


async def _centre(stage: StageCall) -> Any:
    return await stage.page.evaluate("""() => {
        const { x, y, width, height } = document.querySelector(".voice > canvas")
            .getBoundingClientRect();
        return [Math.round(x + width / 2), Math.round(y + height / 2)];
    }""")


async def _watch(stage: StageCall, size: str) -> None:
    """Note from here on what moves."""
    await stage.resize(_SIZES[size])
    await stage.page.reload()
    await stage.page.evaluate(_WATCH)


async def _nothing_moved(page: Page) -> None:
    assert await page.evaluate("window.jumps") == []
    shifts = await page.evaluate("window.shifts")
    assert sum(shift["value"] for shift in shifts) <= 0.02, shifts


@pytest.mark.parametrize("size", ["desktop", "phone", "small", "zoomed"])
async def test_through_a_whole_call_nothing_jumps_and_nothing_overlaps(
    stage: StageCall, size: str
) -> None:
    page, words = stage.page, stage.page.locator(".voice-words")
    await _watch(stage, size)
    async with stage.begins() as bot:
        await bot.show(PlayoutStartedFrame())
        await expect(words).to_have_text("Speaking")
        await _talk(stage, bot)
        await _rest(stage)
        centre = await _centre(stage)
        assert await page.evaluate(_OVERLAPS) == []
        await bot.show(LLMFullResponseStartFrame())
        await expect(words).to_have_text("Thinking")
        bot.feed.tool_updates.started(_WEATHER)
        await expect(words).to_have_text("Looking up the weather")
        assert await page.evaluate(_OVERLAPS) == []
        await _shoot(stage, f"tool-{size}")
        bot.feed.tool_updates.ended("call_1", pb.TC_DONE, {})
        bot.feed.tool_updates.asks(_BOOKING, "Shall I book it for Thursday at ten?")
        await expect(words).to_have_text("Your turn: yes or no?")
        await expect(page.get_by_role("button", name="Yes")).to_be_in_viewport()
        assert await page.evaluate(_OVERLAPS) == []
        await _shoot(stage, f"asks-{size}")
        await stage.click("Yes")
        bot.feed.tool_updates.ended("call_2", pb.TC_DONE, {})
        assert await _centre(stage) == centre
        # The browser forgives what moves within half a second of a click; nothing does after it.
        await page.wait_for_timeout(600)
        await bot.audience.close(reason="time_limit")
        await stage.end_room()
        await stage.sees("The call reached its time limit.")
    await expect(page.get_by_role("button", name="Talk again")).to_be_in_viewport()
    assert await _centre(stage) == centre
    # The last words are still there, and to be read (N9).
    assert await page.evaluate(_SEEN_LINES) >= 1
    await _shoot(stage, f"ended-{size}")
    await _nothing_moved(page)
    assert stage.errors == []


async def _on_every_screen(stage: StageCall, *names: str, shot: str) -> dict[str, FloatRect]:
    """See that these buttons are wholly in view; returns where the first one is, by size."""
    places = dict[str, FloatRect]()
    buttons = [stage.page.get_by_role("button", name=name) for name in names]
    for size, viewport in _SIZES.items():
        await stage.resize(viewport)
        for button in buttons:
            await expect(button).to_be_in_viewport(ratio=1)
        place = await buttons[0].bounding_box()
        assert place
        places[size] = place
        assert (
            await stage.page.evaluate("document.documentElement.scrollWidth") == viewport["width"]
        )
        await _shoot(stage, f"{shot}-{size}")
    return places


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_screen_has_its_button_and_its_words(
    stage: StageCall, scheme: Literal["light", "dark"]
) -> None:
    await stage.page.emulate_media(color_scheme=scheme)
    begins = await _on_every_screen(stage, "Start talking", shot=f"welcome-{scheme}")
    async with stage.begins() as bot:
        await _talk(stage, bot)
        names = ("End call", "Mute microphone")
        ends = await _on_every_screen(stage, *names, shot=f"call-{scheme}")
        await stage.click("End call")
    begins_again = await _on_every_screen(stage, "Talk again", shot=f"ended-{scheme}")
    # A second click on what ends a call begins none, and the other way round (B4).
    for size, end in ends.items():
        for one in (begins[size], begins_again[size]):
            assert one["y"] + one["height"] <= end["y"]


async def _reached(stage: StageCall) -> None:
    """See that each control is to be had, also on what is left of a screen at 400 %."""
    for height in (568, 256, 200):
        await stage.resize(ViewportSize(width=320, height=height))
        await _rest(stage)
        assert await stage.page.evaluate(_UNREACHED) == [], height
        assert await stage.page.evaluate(_UNDER_MENU, height) == [], height


async def test_on_the_lowest_screens_all_is_reached_and_on_paper_all_is_said(
    stage: StageCall,
) -> None:
    page = stage.page
    await _reached(stage)
    async with stage.begins() as bot:
        await _talk(stage, bot)
        bot.feed.tool_updates.asks(_BOOKING, "Shall I book it for Thursday at ten?")
        await expect(page.get_by_role("button", name="Yes")).to_be_visible()
        await _reached(stage)
        await stage.click("Type a message")
        await page.get_by_role("textbox").fill("A line of what is typed that is long.\n" * 4)
        await _reached(stage)
        await stage.resize(_SIZES["landscape"])
        assert await page.evaluate(_FIRST_IS_CLEAR)
        await page.emulate_media(forced_colors="active")
        assert await page.evaluate(_CALLERS_EDGE) != "rgba(0, 0, 0, 0)"
        await page.emulate_media(forced_colors="none", media="print", color_scheme="dark")
        assert await page.evaluate(_UNPRINTED) == []
        assert await page.get_by_role("button").count() == 0
        assert await page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
        # On white paper: of a dark page the words would be pale.
        ink = await page.evaluate("getComputedStyle(document.body).color")
        assert ink == "oklch(0.26 0.018 50)"
        await page.emulate_media(media="screen", color_scheme="light")
        await stage.click("End call")
        await stage.sees("You ended the call")
    await _reached(stage)


async def test_the_page_that_waits_wakes_nobody(stage: StageCall) -> None:
    await stage.page.add_init_script("""
        window.frames_asked = 0;
        const ask = window.requestAnimationFrame;
        window.requestAnimationFrame = (frame) => { window.frames_asked++; return ask(frame); };
    """)
    await stage.page.reload()
    await expect(stage.page.get_by_role("button", name="Start talking")).to_be_visible()
    await stage.page.wait_for_function("() => window.frames_asked > 0")
    # Two frames paint it; the next second asks for none.
    counts = []
    for _ in range(3):
        counts.append(await stage.page.evaluate("window.frames_asked"))
        await asyncio.sleep(1)
    assert counts[1] == counts[2] <= 5


async def test_the_tab_says_what_goes_on(stage: StageCall) -> None:
    page = stage.page
    await expect(page).to_have_title("Parley")
    async with stage.begins() as bot:
        await expect(page).to_have_title("In a call · Parley")
        bot.feed.tool_updates.asks(_BOOKING, "Shall I book it?")
        await expect(page).to_have_title("Your turn · Parley")
        await stage.click("End call")
    await expect(page).to_have_title("Call ended · Parley")


async def test_the_voice_dims_for_who_speaks_over_it_and_comes_back_if_that_was_nothing(
    stage: StageCall,
) -> None:
    voice, words = stage.page.locator(".voice"), stage.page.locator(".voice-words")
    async with stage.begins() as bot:
        for frames, shape, said in (
            ([PlayoutStartedFrame()], "moving", "Speaking"),
            ([BotPauseFrame()], "held", "Listening"),
            # "Mm-hm": it goes on where it was.
            ([BotResumeFrame()], "moving", "Speaking"),
            ([BotPauseFrame()], "held", "Listening"),
            # "Stop": it was a turn.
            (
                [UserStartedSpeakingFrame(), PlayoutStoppedFrame(is_interrupted=True)],
                "resting",
                "Listening",
            ),
        ):
            await bot.show(*frames)
            await expect(voice).to_have_attribute("data-shape", shape)
            await expect(words).to_have_text(said)
            await _shoot(stage, f"held-{shape}")
    assert stage.errors == []
