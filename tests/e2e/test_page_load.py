"""How the page comes: what the first view costs, what is kept, and a tap before it is alive."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from bot.http.page.page import PAGE_DIR
from tests.e2e.browser import PHONE, open_browser, visit, write_microphone
from tests.e2e.served_page import served_page

_FIRST_VIEW_BYTES = 150_000
_ALL_BYTES = 400_000
_WITH_FONT_AND_COLOURS_BYTES = 420_000
"""And with the head of each answer; LiveKit's client is half of it."""
_SCRIPT = re.compile(r'<script[^>]*\ssrc="/([^"]+)"[^>]*>')
_WORDS = re.compile(r'\blanguage:"(\w\w)",page:\{')
"""How the words of one language begin."""
_SIZES = """() => performance.getEntriesByType("resource")
    .filter(({name}) => name.includes("/_next/static/"))
    .map(({name, encodedBodySize: sent, decodedBodySize: read, transferSize: moved}) =>
        [name.split("/").pop(), sent, read, moved])"""

_PAGE_SIZE = """() => {
    const [page] = performance.getEntriesByType("navigation");
    return [page.transferSize, page.encodedBodySize];
}"""


class _Gate:
    """Holds requests back until it opens."""

    def __init__(self, *, lets_through: set[str]) -> None:
        self._lets_through = lets_through
        self._held: list[Route] | None = []

    def hold(self, route: Route) -> None:
        name = urlsplit(route.request.url).path.removeprefix("/")
        if self._held is None or name in self._lets_through:
            route.continue_()
        else:
            self._held.append(route)

    def open(self) -> None:
        held, self._held = self._held or [], None
        for route in held:
            route.continue_()


def _packed_bytes(names: set[str]) -> int:
    return sum(len(gzip.compress((PAGE_DIR / name).read_bytes(), 9)) for name in names)


def _scripts_of_the_first_view(*, is_old_browser: bool = False) -> set[str]:
    html = (PAGE_DIR / "index.html").read_text()
    # What is marked so is for browsers that have no modules; no other loads it.
    tags = _SCRIPT.finditer(html)
    return {tag[1] for tag in tags if ("nomodule" in tag[0].lower()) is is_old_browser}


def _scripts_with_words(names: set[str]) -> dict[str, str]:
    """Return which script holds the words of which language."""
    texts = {name: (PAGE_DIR / name).read_text() for name in names}
    return {found[1]: name for name, text in texts.items() for found in _WORDS.finditer(text)}


def test_the_first_view_is_small() -> None:
    first = _scripts_of_the_first_view()
    everything = {str(path.relative_to(PAGE_DIR)) for path in PAGE_DIR.rglob("*.js")}
    everything -= _scripts_of_the_first_view(is_old_browser=True)
    words = _scripts_with_words(everything)
    assert set(words) == {"en", "de", "fr", "es", "ja"}
    # A reader loads one language, after the first view: of all, the largest counts.
    assert len(set(words.values()) - first) == len(words)
    everything -= set(words.values()) - {
        max(words.values(), key=lambda name: _packed_bytes({name}))
    }
    assert first < everything
    sums = {"first view": _packed_bytes(first), "all": _packed_bytes(everything)}
    assert sums["first view"] <= _FIRST_VIEW_BYTES, sums
    assert sums["all"] <= _ALL_BYTES, sums


def test_scripts_are_compiled_beside_the_page_while_they_load() -> None:
    scripts = [*(PAGE_DIR / "_next/static/chunks").glob("*.js")]
    hint = "//# allFunctionsCalledOnLoad\n"
    assert scripts and all(script.read_text().startswith(hint) for script in scripts)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    microphone = tmp_path_factory.mktemp("load") / "microphone.wav"
    write_microphone(microphone, "Hello.")
    with open_browser(microphone) as opened:
        yield opened


@pytest.fixture(scope="module")
def page_url() -> Iterator[str]:
    with served_page() as url:
        yield url


def _wait_until_alive(page: Page) -> None:
    page.wait_for_function("() => window.parleyEarly === undefined")


def test_it_comes_packed_and_is_kept(browser: Browser, page_url: str) -> None:
    with visit(browser) as visited:
        page = visited.page
        # LiveKit's client comes once the page has nothing else to do.
        page.goto(page_url, wait_until="networkidle")
        _wait_until_alive(page)
        first = page.evaluate(_SIZES)
        scripts = [row for row in first if row[0].endswith((".js", ".css"))]
        assert scripts and all(sent < read for _, sent, read, _ in scripts), first
        # The whole page, with its fonts and LiveKit.
        assert sum(moved for *_, moved in first) <= _WITH_FONT_AND_COLOURS_BYTES, first
        page.reload(wait_until="networkidle")
        # The server has said that it is still the same.
        moved, sent = page.evaluate(_PAGE_SIZE)
        assert 0 < moved < sent
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
        page, gate = visited.page, _Gate(lets_through=set())
        page.route("**/_next/static/**/*.js", gate.hold)
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
            gate.open()
        assert started.value.status == 201
        assert visited.page.locator("[aria-busy]").count() == 0


def test_what_comes_alive_is_asked_for_once_the_page_is_painted(
    browser: Browser, page_url: str
) -> None:
    first = _scripts_of_the_first_view() | _scripts_of_the_first_view(is_old_browser=True)

    def is_later(request: Request) -> bool:
        path = urlsplit(request.url).path.removeprefix("/")
        return path.endswith(".js") and path not in first

    with visit(browser) as visited:
        page, gate = visited.page, _Gate(lets_through=set())
        page.route("**/_next/static/**/*.js", gate.hold)
        # None of the first scripts has run by then.
        with page.expect_request(is_later):
            page.goto(page_url, wait_until="commit")
        gate.open()
        _wait_until_alive(page)
        loads = page.evaluate("() => [...document.scripts].map(({ src }) => src).filter(Boolean)")
        assert len(loads) == len(set(loads)), "nothing is loaded twice"
        assert visited.errors == []


def test_the_button_is_painted_and_answers_before_the_voice_is_loaded(
    browser: Browser, page_url: str
) -> None:
    with visit(browser, size=PHONE) as visited:
        page, gate = visited.page, _Gate(lets_through=_scripts_of_the_first_view())
        page.route("**/_next/static/**/*.js", gate.hold)
        # What is held back may be asked for before the page counts as loaded.
        page.goto(page_url, wait_until="commit")
        start = page.get_by_role("button", name="Start talking")
        start.click()
        expect(start).to_have_attribute("aria-busy", "true")
        with page.expect_response("**/api/sessions"):
            gate.open()
