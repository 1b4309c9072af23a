"""A part is lost in the middle of a call: real processes, a real Chromium."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.chaos.assistant import Assistant, open_assistant
from tests.conftest import ARTEFACTS_DIR
from tests.installed_browser import open_chromium

_SOON_MS = 4_000.0
_BACK_MS = 45_000.0
"""Where the only worker was lost, another one has to start first."""
_TUNNEL_SECS = 40.0
_AWAY = re.compile("coming back|Weak connection", re.IGNORECASE)


async def _open_page(browser: Browser, address: str) -> Page:
    # Words are typed: no speech model has to run.
    context = await browser.new_context(permissions=[])
    page = await context.new_page()
    await page.goto(address)
    return page


async def _begin(page: Page) -> str:
    """Begin a call by typing; returns its session."""
    async with page.expect_response("**/api/sessions") as started:
        await page.get_by_role("button", name="Start talking").click()
        await page.get_by_role("button", name="Type instead").press("Enter")
    session = await (await started.value).json()
    await _sees(page, "What can I do for you")
    return session["session_id"]


async def _type(page: Page, words: str) -> None:
    box = page.get_by_role("textbox", name="Type a message")
    await box.fill(words)
    await box.press("Enter")


async def _sees(page: Page, words: str, *, limit_ms: float = _BACK_MS) -> None:
    await page.get_by_text(re.compile(words, re.IGNORECASE)).last.wait_for(timeout=limit_ms)


async def _shoot(page: Page, name: str) -> None:
    await page.screenshot(path=ARTEFACTS_DIR / f"page-lost-{name}.png")


async def _kill_bot(assistant: Assistant, session_id: str) -> None:
    os.kill(assistant.bot_pid(session_id), signal.SIGKILL)


async def _kill_livekit(assistant: Assistant, _: str) -> None:
    assistant.part("livekit-server").kill()


async def _kill_runner(assistant: Assistant, _: str) -> None:
    assistant.stack.process.kill()
    await asyncio.to_thread(assistant.stack.process.wait, 10.0)
    assistant.stack.restart()


async def _loses(
    assistant: Assistant,
    browser: Browser,
    name: str,
    lose: Callable[[Assistant, str], Awaitable[None]],
) -> None:
    """Lose a part in the middle of an answer, and see what the page makes of it."""
    page = await _open_page(browser, assistant.stack.base_url)
    crashes = list[str]()
    page.on("pageerror", lambda error: crashes.append(str(error)))
    session_id = await _begin(page)
    await _type(page, "Please tell me a long story.")
    await _sees(page, "upon a time|small island")
    await lose(assistant, session_id)
    told = page.get_by_role("status").filter(has_text=_AWAY)
    back = page.get_by_text("Sorry, I was gone")
    await told.or_(back).first.wait_for(timeout=_SOON_MS)
    await _shoot(page, f"{name}-away")
    if lose is not _kill_livekit:
        await back.first.wait_for(timeout=_BACK_MS)
    await expect(told).to_have_count(0, timeout=_BACK_MS)
    await _sees(page, "upon a time|small island")
    await _type(page, "What time is it in Tokyo?")
    await _sees(page, "in Tokyo\\.")
    await _shoot(page, f"{name}-back")
    await page.get_by_role("button", name="End call").click()
    await _sees(page, "You ended the call")
    assert crashes == []
    await page.context.close()


async def _loses_its_question(assistant: Assistant, browser: Browser) -> None:
    """Kill the bot while it asks, and answer the one that asks again."""
    page = await _open_page(browser, assistant.stack.base_url)
    session_id = await _begin(page)
    await _type(page, "Book a haircut for tomorrow at three.")
    yes = page.get_by_role("button", name="Yes")
    await yes.wait_for(timeout=_BACK_MS)
    await _kill_bot(assistant, session_id)
    await page.get_by_text("was not answered").wait_for(timeout=_BACK_MS)
    await yes.wait_for(timeout=_BACK_MS)
    await expect(yes).to_have_count(1)
    await _shoot(page, "question-back")
    await yes.click()
    await _sees(page, "You said yes · Booked")
    await expect(yes).to_have_count(0)
    await expect(page).not_to_have_title(re.compile("Your turn"))
    await page.get_by_role("button", name="End call").click()
    await page.context.close()


@asynccontextmanager
async def _offline(assistant: Assistant, browser: Browser) -> AsyncGenerator[None]:
    """Lose one call's network for as long as a tunnel, whatever happens meanwhile to others."""
    page = await _open_page(browser, assistant.stack.base_url)
    await _begin(page)
    back_at = asyncio.get_running_loop().time() + _TUNNEL_SECS
    await page.context.set_offline(True)
    await page.get_by_role("status").filter(has_text=_AWAY).wait_for(timeout=_SOON_MS)
    yield
    await asyncio.sleep(back_at - asyncio.get_running_loop().time())
    # Nobody has been told that it is over.
    await expect(page.get_by_role("button", name="Talk again")).to_have_count(0)
    await _shoot(page, "offline-away")
    await page.context.set_offline(False)
    await expect(page.get_by_role("status").filter(has_text=_AWAY)).to_have_count(
        0, timeout=_BACK_MS
    )
    await _type(page, "What time is it in Tokyo?")
    await _sees(page, "in Tokyo\\.")
    await _shoot(page, "offline-back")
    await page.get_by_role("button", name="End call").click()
    await _sees(page, "You ended the call")
    await page.context.close()


@pytest.mark.timeout(300)  # 110 s on two cores
@pytest.mark.promise("Page", "While the connection is being restored the page says so.")
async def test_the_page_says_so_and_the_talk_goes_on(tmp_path: Path) -> None:
    async with (
        open_assistant(tmp_path, is_light=True, RESUME_SECS=60) as assistant,
        open_chromium() as browser,
    ):
        async with _offline(assistant, browser):
            await _loses(assistant, browser, "bot-killed", _kill_bot)
            await _loses_its_question(assistant, browser)
        for name, lose in _LOSSES.items():
            await _loses(assistant, browser, name, lose)
        assert await assistant.left() == []


_LOSSES: dict[str, Callable[[Assistant, str], Awaitable[None]]] = {
    "livekit-killed": _kill_livekit,
    "runner-killed": _kill_runner,
}
