"""How soon the page is there and alive, in a tab that no inspector looks into.

Playwright turns the inspector on in its pages. V8 then parses what runs once more, to know the
place of each line, which a reader's browser does not. So these are driven by the protocol alone.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

from playwright.async_api import Browser, CDPSession

_PHONE = {"width": 390, "height": 844}
_LOAD_SECS = 3.0
"""Twice what it takes with a quarter of the processor."""
_ANSWER_SECS = 30.0
WATCH_LONG_TASKS = """
    window.longestMs = 0;
    new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries())
            window.longestMs = Math.max(window.longestMs, duration);
    }).observe({ type: "longtask", buffered: true });
"""
_WATCH_LOAD = f"""{WATCH_LONG_TASKS}
    window.alive = new Promise((done) => {{
        const look = () => {{
            if (window.parleyEarly === undefined) done(performance.now());
            else setTimeout(look, 5);
        }};
        document.addEventListener("DOMContentLoaded", look);
    }});
"""
_LOADED = """(async () => {
    const alive_ms = await window.alive;
    const html = await (await fetch("/")).text();
    const first = [...new DOMParser().parseFromString(html, "text/html").scripts]
        .filter(({ src, noModule }) => src && !noModule);
    const sizes = performance.getEntriesByType("resource")
        .map(({ name, encodedBodySize }) => [name, encodedBodySize]);
    const bytes = first.reduce((sum, { src }) => sum + new Map(sizes).get(src), 0);
    const [paint] = performance.getEntriesByName("first-contentful-paint");
    return {
        paint_ms: paint.startTime, alive_ms,
        longest_task_ms: window.longestMs, first_kb: bytes / 1000,
    };
})()"""


class _Tab:
    """One tab, asked by the protocol through the browser's own session."""

    def __init__(self, browser: CDPSession, session_id: str) -> None:
        self._browser = browser
        self._session_id = session_id
        self._numbers = count(1)
        self._answers = dict[int, asyncio.Future[dict[str, Any]]]()
        browser.on("Target.receivedMessageFromTarget", self._on_message)

    async def ask(self, method: str, **params: object) -> dict[str, Any]:
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        message = json.dumps({"id": number, "method": method, "params": params})
        await self._browser.send(
            "Target.sendMessageToTarget", {"sessionId": self._session_id, "message": message}
        )
        async with asyncio.timeout(_ANSWER_SECS):
            told = await answer
        if "error" in told:
            raise RuntimeError(f"{method}: {told['error']['message']}")
        return told["result"]

    def _on_message(self, params: dict[str, Any]) -> None:
        message = json.loads(params["message"])
        answer = self._answers.pop(message.get("id"), None)
        # One that comes late is waited for by nobody.
        if answer and not answer.done():
            answer.set_result(message)


@asynccontextmanager
async def _open_tab(browser: Browser) -> AsyncGenerator[_Tab]:
    session = await browser.new_browser_cdp_session()
    context = await session.send("Target.createBrowserContext")
    try:
        target = await session.send("Target.createTarget", {"url": "about:blank", **context})
        attached = await session.send("Target.attachToTarget", {**target, "flatten": False})
        yield _Tab(session, attached["sessionId"])
    finally:
        await session.send("Target.disposeBrowserContext", context)
        await session.detach()


async def load(browser: Browser, url: str, *, throttle: int) -> dict[str, Any]:
    """Load the page once, in a new profile.

    Args:
        browser: A Chromium.
        url: The page's.
        throttle: By how much the page's processor is slowed down; 1: not at all.

    Returns:
        `paint_ms`, `alive_ms`, `longest_task_ms`, and `first_kb`, the first view's scripts as sent.
    """
    async with _open_tab(browser) as tab:
        await tab.ask("Page.enable")
        await tab.ask(
            "Emulation.setDeviceMetricsOverride", **_PHONE, deviceScaleFactor=1, mobile=False
        )
        await tab.ask("Page.addScriptToEvaluateOnNewDocument", source=_WATCH_LOAD)
        await tab.ask("Emulation.setCPUThrottlingRate", rate=throttle)
        await tab.ask("Page.navigate", url=url)
        # To ask for it meanwhile is work for the page too.
        await asyncio.sleep(_LOAD_SECS)
        answer = await tab.ask(
            "Runtime.evaluate", expression=_LOADED, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(f"The page threw: {answer['exceptionDetails']}")
        return answer["result"]["value"]
