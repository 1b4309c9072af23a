"""What the page sends, plays and keeps, in a real room and a real Chromium."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from livekit.protocol.agent_pb import agent_session as pb
from pipecat.frames.frames import InterruptionFrame
from playwright.async_api import expect

from processors.agent_protocol.events import ToolCall
from processors.frames import PlayoutStartedFrame, PlayoutStoppedFrame
from tests.e2e.stage_call import HEARD_HZ, IS_HEARD, TONE_HZ, StageCall

_LIMIT_SECS = 15.0
_TALKED_BEFORE_MS = 800


@pytest.mark.promise("Page", "What is said from the moment the microphone opens reaches the bot.")
async def test_what_is_said_while_connecting_reaches_the_bot(stage: StageCall) -> None:
    await stage.page.evaluate("""() => {
        const start = MediaRecorder.prototype.start;
        MediaRecorder.prototype.start = function (...parts) {
            window.recordingSinceMs = performance.now();
            return start.apply(this, parts);
        };
    }""")
    await stage.hold_session(
        until_true=f"() => performance.now() - window.recordingSinceMs > {_TALKED_BEFORE_MS}"
    )
    async with stage.begins() as bot:
        early = await asyncio.wait_for(bot.recordings.get(), _LIMIT_SECS)
        assert early is not None
        samples = np.frombuffer(early, np.int16)
        assert len(samples) / HEARD_HZ > _TALKED_BEFORE_MS / 2_000
        spectrum = np.abs(np.fft.rfft(samples))
        assert abs(spectrum.argmax() * HEARD_HZ / len(samples) - TONE_HZ) < 20
    assert stage.errors == []


@pytest.mark.promise("Page", "Mute silences what the room hears, until unmute.")
async def test_a_muted_caller_is_silent_in_the_room(stage: StageCall) -> None:
    async with stage.begins() as bot:
        await bot.hears(is_loud=True)
        await stage.click("Mute microphone")
        await stage.sees("You are muted")
        await bot.hears(is_loud=False)
        picker = stage.page.get_by_role("combobox", name="Choose microphone")
        chosen = await picker.locator("option").nth(1).get_attribute("value")
        await picker.select_option(chosen)
        bot.heard.clear()
        await bot.hears(is_loud=False)
        await stage.click("Unmute microphone")
        await bot.hears(is_loud=True)
        assert await stage.sent_devices() == [chosen]
    assert stage.errors == []


@pytest.mark.promise("Page", "The microphone chosen last is used for the next call.")
@pytest.mark.promise("Page", "A call begins with another microphone when the chosen one is gone.")
async def test_a_chosen_microphone_is_sent_now_and_in_the_next_call(stage: StageCall) -> None:
    picker = stage.page.get_by_role("combobox", name="Choose microphone")
    async with stage.begins() as bot:
        first = await stage.sent_devices()
        chosen = await picker.locator("option").last.get_attribute("value")
        await picker.select_option(chosen)
        await stage.page.wait_for_function(
            "(id) => window.sentDevices().includes(id)", arg=chosen, timeout=_LIMIT_SECS * 1000
        )
        assert await stage.sent_devices() == [chosen] != first
        await expect(picker).to_have_value(str(chosen))
        bot.heard.clear()
        await bot.hears(is_loud=True)
        await stage.click("End call")
    async with stage.begins(button="Talk again"):
        assert await stage.sent_devices() == [chosen]
        await stage.click("End call")
    await stage.page.evaluate("localStorage.setItem('parley.microphone', 'pulled-out')")
    async with stage.begins(button="Talk again") as bot:
        await bot.hears(is_loud=True)
    assert stage.errors == []


@pytest.mark.promise(
    "Page", "The token of a call is kept in no storage, address, console or element."
)
@pytest.mark.promise(
    "Page", "A question about a tool has two buttons, and the bot gets the answer."
)
async def test_a_whole_call_keeps_its_token_nowhere(stage: StageCall) -> None:
    urls: list[str] = []
    stage.page.on("request", lambda request: urls.append(request.url))
    async with stage.begins() as bot:
        await bot.show(PlayoutStartedFrame())
        await bot.say("Once upon a")
        await bot.show(PlayoutStoppedFrame(is_interrupted=True), InterruptionFrame())
        await stage.sees("Once upon a.*interrupted")
        await stage.click("Type a message")
        await stage.page.get_by_role("textbox", name="Type a message").fill("Book it")
        await stage.click("Send")
        assert await asyncio.wait_for(bot.texts.get(), _LIMIT_SECS) == "Book it"
        bot.feed.tool_updates.asks(ToolCall("call_1", "book_appointment"), "Shall I book it?")
        await stage.sees("Shall I book it\\?")
        await stage.click("Yes")
        await stage.page.get_by_role("button", name="Yes", disabled=True).wait_for()
        bot.feed.tool_updates.ended("call_1", pb.TC_DONE, {})
        await stage.sees("You said yes · Booked an appointment")
        assert stage.answers == [("call_1", True)]
        # Somebody else's tool is called as the server says, and that is text.
        bot.feed.tool_updates.started(ToolCall("call_2", "shop__find", title="Ask <b>the shop</b>"))
        await stage.sees("Ask <b>the shop</b> · working on it")
        during = await stage.written()
        await bot.audience.close(reason="time_limit")
        await stage.end_room()
        await stage.sees("The call reached its time limit.")
    signature = stage.token.rpartition(".")[2]
    assert signature not in during + await stage.written()
    assert not [url for url in urls if signature in url and url.startswith(stage.address)]
    assert stage.errors == []


@pytest.mark.promise("Page", "The bot is heard without another tap, also by those who only type.")
async def test_the_voice_of_the_bot_is_played(stage: StageCall) -> None:
    # A page that listens may play sound anyway; this one does not.
    await stage.page.evaluate("""() => {
        navigator.mediaDevices.getUserMedia = () =>
            Promise.reject(new DOMException("", "NotFoundError"));
    }""")
    await stage.click("Start talking")
    await stage.sees("could not find a microphone")
    async with stage.begins(button="Type instead") as bot:
        playing = asyncio.create_task(bot.beep())
        try:
            await stage.page.wait_for_function(IS_HEARD, timeout=_LIMIT_SECS * 1000)
        finally:
            playing.cancel()
            await asyncio.wait([playing])
        assert await stage.page.get_by_role("button", name="Tap to hear").count() == 0
    assert stage.errors == []
