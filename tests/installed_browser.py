"""The browser the set-up made sure of: the machine's own, or the one Playwright downloaded."""

from __future__ import annotations

import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, async_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MAC_CHROME = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def installed_browser() -> str | None:
    """Return the machine's own browser; None takes Playwright's, which fails if there is none."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    return found or (str(_MAC_CHROME) if _MAC_CHROME.exists() else None)


def speaking(microphone: Path | str) -> list[str]:
    """Return the flags by which a Chromium hears a WAV file wherever it opens a microphone.

    Args:
        microphone: The file; it begins again when it is over, without a "%noloop" behind it.
    """
    return [
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={microphone}",
    ]


@asynccontextmanager
async def open_chromium(*flags: str) -> AsyncGenerator[Browser]:
    """Run a Chromium with these flags."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=installed_browser(), args=flags)
        try:
            yield browser
        finally:
            await browser.close()
