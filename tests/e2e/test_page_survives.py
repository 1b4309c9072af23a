"""What must not end a call, in a real room and a real Chromium."""

from __future__ import annotations

from tests.e2e.stage_call import StageCall

_LIMIT_MS = 30_000.0
# What LiveKit's client says as it is taken out of its room and comes back; and as the recording of
# what was said before that goes on into a stream that has ended.
_EXPECTED = (
    *("WebSocket", "DataChannel", "publisher", "could not"),
    "Failed to execute 'enqueue' on 'ReadableStreamDefaultController'",
)
_BROKEN_DRAWING = """
    const getContext = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (...parts) {
        const context = getContext.apply(this, parts);
        return new Proxy(context, { get() { throw new Error("no such thing here"); } });
    };
    window.matchMedia = () => { throw new Error("nor this"); };
"""


async def test_what_looks_like_a_leaving_ends_no_call(stage: StageCall) -> None:
    async with stage.begins() as bot:
        await bot.hears(is_loud=True)
        for event, target in (
            ("beforeunload", "window"),
            ("blur", "window"),
            ("freeze", "document"),
        ):
            await stage.page.evaluate(f"{target}.dispatchEvent(new Event('{event}'))")
            bot.heard.clear()
            await bot.hears(is_loud=True)
        # LiveKit's client leaves by itself at this one; the page comes back.
        async with stage.page.expect_response("**/resume") as back:
            await stage.page.evaluate("window.dispatchEvent(new Event('freeze'))")
        assert (await back.value).ok
        await stage.page.get_by_role("button", name="End call").wait_for(timeout=_LIMIT_MS)
        bot.heard.clear()
        await bot.hears(is_loud=True)
        await stage.click("End call")
        await stage.sees("You ended the call.")
    assert not [error for error in stage.errors if not error.startswith(_EXPECTED)]


async def test_a_drawing_that_breaks_ends_no_call(stage: StageCall) -> None:
    await stage.page.add_init_script(_BROKEN_DRAWING)
    await stage.page.reload()
    async with stage.begins() as bot:
        await bot.hears(is_loud=True)
        await stage.page.get_by_role("button", name="End call").wait_for(timeout=_LIMIT_MS)
