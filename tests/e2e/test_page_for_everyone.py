"""Whom the page keeps out, in a real Chromium: by sight, by hand, by ear."""

from __future__ import annotations

import re

from livekit.protocol.agent_pb import agent_session as pb
from pipecat.frames.frames import (
    InterimTranscriptionFrame,
    TranscriptionFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
)
from playwright.async_api import Page, ViewportSize, expect

from processors.agent_protocol.events import ToolCall
from processors.frames import PlayoutStartedFrame, PlayoutStoppedFrame
from tests.conformance.stage_bot import caller_words
from tests.conftest import ARTEFACTS_DIR
from tests.e2e import axe
from tests.e2e.stage_call import HearingBot, StageCall

_BOOKING = ToolCall("call_1", "book_appointment")
_QUESTION = "Shall I book a haircut on Thursday, October 8 at 10:00 AM?"
_ZOOMED = ViewportSize(width=320, height=256)
"""What is left of 1280 by 1024 at 400 %."""
_TOLD = [
    "Go ahead, I’m listening",
    "Parley: Nobody reads this aloud.",
    "You: What is new?",
    "Parley: Nothing at all.",
    _QUESTION,
    "Your turn: yes or no?",
    "You are muted",
    "You: Thank you",
    "You ended the call.",
]
"""What a screen reader says of that call: it was switched on after the first reply."""
# Microphones as they are opened, and none any more once that is wanted.
_MICROPHONES = """() => {
    window.tracks = [];
    const media = navigator.mediaDevices;
    const open = media.getUserMedia.bind(media);
    media.getUserMedia = async (wish) => {
        if (window.hasNone) throw new DOMException("", "NotFoundError");
        const stream = await open(wish);
        window.tracks.push(...stream.getTracks());
        return stream;
    };
}"""
# What a screen reader says: what changes in a region that it knows, and alerts. And what moves.
_LISTEN = """() => {
    window.said = [];
    window.moved = [];
    const known = new WeakSet();
    const live = "[aria-live], [role=status], [role=alert]";
    const regionOf = (node) => (node.nodeType === 1 ? node : node.parentElement)?.closest(live);
    const say = (region, node) => {
        const words = node.textContent.trim();
        const how = region.getAttribute("aria-live");
        const isKnown = known.has(region) || region.getAttribute("role") === "alert";
        if (words && how !== "off" && isKnown) window.said.push(words);
    };
    new MutationObserver((changes) => {
        for (const { type, target, addedNodes } of changes) {
            const region = regionOf(target);
            const changed = type === "characterData" ? [target] : [...addedNodes];
            if (region) for (const node of changed) say(region, node);
            else for (const node of changed) {
                if (node.nodeType !== 1) continue;
                for (const alert of node.querySelectorAll("[role=alert]")) say(alert, alert);
            }
        }
        for (const region of document.querySelectorAll(live)) known.add(region);
    }).observe(document, { subtree: true, childList: true, characterData: true });
    for (const region of document.querySelectorAll(live)) known.add(region);
    for (const event of ["transitionrun", "animationstart"]) {
        document.addEventListener(event, ({ propertyName, target }) => {
            const { transitionDuration, animationDuration } = getComputedStyle(target);
            const longest = Math.max(parseFloat(transitionDuration), parseFloat(animationDuration));
            if (longest > 0.001) window.moved.push(propertyName ?? target.className);
        });
    }
}"""
# The colours of a button that is pressed, and of one that is not.
_PRESSED = """() => [true, false].map((isPressed) => {
    const button = `[aria-label="Text size"] > button[aria-pressed=${isPressed}]`;
    return getComputedStyle(document.querySelector(button)).backgroundColor;
})"""
_FOCUSED = """() => {
    const element = document.activeElement;
    const { left, top, right, bottom } = element.getBoundingClientRect();
    const [x, y] = [(left + right) / 2, (top + bottom) / 2];
    const isInView = left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
    const seen = document.elementFromPoint(x, y);
    return {
        name: element.getAttribute("aria-label") ?? element.textContent.trim(),
        isSeen: isInView && (element.contains(seen) || seen?.contains(element) === true),
    };
}"""


class _Looks:
    """What axe finds in each state, light and dark."""

    def __init__(self, page: Page) -> None:
        self.faults: dict[str, list[str]] = {}
        self._page = page

    async def at(self, state: str) -> None:
        for scheme in ("light", "dark"):
            await self._page.emulate_media(color_scheme=scheme)
            found = await axe.faults(self._page)
            if found:
                self.faults[f"{state}, {scheme}"] = found


async def _says(bot: HearingBot, words: str) -> None:
    await bot.show(PlayoutStartedFrame())
    await bot.say(words)
    await bot.show(PlayoutStoppedFrame(is_interrupted=False))


async def test_no_state_of_the_page_keeps_anybody_out(stage: StageCall) -> None:
    page, looks = stage.page, _Looks(stage.page)
    await looks.at("welcome")
    await page.evaluate(_MICROPHONES)
    await stage.hold_session(until_true="() => window.mayStart")
    async with page.expect_response("**/api/sessions") as started:
        await stage.click("Start talking")
        await stage.sees("Go ahead")
        await looks.at("starting")
        await page.evaluate("window.mayStart = true")
    async with stage.joins(await started.value) as bot:
        await page.get_by_role("group", name="Call controls").wait_for()
        await _in_the_call(stage, bot, looks)
        await page.context.set_offline(True)
        await stage.sees("Weak connection|Coming back")
        await looks.at("coming back")
        await stage.click("End call")
        await stage.sees("You ended the call")
        await looks.at("ended")
        await page.context.set_offline(False)
    await page.evaluate("window.hasNone = true")
    await stage.click("Talk again")
    await stage.sees("could not find a microphone")
    await looks.at("failed")
    await page.goto(f"{stage.address}/check")
    await looks.at("check")
    assert looks.faults == {}


