"""What may go wrong where a call begins and ends, in a real room and a real Chromium."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from playwright.async_api import Route, expect

from tests.e2e.stage_call import StageCall
from tests.ports import free_port

_SESSIONS = "**/api/sessions"
_SOON_MS = 1_500.0
_COUNT_CONTEXTS = """() => {
    window.contexts = [];
    const Real = AudioContext;
    window.AudioContext = class extends Real {
        constructor(...given) { super(...given); window.contexts.push(this); }
    };
}"""
_OPEN_CONTEXTS = "() => window.contexts.filter(({ state }) => state !== 'closed').length"


@dataclass(kw_only=True)
class _Answer:
    """What somebody between the page and the server says in its place."""

    status: int
    headers: dict[str, str] = field(default_factory=dict[str, str])
    content_type: str | None = None
    body: str = ""

    async def give(self, route: Route) -> None:
        headers, kind = self.headers, self.content_type
        await route.fulfill(status=self.status, headers=headers, content_type=kind, body=self.body)


@asynccontextmanager
async def _is_held(stage: StageCall) -> AsyncGenerator[None]:
    """See that a whole call is held by what is clicked in the block."""
    async with stage.page.expect_response(_SESSIONS) as started:
        yield
    async with stage.joins(await started.value) as bot:
        await stage.page.get_by_role("group", name="Call controls").wait_for()
        await bot.hears(is_loud=True)
        await stage.click("End call")
        await stage.sees("You ended the call.")


async def test_an_answer_that_got_lost_makes_no_second_session(stage: StageCall) -> None:
    keys, sessions = list[str](), list[str]()

    async def lose(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        answer = await route.fetch()
        sessions.append((await answer.json())["session_id"])
        # It is asked for twice within one try.
        if len(keys) <= 2:
            await route.abort("connectionreset")
        else:
            await route.fulfill(response=answer)

    await stage.page.route(_SESSIONS, lose)
    await stage.click("Start talking")
    await stage.sees("could not reach the server")
    async with _is_held(stage):
        await stage.click("Try again")
    assert (len(keys), len(set(keys)), len(set(sessions))) == (3, 1, 1)


async def test_a_double_click_begins_a_call_and_ends_none(stage: StageCall) -> None:
    async with _is_held(stage):
        await stage.page.get_by_role("button", name="Start talking").dblclick()
    async with _is_held(stage):
        await stage.page.get_by_role("button", name="Talk again").dblclick()
    assert stage.errors == []


async def test_who_ends_a_call_waits_for_nobody(stage: StageCall) -> None:
    opens = asyncio.Event()

    async def hang(route: Route) -> None:
        await opens.wait()
        await route.continue_()

    async with stage.begins():
        await stage.page.route(f"{_SESSIONS}/*", hang)
        await stage.click("End call")
        again = stage.page.get_by_role("button", name="Talk again")
        await expect(again).to_be_visible(timeout=_SOON_MS)
        opens.set()


async def test_a_start_that_is_cancelled_leaves_no_session_behind(stage: StageCall) -> None:
    opens, sessions = asyncio.Event(), list[str]()

    async def late(route: Route) -> None:
        answer = await route.fetch()
        sessions.append((await answer.json())["session_id"])
        await opens.wait()
        await route.fulfill(response=answer)

    await stage.page.route(_SESSIONS, late)
    await stage.click("Start talking")
    await stage.click("Cancel")
    await stage.page.get_by_role("button", name="Start talking").wait_for()
    async with stage.page.expect_request(lambda one: one.method == "DELETE") as ended:
        opens.set()
    assert (await ended.value).url.endswith(sessions[0])


async def test_a_proxy_that_wants_a_sign_in_is_told_as_that(stage: StageCall) -> None:
    page = "<!DOCTYPE html><p>Who are you?</p>"
    elsewhere, here = {"Location": "http://127.0.0.1:1/sign-in"}, {"Location": "/"}
    for answer in (
        _Answer(status=302, headers=elsewhere),
        _Answer(status=302, headers=here),
        _Answer(status=200, content_type="text/html; charset=utf-8", body=page),
        _Answer(status=401, content_type="text/html", body=page),
    ):
        await stage.page.route(_SESSIONS, answer.give)
        await stage.page.reload()
        await stage.click("Start talking")
        await stage.sees("sign in first")
        await stage.page.unroute(_SESSIONS)
    # Once they have, the way out of it leads on.
    async with stage.page.expect_navigation():
        await stage.click("Try again")
    async with _is_held(stage):
        await stage.click("Start talking")


async def test_a_browser_that_joins_no_signals_calls_too(stage: StageCall) -> None:
    # Safari before 17.4.
    await stage.page.evaluate("() => { delete AbortSignal.any; }")
    async with _is_held(stage):
        await stage.click("Start talking")
    assert stage.errors == []


async def test_starts_that_fail_leave_no_sound_open(stage: StageCall) -> None:
    page = stage.page
    await page.evaluate(_COUNT_CONTEXTS)
    await page.route(_SESSIONS, lambda route: route.abort("connectionrefused"))
    button = "Start talking"
    for _ in range(6):
        async with page.expect_event("requestfailed"):
            await stage.click(button)
        button = "Try again"
        await page.get_by_role("alert").filter(has_text="could not reach").wait_for()
    await page.wait_for_function(f"() => ({_OPEN_CONTEXTS})() <= 1")


async def test_a_voice_server_that_is_not_there_is_named(stage: StageCall) -> None:
    async def elsewhere(route: Route) -> None:
        session = await (answer := await route.fetch()).json()
        session["server_url"] = f"ws://127.0.0.1:{free_port()}"
        await route.fulfill(response=answer, json=session)

    await stage.page.route(_SESSIONS, elsewhere)
    await stage.click("Start talking")
    await stage.sees("The voice connection could not be made")
