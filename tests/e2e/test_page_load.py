"""How the page comes: what the first view costs, what is kept, and a tap before it is alive."""

from __future__ import annotations

import gzip
import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager

import pytest
from anyio.from_thread import start_blocking_portal
from playwright.sync_api import Browser, Page, Route, expect

from bot.http.page import PAGE_DIR
from bot.http.server import bind, open_http_server, url_of
from tests.bot.http.api_client import open_api
from tests.e2e.browser import PHONE, open_browser, visit, write_microphone

_FIRST_VIEW_BYTES = 150_000
_ALL_BYTES = 400_000
_SCRIPT = re.compile(r'<script[^>]*\ssrc="/([^"]+)"[^>]*>')
_SIZES = """() => performance.getEntriesByType("resource")
    .filter(({name}) => name.includes("/_next/static/"))
    .map(({name, encodedBodySize: sent, decodedBodySize: read, transferSize: moved}) =>
        [name.split("/").pop(), sent, read, moved])"""


def _packed_bytes(names: set[str]) -> int:
    return sum(len(gzip.compress((PAGE_DIR / name).read_bytes(), 9)) for name in names)


def _scripts_of_the_first_view() -> set[str]:
    html = (PAGE_DIR / "index.html").read_text()
    # What is marked so is for browsers that have no modules; no other loads it.
    return {tag[1] for tag in _SCRIPT.finditer(html) if "nomodule" not in tag[0].lower()}


def test_the_first_view_is_small() -> None:
    first, everything = (
        _scripts_of_the_first_view(),
        {str(path.relative_to(PAGE_DIR)) for path in PAGE_DIR.rglob("*.js")},
    )
    assert first
    sums = {"first view": _packed_bytes(first), "all": _packed_bytes(everything)}
    assert sums["first view"] <= _FIRST_VIEW_BYTES, sums
    assert sums["all"] <= _ALL_BYTES, sums


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    microphone = tmp_path_factory.mktemp("load") / "microphone.wav"
    write_microphone(microphone, "Hello.")
    with open_browser(microphone) as opened:
        yield opened


@asynccontextmanager
async def _served_page() -> AsyncGenerator[str]:
    """Serve the real page and API over rooms that nobody can join."""
    async with open_api(PAGE_DIR) as api:
        with bind("127.0.0.1", 0) as listener:
            async with open_http_server(api.app, listener=listener):
                yield url_of(listener)


@pytest.fixture(scope="module")
def page_url() -> Iterator[str]:
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(_served_page()) as url,
    ):
        yield url


def _wait_until_alive(page: Page) -> None:
    page.wait_for_function("() => window.parleyEarly === undefined")


def test_it_comes_packed_and_is_kept(browser: Browser, page_url: str) -> None:
    with visit(browser) as visited:
        page = visited.page
        page.goto(page_url)
        _wait_until_alive(page)
        first = page.evaluate(_SIZES)
        scripts = [row for row in first if row[0].endswith((".js", ".css"))]
        assert scripts and all(sent < read for _, sent, read, _ in scripts), first
        # The whole page, with its fonts and LiveKit.
        assert sum(moved for *_, moved in first) <= _ALL_BYTES, first
        with page.expect_response(f"{page_url}/") as html:
            page.reload()
        assert html.value.status == 304
        _wait_until_alive(page)
        again = page.evaluate(_SIZES)
        assert {row[0] for row in again} == {row[0] for row in first}
        assert [moved for *_, moved in again] == [0] * len(again)
        assert visited.errors == []


@pytest.mark.parametrize("is_by_keyboard", [False, True])
def test_a_tap_before_the_page_is_alive_begins_the_call(
    browser: Browser, page_url: str, is_by_keyboard: bool
) -> None:
    with visit(browser, size=PHONE) as visited:
        page, held = visited.page, list[Route]()
        page.route("**/_next/static/**/*.js", held.append)
        page.goto(page_url, wait_until="commit")
        start = page.get_by_role("button", name="Start talking")
        if is_by_keyboard:
            start.press("Enter")
        else:
            start.click()
            # Impatient.
            start.click()
        expect(start).to_have_attribute("aria-busy", "true")
        with page.expect_response("**/api/sessions") as started:
            page.unroute("**/_next/static/**/*.js")
            for route in held:
                route.continue_()
        assert started.value.status == 201
        assert visited.page.locator("[aria-busy]").count() == 0


def test_the_button_is_painted_and_answers_before_the_voice_is_loaded(
    browser: Browser, page_url: str
) -> None:
    html = _scripts_of_the_first_view()
    with visit(browser, size=PHONE) as visited:
        page, held = visited.page, list[Route]()

        def hold_the_rest(route: Route) -> None:
            name = route.request.url.removeprefix(f"{page_url}/")
            if name in html:
                route.continue_()
            else:
                held.append(route)

        page.route("**/_next/static/**/*.js", hold_the_rest)
        with page.expect_request(lambda one: one.url.endswith(".js") and "static" in one.url):
            page.goto(page_url)
        start = page.get_by_role("button", name="Start talking")
        start.click()
        expect(start).to_have_attribute("aria-busy", "true")
        with page.expect_response("**/api/sessions"):
            page.unroute("**/_next/static/**/*.js")
            for route in held:
                route.continue_()
