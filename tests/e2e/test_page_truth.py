"""What the page says where something comes late, twice, or not at all: a real room and Chromium."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from playwright.async_api import Page, Route, WebSocketRoute, expect

from bot.livekit.server import LiveKitServer
from processors.agent_protocol.events import ToolCall
from processors.frames import PlayoutStartedFrame
from tests.e2e.stage_call import IS_HEARD, StageCall, open_stage, write_beeps

_LIMIT_MS = 30_000.0
_QUESTION = "Shall I book a haircut on Thursday?"
_KEEP_LINES = """() => {
    window.lines = [];
    const Real = RTCPeerConnection;
    window.RTCPeerConnection = class extends Real {
        constructor(...given) { super(...given); window.lines.push(this); }
    };
}"""


class _Signal:
    """The sockets of LiveKit's client in one page, which can be cut."""

    def __init__(self) -> None:
        self._is_gone = False
        self._is_whole = asyncio.Event()
        self._is_whole.set()
        self._open: list[WebSocketRoute] = []

    @classmethod
    async def of(cls, page: Page) -> _Signal:
        signal = cls()
        await page.route_web_socket(re.compile("/rtc"), signal._take)
        return signal

    async def cut(self, *, is_gone: bool = False) -> None:
        """Close what is open; whatever comes waits, or is closed too."""
        self._is_gone = is_gone
        self._is_whole.clear()
        for socket in self._open:
            await socket.close()

    def mend(self) -> None:
        """Let through what waits, and what comes."""
        self._is_whole.set()

    async def _take(self, socket: WebSocketRoute) -> None:
        if self._is_gone:
            await socket.close()
            return
        await self._is_whole.wait()
        self._open.append(socket)
        socket.connect_to_server()


async def test_without_its_signal_a_voice_is_heard_and_a_typed_line_waits(stage: StageCall) -> None:
    page = stage.page
    signal = await _Signal.of(page)
    async with stage.begins() as bot:
        beeping = asyncio.create_task(bot.beep())
        await bot.show(PlayoutStartedFrame())
        await page.wait_for_function(IS_HEARD)
        voice = page.locator(".voice")
        await expect(voice).to_have_attribute("data-shape", "moving")
        await signal.cut()
        told = page.get_by_role("status").filter(has_text="Weak connection")
        await told.wait_for(timeout=_LIMIT_MS)
        # What is heard is not drawn as if it had stopped.
        assert await voice.get_attribute("data-shape") == "moving"
        assert await page.evaluate(IS_HEARD)
        await stage.click("Type a message")
        await page.get_by_role("textbox", name="Type a message").fill("Are you there?")
        await page.keyboard.press("Enter")
        line = page.get_by_role("listitem").filter(has_text="Are you there?")
        await expect(line).to_contain_text("Sending")
        assert bot.texts.empty()
        signal.mend()
        assert await asyncio.wait_for(bot.texts.get(), _LIMIT_MS / 1000) == "Are you there?"
        await expect(line).not_to_contain_text("Sending")
        await expect(told).to_have_count(0, timeout=_LIMIT_MS)
        beeping.cancel()
        await asyncio.gather(beeping, return_exceptions=True)


async def test_a_question_that_was_answered_by_voice_is_no_failure(stage: StageCall) -> None:
    page = stage.page
    async with stage.begins() as bot:
        stage.is_asking = False
        bot.feed.tool_updates.asks(ToolCall("call_1", "book_appointment"), _QUESTION)
        await page.get_by_role("button", name="Yes").press("Enter")
        await page.wait_for_function("() => document.querySelector('li [aria-disabled=true]')")
        await asyncio.sleep(0.5)
        assert await page.get_by_text("was not sent").count() == 0
        assert stage.answers == [("call_1", True)]
    assert stage.errors == []


async def test_after_the_end_nothing_is_told_as_if_it_went_on(stage: StageCall) -> None:
    page = stage.page
    async with stage.begins() as bot:
        bot.feed.tool_updates.started(ToolCall("call_1", "weather"))
        await stage.sees("Looking up the weather")
        bot.feed.tool_updates.asks(ToolCall("call_2", "book_appointment"), _QUESTION)
        await page.get_by_role("button", name="Yes").wait_for()

        async def knows(route: Route) -> None:
            assert route.request.method == "GET"
            await route.fulfill(json={"state": "ended", "reason": "time_limit"})

        # The bot could not say why; the server can.
        await page.route("**/api/sessions/*", knows)
        await stage.end_room()
        await stage.sees("The call reached its time limit")
        await stage.sees("was not finished")
        await stage.sees("was not answered")
        assert await page.get_by_role("button", name="Yes").count() == 0
    assert stage.errors == []


async def test_a_line_that_is_dead_is_given_up(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    microphone = tmp_path / "beeps.wav"
    write_beeps(microphone)
    async with open_stage(livekit_server, microphone=microphone, resume_secs=2) as stage:
        page = stage.page
        await page.evaluate(_KEEP_LINES)
        signal = await _Signal.of(page)
        async with stage.begins() as bot:
            await bot.hears(is_loud=True)
            await signal.cut(is_gone=True)
            await page.evaluate("window.lines.forEach((line) => line.close())")
            await stage.sees("Weak connection|Coming back")
            await stage.sees("The connection was lost|ended while you were away")
            await page.get_by_role("button", name="Talk again").wait_for()
