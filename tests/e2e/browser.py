"""A Chromium whose microphone plays a WAV file, and pages that remember their errors."""

from __future__ import annotations

import os
import wave
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize, sync_playwright

from bench import voice
from tests.conftest import ARTEFACTS_DIR
from tests.installed_browser import installed_browser, speaking

_HZ = 16_000
# The greeting takes 3 s; what is said once is long over before the file begins again.
_BEFORE_SECS = 8
_AFTER_SECS = 60
DESKTOP = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=390, height=844)
SMALL_PHONE = ViewportSize(width=320, height=568)


@dataclass
class Visit:
    """One open page and every error it has shown."""

    page: Page
    errors: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Collect what the browser and the page's own code complain about."""
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def shoot(self, name: str) -> None:
        """Keep a picture of the page as it is now."""
        self.page.screenshot(path=ARTEFACTS_DIR / f"page-{name}.png")

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)


def write_microphone(path: Path, text: str) -> None:
    """Write what the caller will say, with time for the greeting before it."""
    silence = b"\0\0" * _HZ
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_HZ)
        file.writeframes(silence * _BEFORE_SECS + voice.spoken(text) + silence * _AFTER_SECS)


@contextmanager
def open_browser(
    microphone: Path, *, program: Path | None = None, home: Path | None = None
) -> Generator[Browser]:
    """Run Chromium; a page hears `microphone` when its context has the permission.

    Args:
        microphone: A WAV file.
        program: What starts it elsewhere; None: it is started here.
        home: Whose certificates it trusts; None: the user's own.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program or installed_browser(),
            env={**os.environ, "HOME": str(home)} if home else None,
            args=speaking(microphone),
        )
        yield browser
        browser.close()


@contextmanager
def visit(
    browser: Browser,
    *,
    size: ViewportSize = DESKTOP,
    is_dark: bool = False,
    may_listen: bool = True,
    bypass_csp: bool = False,
) -> Generator[Visit]:
    """Open a page of its own, with nothing loaded yet."""
    context = browser.new_context(
        viewport=size,
        color_scheme="dark" if is_dark else "light",
        permissions=["microphone"] if may_listen else [],
        bypass_csp=bypass_csp,
    )
    visited = Visit(context.new_page())
    visited.watch()
    yield visited
    context.close()
