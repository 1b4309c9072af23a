"""A bare page with LiveKit's own React hooks, in a real Chromium with a WAV as its microphone."""

from __future__ import annotations

import asyncio
import functools
import os
import subprocess
import threading
import wave
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
from playwright.async_api import ConsoleMessage, Page
from typing_extensions import override

from tests.installed_browser import open_chromium, speaking

TONE_HZ = 440
TOKEN_MS = 1_000
"""What a token takes over a phone line; the caller may talk meanwhile."""
_LIMIT_SECS = 20.0
_POLL_SECS = 0.05
_SOURCE = Path(__file__).parent / "page" / "page.tsx"
_MODULES = Path(__file__).parents[2] / "web" / "node_modules"


class HooksPage:
    """What the hooks say, and what the person does."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.console_errors: list[str] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.console_errors.append(str(error)))

    async def start(self) -> None:
        """Press the start button, without waiting for the bot."""
        await self._page.evaluate("() => { window.call.start(); }")

    async def end(self) -> None:
        """Press the end button."""
        await self._page.evaluate("() => window.call.end()")

    async def send(self, text: str) -> None:
        """Type a line."""
        await self._page.evaluate("(text) => window.call.send(text)", text)

    async def attempt(self, what: str) -> str:
        """Do what is forbidden or of no use, by its name in page.tsx; returns the objection."""
        return await self._page.evaluate("(what) => window.call.attempt(what)", what)

    async def until(self, is_true: Callable[[Mapping[str, Any]], bool]) -> Mapping[str, Any]:
        """Wait until what the hooks say is as expected, and return it."""
        seen: Mapping[str, Any] = {}
        try:
            async with asyncio.timeout(_LIMIT_SECS):
                while True:
                    seen = await self._page.evaluate("() => window.seen ?? {}")
                    if seen and is_true(seen):
                        return seen
                    await asyncio.sleep(_POLL_SECS)
        except TimeoutError:
            raise AssertionError(f"not seen; last: {seen}") from None

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.console_errors.append(message.text)


def build_page(folder: Path) -> None:
    """Bundle the page with the packages the web page uses; what it runs is unmodified."""
    subprocess.run(
        [
            _MODULES / ".bin" / "esbuild",
            _SOURCE,
            "--bundle",
            "--jsx=automatic",
            "--format=iife",
            '--define:process.env.NODE_ENV="production"',
            f"--outfile={folder / 'page.js'}",
            "--log-level=error",
        ],
        env={**os.environ, "NODE_PATH": str(_MODULES)},
        check=True,
    )
    (folder / "index.html").write_text(
        '<!doctype html><link rel="icon" href="data:,"><body><script src="page.js"></script>'
    )
    _write_tone(folder / "tone.wav")


@contextmanager
def serve(folder: Path) -> Generator[str]:
    """Serve `folder` on a free port and yield its address."""
    handler = functools.partial(_QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@asynccontextmanager
async def open_page(
    address: str,
    *,
    microphone: Path,
    livekit_url: str,
    token: str,
    token_ms: int = TOKEN_MS,
    mount_ms: int = 0,
) -> AsyncGenerator[HooksPage]:
    """Open the page in a fresh browser that may use its microphone.

    Args:
        address: Where it is served.
        microphone: A WAV.
        livekit_url: LiveKit's address.
        token: The caller's.
        token_ms: How long the token takes.
        mount_ms: How long after the connection the page begins to show the conversation.
    """
    flags = ("--use-fake-ui-for-media-stream", "--autoplay-policy=no-user-gesture-required")
    async with open_chromium(*flags, *speaking(f"{microphone}%noloop")) as browser:
        page = await browser.new_page(permissions=["microphone"])
        hooks = HooksPage(page)
        given = {"url": livekit_url, "token": token}
        delays = {"delay_ms": token_ms, "mount_ms": mount_ms}
        await page.goto(f"{address}/#{urlencode({**given, **delays})}")
        await page.wait_for_function("() => window.call !== undefined")
        yield hooks


def _write_tone(path: Path) -> None:
    rate_hz = 48_000
    time_secs = np.arange(10 * rate_hz) / rate_hz
    tone = (8_000 * np.sin(2 * np.pi * TONE_HZ * time_secs)).astype(np.int16)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(tone.tobytes())


class _QuietHandler(SimpleHTTPRequestHandler):
    @override
    def log_message(self, format: str, *args: object) -> None:
        del format, args
