"""The door in a real Chromium: the page asks for the key, and the browser keeps what lets it in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browser import PHONE, open_browser, visit, write_microphone
from tests.e2e.served_page import served_page

_KEY = "correct horse battery"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    microphone = tmp_path_factory.mktemp("access") / "microphone.wav"
    write_microphone(microphone, "Hello.")
    with open_browser(microphone) as opened:
        yield opened


@pytest.fixture(scope="module")
def page_url() -> Iterator[str]:
    with served_page(access="key", access_key=_KEY) as url:
        yield url


@pytest.mark.promise(
    "Who may call", "The page asks for the key once; what it keeps then, no script can read."
)
def test_the_key_is_asked_for_once_and_the_browser_keeps_what_it_got(
    browser: Browser, page_url: str
) -> None:
    with visit(browser, size=PHONE) as visited:
        page = visited.page
        page.goto(page_url)
        # The keyboard alone.
        page.get_by_role("button", name="Start talking").press("Enter")
        field = page.get_by_label("Key")
        expect(field).to_be_focused()
        visited.shoot("key-form")
        page.keyboard.type("wrong key")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert").filter(has_text="That is not the key")).to_be_visible()
        expect(field).to_be_focused()
        page.keyboard.type(_KEY)
        with page.expect_response("**/api/sessions") as started:
            page.keyboard.press("Enter")
        assert started.value.status == 201
        (cookie,) = page.context.cookies()
        assert (cookie.get("httpOnly"), cookie.get("sameSite")) == (True, "Strict")
        assert page.evaluate("document.cookie") == ""
        # At the next visit nobody is asked. (This page, loaded anew, would go on with its call.)
        again = page.context.new_page()
        again.goto(page_url)
        with again.expect_response("**/api/sessions") as begun:
            again.get_by_role("button", name="Start talking").click()
        assert begun.value.status == 201
        assert _KEY not in page.content() + again.content()
