"""The page in a real Chromium, with recorded speech for a microphone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from livekit.api import AccessToken, VideoGrants
from playwright.sync_api import Browser, Page, Route, ViewportSize, expect

from bot.livekit.server import LiveKitServer
from tests.e2e.browser import (
    DESKTOP,
    PHONE,
    SMALL_PHONE,
    Visit,
    open_browser,
    visit,
    write_microphone,
)
from tests.e2e.stack import Stack
from tests.e2e.stage_call import LEFT_WHILE_SENDING, ROOM_CLOSED

_QUESTION = "What time is it in London?"
_ANSWER_LIMIT_MS = 40_000.0
_CONNECT_LIMIT_MS = 25_000.0
_CONTRACT = Path(__file__).parents[1] / "contract"
_NO_MICROPHONE = """
    navigator.mediaDevices.getUserMedia = () =>
        Promise.reject(new DOMException("Requested device not found", "NotFoundError"));
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    microphone = tmp_path_factory.mktemp("page") / "microphone.wav"
    write_microphone(microphone, _QUESTION)
    with open_browser(microphone) as opened:
        yield opened


def start(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="Start talking").click()


def bubble(page: Page, speaker: str, words: str) -> None:
    """Wait for a caption."""
    pattern = re.compile(rf"{speaker}: .*{words}", re.IGNORECASE)
    said = page.get_by_role("listitem").filter(has_text=pattern)
    expect(said.first).to_be_visible(timeout=_ANSWER_LIMIT_MS)


def failed_with(visited: Visit, sentence: str, *, limit_ms: float = 10_000.0) -> None:
    """Wait for the sentence, and see that there is one button to press."""
    page = visited.page
    expect(page.get_by_role("alert").filter(has_text=sentence)).to_be_visible(timeout=limit_ms)
    expect(page.get_by_role("button", name=re.compile("again"))).to_be_visible()
    visited.shoot(re.sub(r"\W+", "-", sentence.lower()).strip("-"))


def errors_before_the_end(visited: Visit) -> list[str]:
    """Leave out what LiveKit's client says of a call that is over."""
    return [
        line for line in visited.errors if not line.startswith((LEFT_WHILE_SENDING, *ROOM_CLOSED))
    ]


@pytest.mark.parametrize(
    ("name", "size", "is_dark"),
    [("desktop-light", DESKTOP, False), ("phone-dark", PHONE, True)],
)
def test_from_the_click_to_captions_of_both_sides_and_goodbye(
    stack: Stack, browser: Browser, name: str, size: ViewportSize, is_dark: bool
) -> None:
    with visit(browser, size=size, is_dark=is_dark) as visited:
        page = visited.page
        start(page, stack.base_url)
        bubble(page, "Parley", "what can i do for you")
        visited.shoot(f"greeting-{name}")
        bubble(page, "You", "london")
        bubble(page, "Parley", "london")
        expect(page.locator(".voice-words")).to_have_text("Listening", timeout=_ANSWER_LIMIT_MS)
        visited.shoot(f"conversation-{name}")
        page.get_by_role("button", name="Mute microphone").click()
        expect(page.locator(".voice-words")).to_have_text("You are muted")
        page.get_by_role("button", name="Type a message").click()
        _type(page, "Goodbye")
        bubble(page, "You", "goodbye")
        again = page.get_by_role("button", name="Talk again")
        expect(again).to_be_visible(timeout=_ANSWER_LIMIT_MS)
        expect(page.get_by_text("The call has ended. Goodbye!")).to_be_visible()
        visited.shoot(f"goodbye-{name}")
        assert errors_before_the_end(visited) == []


def test_a_call_that_the_caller_ends_is_over_at_once(stack: Stack, browser: Browser) -> None:
    with visit(browser) as visited:
        page = visited.page
        with page.expect_response("**/api/sessions") as started:
            start(page, stack.base_url)
        expect(page.locator(".voice-words")).to_have_text("Speaking", timeout=_CONNECT_LIMIT_MS)
        page.get_by_role("button", name="End call").click()
        expect(page.get_by_text("You ended the call.")).to_be_visible()
        stack.until(lambda: stack.session(started.value.json())["state"] == "ended")
        assert errors_before_the_end(visited) == []


def test_a_join_link_opens_its_room_once(stack: Stack, browser: Browser) -> None:
    link = stack.join_link()
    with visit(browser) as visited:
        start(visited.page, link)
        bubble(visited.page, "Parley", "what can i do for you")
        assert "#" not in visited.page.url
        assert visited.errors == []
    with visit(browser) as second:
        start(second.page, link)
        expect(second.page.get_by_text("already been used")).to_be_visible()
        second.page.get_by_role("button", name="Start a new conversation").press("Enter")
        bubble(second.page, "Parley", "what can i do for you")


