"""A call that the page has lost, or left, goes on: a real room, a real Chromium, a played bot."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import httpx
import pytest
from pipecat.frames.frames import InterruptionFrame
from playwright.async_api import Page

from bot.livekit.config import LiveKitPorts
from bot.livekit.server import LiveKitServer, open_livekit_server
from bot.settings import Settings
from processors.frames import PlayoutStartedFrame, PlayoutStoppedFrame
from tests.conftest import ARTEFACTS_DIR
from tests.e2e.stage_call import HearingBot, StageCall, open_stage, write_beeps
from tests.waiting import until

_LIMIT_MS = 30_000.0
_SOON_MS = 3_000.0
_OFFLINE_SECS = 5.0
_SILENT_MS = 12_000.0
"""Browsers give up hearing from the other side after five seconds or so."""
_LOST_MS = 5_000.0
_STILL_AWAY_MS = 8_000.0
_CREATED = 201
# A connection that is taken away is an error to the browser, however it goes on.
_CONNECTION_TAKEN = (
    "WebSocket",
    "Failed to load resource",
    "Failed to fetch",
    "DataChannel",
    "publisher",
    "could not",
)


async def _is_in_the_call(page: Page, bot: HearingBot, words: str) -> None:
    """Wait until the bot hears the page again, and the page shows what it says now."""
    await page.get_by_role("group", name="Call controls").wait_for(timeout=_LIMIT_MS)
    bot.heard.clear()
    await bot.hears(is_loud=True)
    await bot.show(PlayoutStartedFrame())
    await bot.say(words)
    await page.get_by_text(words).first.wait_for(timeout=_LIMIT_MS)


async def _status(page: Page, words: str, *, limit_ms: float = _LIMIT_MS) -> None:
    told = page.get_by_role("status").filter(has_text=re.compile(words))
    await told.wait_for(timeout=limit_ms)


async def _shoot(page: Page, name: str) -> None:
    await page.screenshot(path=ARTEFACTS_DIR / f"page-{name}.png")


@pytest.mark.promise("Page", "A page that is reloaded in a call is back in it, with all words.")
async def test_a_page_that_is_reloaded_is_back_in_the_call(stage: StageCall) -> None:
    async with stage.begins() as bot:
        await bot.hears(is_loud=True)
        await stage.page.reload()
        await _is_in_the_call(stage.page, bot, "Back again.")
        await bot.show(PlayoutStoppedFrame(is_interrupted=True), InterruptionFrame())
        await _shoot(stage.page, "reloaded")
        await stage.page.reload()
        await _is_in_the_call(stage.page, bot, "And again.")
        await stage.click("End call")
        await stage.sees("You ended the call.")
        await stage.page.reload()
        await stage.page.get_by_role("button", name="Start talking").wait_for()
    assert stage.errors == []


@pytest.mark.promise("Page", "Who was muted comes back muted, and who typed without a microphone.")
async def test_who_was_muted_comes_back_muted(stage: StageCall) -> None:
    async with stage.begins() as bot:
        await bot.hears(is_loud=True)
        await stage.click("Mute microphone")
        await stage.page.reload()
        await _status(stage.page, "You are muted")
        bot.heard.clear()
        await bot.hears(is_loud=False)
        await stage.click("Unmute microphone")
        await bot.hears(is_loud=True)
    assert stage.errors == []


@pytest.mark.promise(
    "Page", "A second tab takes the call over, and the first does not fight for it."
)
async def test_a_second_tab_takes_the_call_over(stage: StageCall) -> None:
    async with stage.begins() as bot:
        kept: str = await stage.page.evaluate("sessionStorage.getItem('parley.call')")
        second = await stage.page.context.new_page()
        # What the browser does for "Duplicate tab".
        await second.add_init_script(f"sessionStorage['parley.call'] ??= '{kept}'")
        await second.goto(stage.address)
        await _is_in_the_call(second, bot, "In the second tab.")
        await bot.show(PlayoutStoppedFrame(is_interrupted=True), InterruptionFrame())
        await stage.sees("Another tab has taken this call.")
        await _shoot(stage.page, "elsewhere")
        assert await stage.page.get_by_role("button").count() == 1
        await stage.click("Take it back here")
        await _is_in_the_call(stage.page, bot, "In the first one.")
        await second.get_by_text("Another tab has taken this call.").wait_for(timeout=_LIMIT_MS)
    assert not [error for error in stage.errors if not error.startswith(_CONNECTION_TAKEN)]


@pytest.mark.promise("Page", "While the connection is being restored the page says so.")
async def test_five_seconds_offline_cost_no_call(stage: StageCall) -> None:
    async with stage.begins() as bot:
        await bot.hears(is_loud=True)
        await stage.page.context.set_offline(True)
        await _status(stage.page, "Weak connection|Coming back", limit_ms=_SOON_MS)
        await _shoot(stage.page, "offline")
        await stage.page.wait_for_timeout(_OFFLINE_SECS * 1000)
        await stage.page.context.set_offline(False)
        await _status(stage.page, "Listening")
        await _is_in_the_call(stage.page, bot, "Still here.")
    assert not [error for error in stage.errors if not error.startswith(_CONNECTION_TAKEN)]


@pytest.mark.promise(
    "Page", "A voice server that vanishes and closes nothing is told within 15 s, and found again."
)
async def test_a_server_that_vanishes_without_a_word_is_noticed(
    settings: Settings, tmp_path: Path
) -> None:
    microphone = tmp_path / "beeps.wav"
    write_beeps(microphone)
    async with (
        open_livekit_server(settings, ports=LiveKitPorts(http=0, media_udp=0)) as server,
        open_stage(server, microphone=microphone) as stage,
        stage.begins() as bot,
    ):
        await bot.hears(is_loud=True)
        assert server.pid is not None
        os.kill(server.pid, signal.SIGSTOP)
        try:
            # Its sockets stay open, and take what is sent.
            await _status(stage.page, "Weak connection|Coming back", limit_ms=_SILENT_MS)
            await _status(stage.page, "Coming back", limit_ms=_LOST_MS)
            await _shoot(stage.page, "server-vanished")
            await stage.page.wait_for_timeout(_STILL_AWAY_MS)
            await _status(stage.page, "Coming back")
        finally:
            os.kill(server.pid, signal.SIGCONT)
        await _is_in_the_call(stage.page, bot, "Still here.")
    assert not [error for error in stage.errors if not error.startswith(_CONNECTION_TAKEN)]


@pytest.mark.promise("Page", "A bot that is gone is told at once, and given up after 25 seconds.")
async def test_a_bot_that_is_gone_is_told_and_another_goes_on(stage: StageCall) -> None:
    async with stage.begins() as bot:
        await bot.say("Once upon a time.")
        await stage.sees("Once upon a time.")
        await bot.room.disconnect()
        await _status(stage.page, "The assistant is coming back", limit_ms=_SOON_MS)
        await _shoot(stage.page, "bot-away")
        await stage.sees("Once upon a time.")
        async with stage.another_bot() as second:
            await _is_in_the_call(stage.page, second, "I am back.")
    assert stage.errors == []


@pytest.mark.promise(
    "Page", "Where all lines are busy the page waits in line, and says in which place."
)
async def test_who_waits_in_line_gets_the_next_free_one(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    microphone = tmp_path / "beeps.wav"
    write_beeps(microphone)
    async with (
        open_stage(
            livekit_server, microphone=microphone, max_sessions=1, agent_name="alone"
        ) as stage,
        httpx.AsyncClient(base_url=stage.address) as http,
    ):
        busy: dict[str, str] = {}

        async def is_busy() -> bool:
            # A machine that is short of time just now takes nobody either.
            answer = await http.post("/api/sessions", json={})
            busy.update(answer.json())
            return answer.status_code == _CREATED

        await until(is_busy, limit_secs=_LIMIT_MS / 1000)
        await stage.page.evaluate("""() => {
            window.tones = 0;
            const start = OscillatorNode.prototype.start;
            OscillatorNode.prototype.start = function (...parts) {
                window.tones++;
                return start.apply(this, parts);
            };
        }""")
        await stage.click("Start talking")
        await _status(stage.page, "You are next in line")
        assert await stage.page.evaluate("window.tones") == 0
        await _shoot(stage.page, "in-line")
        token = {"Authorization": f"Bearer {busy['participant_token']}"}
        async with stage.page.expect_response(lambda answer: answer.status == _CREATED) as found:
            await http.delete(f"/api/sessions/{busy['session_id']}", headers=token)
        async with stage.joins(await found.value) as bot:
            await _is_in_the_call(stage.page, bot, "Here you are.")
            # Who has waited may look elsewhere: it is heard that it is their turn.
            assert await stage.page.evaluate("window.tones") == 1
    assert stage.errors == []