async def _in_the_call(stage: StageCall, bot: HearingBot, looks: _Looks) -> None:
    await _says(bot, "Hello, I am listening.")
    await bot.show(caller_words(InterimTranscriptionFrame, "A haircut on"))
    bot.feed.tool_updates.asks(_BOOKING, _QUESTION)
    await stage.sees("A haircut on")
    await stage.sees("Your turn")
    await looks.at("live, question")
    bot.feed.tool_updates.ended("call_1", pb.TC_DONE, {})
    await stage.page.get_by_label("Keep this conversation").press("Enter")
    await stage.click("Show times")
    await stage.click("Largest")
    await stage.page.emulate_media(forced_colors="active")
    pressed, other = await stage.page.evaluate(_PRESSED)
    assert pressed != other
    await stage.page.emulate_media(forced_colors="none")
    await stage.click("Sound and keys")
    await looks.at("record, settings")
    await stage.page.keyboard.press("Escape")
    await stage.click("Type a message")
    await stage.page.get_by_role("textbox").fill("Hello")
    await stage.page.evaluate("window.tracks.at(-1).dispatchEvent(new Event('mute'))")
    await stage.sees("Your computer has muted the microphone")
    await looks.at("microphone, typing")


class _Keyboard:
    """A person with a keyboard alone."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def goes_to(self, name: str) -> None:
        """Go on to a control, and see that it is there to be seen."""
        for _ in range(20):
            await self._page.keyboard.press("Tab")
            focused = await self._page.evaluate(_FOCUSED)
            if re.fullmatch(name, focused["name"]):
                assert focused["isSeen"], focused
                return
        raise AssertionError(f"the keyboard does not come to {name}")

    async def presses(self, name: str) -> None:
        await self.goes_to(name)
        await self._page.keyboard.press("Enter")


async def test_a_whole_call_by_keyboard_at_400_percent_tells_each_thing_once(
    stage: StageCall,
) -> None:
    page, keyboard = stage.page, _Keyboard(stage.page)
    await stage.resize(_ZOOMED)
    await page.emulate_media(reduced_motion="reduce")
    await page.reload()
    await page.evaluate(_LISTEN)
    async with page.expect_response("**/api/sessions") as started:
        await keyboard.presses("Start talking")
    async with stage.joins(await started.value) as bot:
        await page.get_by_role("group", name="Call controls").wait_for()
        await _says(bot, "Nobody reads this aloud.")
        await keyboard.goes_to("Keep this conversation")
        await page.keyboard.press("Enter")
        await keyboard.presses("Read replies aloud.*")
        await keyboard.presses("Largest")
        await page.keyboard.press("Escape")
        await _talk_by_keyboard(stage, bot, keyboard)
        await page.screenshot(path=ARTEFACTS_DIR / "keyboard-zoomed.png")
        assert await page.evaluate("document.documentElement.scrollWidth") == _ZOOMED["width"]
        await keyboard.presses("End call")
        await page.wait_for_function("() => window.said.at(-1) === 'You ended the call.'")
    await keyboard.goes_to("Talk again")
    said: list[str] = await page.evaluate("window.said")
    # States of the line, which a slow machine has more of, come in between.
    assert [words for words in said if words in _TOLD or ": " in words] == _TOLD
    assert await page.evaluate("window.moved") == []
    assert stage.errors == []


async def _talk_by_keyboard(stage: StageCall, bot: HearingBot, keyboard: _Keyboard) -> None:
    page = stage.page
    await bot.show(UserStartedSpeakingFrame())
    for words in ("What", "What is"):
        await bot.show(caller_words(InterimTranscriptionFrame, words))
    await bot.show(caller_words(TranscriptionFrame, "What is new?"), UserStoppedSpeakingFrame())
    await page.wait_for_function("() => window.said.includes('You: What is new?')")
    await _says(bot, "Nothing at all.")
    await page.wait_for_function("() => window.said.includes('Parley: Nothing at all.')")
    bot.feed.tool_updates.asks(_BOOKING, _QUESTION)
    await page.get_by_role("button", name="Yes").wait_for()
    await keyboard.presses("Yes")
    await page.get_by_role("button", name="Yes", disabled=True).wait_for()
    bot.feed.tool_updates.ended("call_1", pb.TC_DONE, {})
    await stage.sees("You said yes")
    assert stage.answers == [("call_1", True)]
    await page.keyboard.press("Control+d")
    await stage.sees("You are muted")
    await page.keyboard.press("Control+d")
    await page.get_by_role("button", name="Mute microphone").wait_for()
    await page.keyboard.press("Control+/")
    await keyboard.goes_to("Close")
    await page.keyboard.press("Escape")
    await keyboard.presses("Type a message")
    await expect(page.get_by_role("textbox")).to_be_focused()
    await page.keyboard.type("Thank you")
    await page.keyboard.press("Enter")
    await page.wait_for_function("() => window.said.includes('You: Thank you')")
    await page.keyboard.press("Escape")