@pytest.mark.parametrize("size", [DESKTOP, PHONE, SMALL_PHONE], ids=["desktop", "phone", "small"])
@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_the_first_view_fits_every_screen(
    stack: Stack, browser: Browser, size: ViewportSize, is_dark: bool
) -> None:
    with visit(browser, size=size, is_dark=is_dark) as visited:
        visited.page.goto(stack.base_url)
        expect(visited.page.get_by_role("button", name="Start talking")).to_be_in_viewport()
        wide = visited.page.evaluate("document.documentElement.scrollWidth")
        assert wide == size["width"]
        visited.shoot(f"start-{size['width']}-{'dark' if is_dark else 'light'}")
        assert visited.errors == []


def test_a_blocked_microphone_is_explained(stack: Stack, browser: Browser) -> None:
    with visit(browser, may_listen=False) as visited:
        start(visited.page, stack.base_url)
        failed_with(visited, "The microphone is blocked")


def test_without_a_microphone_one_can_type(stack: Stack, browser: Browser) -> None:
    with visit(browser) as visited:
        page = visited.page
        page.add_init_script(_NO_MICROPHONE)
        start(page, stack.base_url)
        failed_with(visited, "could not find a microphone")
        page.get_by_role("button", name="Type instead").press("Enter")
        bubble(page, "Parley", "what can i do for you")
        page.get_by_role("textbox", name="Type a message").fill(_QUESTION)
        page.get_by_role("button", name="Send").click()
        bubble(page, "Parley", "london")


def test_an_unreachable_server_is_explained(stack: Stack, browser: Browser) -> None:
    with visit(browser, size=PHONE) as visited:
        visited.page.route("**/api/sessions", lambda route: route.abort("connectionrefused"))
        start(visited.page, stack.base_url)
        failed_with(visited, "could not reach the server")


def test_a_full_house_says_when_to_come_back(stack: Stack, browser: Browser) -> None:
    body = (_CONTRACT / "at_capacity.json").read_text()

    def refuse(route: Route) -> None:
        route.fulfill(status=503, body=body, headers={"Retry-After": "20"})

    with visit(browser, size=PHONE, is_dark=True) as visited:
        visited.page.route("**/api/sessions", refuse)
        start(visited.page, stack.base_url)
        failed_with(visited, "All lines are busy right now. Please try again in 20 seconds.")


def test_a_bot_that_does_not_come_is_not_waited_for_forever(
    stack: Stack, browser: Browser, livekit_server: LiveKitServer
) -> None:
    token = AccessToken(livekit_server.api_key, livekit_server.api_secret.get_secret_value())
    token.with_identity("caller").with_grants(VideoGrants(room_join=True, room="nobody-else"))
    session = {
        "session_id": "nobody-else",
        "room_name": "nobody-else",
        "server_url": livekit_server.url,
        "participant_token": token.to_jwt(),
        "expires_at": "2030-01-01T00:00:00Z",
    }
    # The room is on a server that the page's policy does not know.
    with visit(browser, bypass_csp=True) as visited:
        visited.page.route("**/api/sessions", lambda route: route.fulfill(status=201, json=session))
        start(visited.page, stack.base_url)
        expect(visited.page.locator(".voice-words")).to_have_text(re.compile("I’m listening"))
        failed_with(visited, "The assistant did not pick up", limit_ms=30_000.0)


@pytest.mark.promise(
    "Page", "After its end a call can be continued with one button, if it is kept; never by itself."
)
def test_a_call_that_has_ended_goes_on_with_its_memory(stack: Stack, browser: Browser) -> None:
    with visit(browser) as visited:
        page = visited.page
        start(page, stack.base_url)
        bubble(page, "Parley", "what can i do for you")
        page.get_by_role("button", name="Mute microphone").click()
        page.get_by_role("button", name="Type a message").click()
        _type(page, "My name is Bartholomew")
        bubble(page, "Parley", "nice to meet you")
        page.get_by_role("button", name="End call").click()
        expect(page.get_by_text("You ended the call.")).to_be_visible()
        page.get_by_role("button", name="Good", exact=True).click()
        _tell(page, "It knew my name.")
        page.reload()
        goes_on = page.get_by_role("button", name="Continue this conversation")
        expect(goes_on).to_be_visible()
        visited.shoot("may-be-continued")
        goes_on.click()
        bubble(page, "Parley", "we go on where we stopped")
        bubble(page, "You", "my name is bartholomew")
        page.get_by_role("button", name="Mute microphone").click()
        page.get_by_role("button", name="Type a message").click()
        _type(page, "What is my name?")
        bubble(page, "Parley", "told me your name is bartholomew")
        visited.shoot("continued")
        page.get_by_role("button", name="End call").click()


def _tell(page: Page, words: str) -> None:
    page.get_by_role("textbox", name="Tell us more").fill(words)
    page.get_by_role("button", name="Send your words").click()
    expect(page.get_by_text("Thank you.")).to_be_visible()


def _type(page: Page, words: str) -> None:
    page.get_by_role("textbox", name="Type a message").fill(words)
    page.keyboard.press("Enter")
