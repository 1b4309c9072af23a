"""What the page says of the microphone when a real Chromium takes it away, and what is heard."""

from __future__ import annotations

import asyncio

import pytest

from tests.e2e.stage_call import StageCall

# Each microphone that is opened, the newest last: hardware is played by its events.
_KEEP_TRACKS = """() => {
    window.tracks = [];
    const media = navigator.mediaDevices;
    const open = media.getUserMedia.bind(media);
    media.getUserMedia = async (wish) => {
        const stream = await open(wish);
        window.tracks.push(...stream.getTracks());
        return stream;
    };
}"""
_NO_METER = """() => {
    AudioContext.prototype.createMediaStreamSource = () => {
        throw new DOMException("", "NotSupportedError");
    };
}"""

# Browsers bound their number, and extensions take them away.
_NO_CONTEXT = """() => {
    const refuse = () => { throw new DOMException("", "NotSupportedError"); };
    window.AudioContext = class { constructor() { refuse(); } };
}"""


@pytest.fixture
async def stage(stage: StageCall) -> StageCall:
    await stage.page.evaluate(_KEEP_TRACKS)
    return stage


async def _newest_does(stage: StageCall, what: str) -> None:
    await stage.page.evaluate(
        """(what) => {
            const track = window.tracks.at(-1);
            if (what === "ended") track.stop();
            track.dispatchEvent(new Event(what));
        }""",
        what,
    )


async def test_a_microphone_that_the_computer_mutes_is_told_until_it_is_on(
    stage: StageCall,
) -> None:
    async with stage.begins() as bot:
        await bot.hears(is_loud=True)
        await _newest_does(stage, "mute")
        await stage.sees("Your computer has muted the microphone")
        await stage.sees("You cannot be heard")
        await _newest_does(stage, "unmute")
        await stage.page.get_by_text("Your computer has muted").wait_for(state="detached")
    assert stage.errors == []


async def test_a_microphone_that_is_pulled_out_gives_way_to_another(stage: StageCall) -> None:
    async with stage.begins() as bot:
        picker = stage.page.get_by_role("combobox", name="Choose microphone")
        chosen = await picker.locator("option").last.get_attribute("value")
        await picker.select_option(chosen)
        await stage.page.wait_for_function("() => window.tracks.length === 2")
        await bot.hears(is_loud=True)
        await _newest_does(stage, "ended")
        await stage.sees("is gone. Now using")
        bot.heard.clear()
        await bot.hears(is_loud=True)
        await stage.click("OK")
        await stage.page.get_by_text("is gone. Now using").wait_for(state="detached")
    assert stage.errors == []


@pytest.mark.parametrize("broken", [_NO_METER, _NO_CONTEXT])
async def test_a_meter_that_cannot_measure_ends_no_call(stage: StageCall, broken: str) -> None:
    await stage.page.evaluate(broken)
    async with stage.begins() as bot:
        await bot.hears(is_loud=True)
        assert await stage.page.get_by_role("button", name="Tap to hear").count() == 0
        await stage.click("Mute microphone")
        await bot.hears(is_loud=False)
        await stage.click("Unmute microphone")
        await bot.hears(is_loud=True)


async def test_a_remembered_microphone_that_is_gone_is_told(stage: StageCall) -> None:
    await stage.page.evaluate("localStorage.setItem('parley.microphone', 'pulled-out')")
    async with stage.begins() as bot:
        await stage.sees("The microphone you chose is not there. Now using")
        assert await stage.page.evaluate("window.tracks.length") == 1
        await bot.hears(is_loud=True)
    assert stage.errors == []


async def test_a_microphone_that_is_pulled_out_while_the_call_begins_is_not_believed_in(
    stage: StageCall,
) -> None:
    async def pull_out() -> None:
        await stage.page.wait_for_function("() => window.tracks.length === 1")
        await _newest_does(stage, "ended")

    held = "() => window.tracks.some(({ readyState }) => readyState === 'ended')"
    await stage.hold_session(until_true=held)
    pulling = asyncio.create_task(pull_out())
    async with stage.begins() as bot:
        await pulling
        await stage.page.wait_for_function("() => window.tracks.length === 2")
        await bot.hears(is_loud=True)
    assert stage.errors == []
