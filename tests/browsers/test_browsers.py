"""What the page shows in Firefox and WebKit, from a running assistant. Pictures are kept."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse

from bot.http.listener import bind, url_of
from bot.http.server import open_http_server
from tests.browsers import firefox, webkit
from tests.browsers.browser import Browser
from tests.browsers.firefox import Firefox
from tests.browsers.webkit import WebKit
from tests.conftest import ARTEFACTS_DIR
from tests.e2e.axe import RUN, SCRIPT, TAGS
from tests.e2e.stack import Stack, open_stack

_KINDS = {"firefox": Firefox, "webkit": WebKit}
_IS_THERE = {
    "firefox": firefox.PROGRAM is not None,
    "webkit": webkit.DRIVER is not None and webkit.SCREEN is not None,
}
_SIZES = {
    "desktop": (1280, 800),
    "phone": (390, 844),
    "small": (320, 568),
    "landscape": (844, 390),
}
_FOUND = {
    "firefox": {
        "browser": "good",
        "speaker": "waiting",
        "server": "good",
        "line": "good",
        "sound": "good",
        "relay": "skipped",
    },
    "webkit": {
        "browser": "bad",
        "speaker": "waiting",
        "server": "good",
        "line": "skipped",
        "sound": "skipped",
        "relay": "skipped",
    },
}
"""What the check finds; Debian's WebKit has no WebRTC. What is heard is not judged."""
_RESULTS = """() => document.querySelector("main ul[aria-busy=false]")
    && !document.querySelector("[data-check=server][data-status=waiting]")
    && Object.fromEntries([...document.querySelectorAll("[data-check]")]
        .map(({ dataset: { check, status } }) => [check, status]))"""
# Words of the welcome that are below the fold.
_BELOW = """() => [...document.querySelectorAll("main p, main button")]
    .filter((one) => one.checkVisibility() && !one.closest(".sr-only")
        && one.getBoundingClientRect().bottom > innerHeight + 0.5)
    .map((one) => one.textContent)"""
_CHOOSE = """(language) => {
    const select = document.querySelector("select[data-languages]");
    select.value = language;
    select.dispatchEvent(new Event("change", { bubbles: true }));
}"""

pytestmark = pytest.mark.timeout(600)


@dataclass
class Served:
    """A running assistant, and a page of another site that has it."""

    stack: Stack
    site: str


@contextmanager
def _site() -> Generator[tuple[str, list[str]]]:
    """Serve a page with our loader; the address of it comes once it is known."""
    homes: list[str] = []

    async def page(_: Request) -> HTMLResponse:
        return HTMLResponse(
            f'<!doctype html><title>Shop</title><h1>Shop</h1><script src="{homes[0]}/embed.js">'
            "</script>"
        )

    app = Starlette()
    app.add_route("/", page)
    with (
        start_blocking_portal() as portal,
        bind("127.0.0.1", 0) as listener,
        portal.wrap_async_context_manager(open_http_server(app, listener=listener)),
    ):
        yield url_of(listener).replace("127.0.0.1", "localhost"), homes


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with ExitStack() as stack:
        site, homes = stack.enter_context(_site())
        log = ARTEFACTS_DIR / "runner-browsers.log"
        running = stack.enter_context(open_stack(log, EMBED_ORIGINS=site))
        homes.append(running.base_url)
        yield Served(running, site)


@pytest.fixture(params=[(kind, is_dark) for kind in _KINDS for is_dark in (False, True)], ids=str)
def browser(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Browser]:
    kind, is_dark = request.param
    if not _IS_THERE[kind]:
        pytest.skip(f"{kind} is not installed")
    opened = _KINDS[kind](tmp_path, is_dark=is_dark)
    try:
        opened.name = f"{kind}-dark" if is_dark else kind
        yield opened
    finally:
        opened.close()


def _keeps_nobody_out(browser: Browser) -> None:
    browser.run(f"() => {{ {SCRIPT.read_text(encoding='utf-8')}; }}")
    assert browser.run(RUN, TAGS) == []


def test_every_state_without_a_call(browser: Browser, served: Served) -> None:
    home = served.stack.base_url
    kind = browser.name.partition("-")[0]
    for size, (width, height) in _SIZES.items():
        browser.resize(width, height)
        browser.go(home)
        browser.sees("Start talking")
        browser.until("() => document.querySelector('[data-languages]').value === 'en'")
        browser.shoot(f"welcome-{size}")
        assert browser.overflow() <= 0, size
        assert browser.run("() => document.documentElement.scrollHeight - innerHeight") <= 0, size
    browser.resize(*_SIZES["small"])
    browser.until("() => !window.parleyEarly")
    for language in ("de", "fr", "es", "ja"):
        browser.run(_CHOOSE, language)
        browser.until("(language) => document.documentElement.lang === language", language)
        assert browser.overflow() <= 0, language
        browser.shoot(f"welcome-{language}")
        assert browser.run(_BELOW) == [], language
    browser.run(_CHOOSE, "en")
    browser.sees("Start talking")
    _keeps_nobody_out(browser)
    browser.resize(*_SIZES["phone"])
    browser.go(f"{home}/check")
    browser.press("Start the check")
    found = browser.until(_RESULTS)
    assert {**found, **_FOUND[kind]} == found
    browser.shoot("check")
    assert browser.overflow() <= 0
    _keeps_nobody_out(browser)
    browser.go(f"{home}/nothing-here")
    browser.sees("There is nothing here")
    browser.shoot("missing")
    assert [one for one in browser.errors if "404" not in one] == []


def test_a_panel_in_a_page_of_another_site(browser: Browser, served: Served) -> None:
    for size in ("desktop", "phone"):
        browser.resize(*_SIZES[size])
        browser.go(served.site)
        browser.run(
            "() => { window.told = []; for (const name of ['ready', 'idle'])"
            " window.parley.on(name, () => window.told.push(name)); }"
        )
        # The button is in a tree of its own.
        browser.run("() => window.parley.open()")
        browser.until("() => window.told.includes('idle')")
        browser.shoot(f"embed-{size}")
        assert browser.run("() => window.told") == ["ready", "idle"]
    assert browser.errors == []


def test_a_call_or_why_there_is_none(browser: Browser, served: Served) -> None:
    browser.resize(*_SIZES["phone"])
    browser.go(served.stack.base_url)
    browser.press("Start talking")
    if browser.name.startswith("webkit"):
        browser.sees("This browser lacks what a call needs")
        browser.shoot("failed")
        _keeps_nobody_out(browser)
        return
    browser.sees("What can I do for you")
    browser.shoot("call")
    # It beeps all the time, and the assistant would answer.
    browser.press("Mute microphone")
    browser.sees("You are muted")
    browser.press("Type a message")
    browser.type("My name is Bartholomew\n")
    browser.sees("nice to meet you, Bartholomew")
    browser.shoot("typed")
    _keeps_nobody_out(browser)
    for size in ("small", "landscape", "desktop"):
        browser.resize(*_SIZES[size])
        browser.shoot(f"typed-{size}")
        assert browser.overflow() <= 0, size
    browser.press("End call")
    browser.sees("You ended the call")
    browser.shoot("ended")
    _keeps_nobody_out(browser)
    assert [one for one in browser.errors if not re.search("preconnect buffer", one)] == []
