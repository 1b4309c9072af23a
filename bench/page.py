"""The page in a real Chromium: how soon it is there, how soon one may speak, and what it tells.

    python -m bench.page --rounds 10

`runner.py serve` without a key, and a Chromium whose microphone plays a WAV with three questions.
What is said and heard is recorded in the page by a recorder of ours, per sample, and marked as
`bench/caller.py` marks it; what the page itself tells of each reply is read from the page. Between
two visits the bench's own caller asks the same questions of the same server.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import tempfile
import wave
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, ViewportSize
from playwright.async_api import TimeoutError as PageTimeoutError

from bench.caller import Caller
from bench.page_load import WATCH_LONG_TASKS, load
from bench.page_stage import open_page_stage
from bench.page_table import print_table
from bench.page_tape import READ, RECORD, Tape
from bench.rows import RowFile, machine
from bench.sound import SAMPLE_RATE_HZ, room_tone
from bench.stage import Stage, quiet_logs
from bench.subjects import MAX_LAG_MS, Ours
from bench.voice import spoken
from processors.frames import PlayoutStartedFrame, PlayoutStoppedFrame
from tests.e2e.stage_call import open_stage as open_stage_call
from tests.e2e.stage_call import write_beeps

_QUESTIONS = (
    "What is the weather like in Berlin today?",
    "How long does it take to learn the piano?",
    "What time is it in London?",
)
_BEFORE_SECS = 7.0
"""The greeting takes 3 s."""
_FOR_A_REPLY_SECS = 9.0
_AFTER_SECS = 60.0
"""Longer than any visit: the file begins again when it is over."""
_PHONE = ViewportSize(width=390, height=844)
_CAPTIONS = 500
_GROWING_WORDS = 60
_REST_SECS = 6.0
"""A parked bot is replaced after each start."""
_LIMIT_MS = 60_000.0
_REPLY_LIMIT_SECS = 10.0
_QUIET_SECS = 1.2
_FIGURE = 'button[aria-label^="Answered after"]'
_TOLD = f"""async () => {{
    const told = [];
    for (const figure of document.querySelectorAll('{_FIGURE}')) {{
        figure.click();
        await new Promise((done) => setTimeout(done, 100));
        const parts = [...figure.parentElement.querySelectorAll(".tabular-nums")];
        told.push(1000 * parts.reduce((sum, one) => sum + parseFloat(one.textContent), 0));
        figure.click();
    }}
    return told;
}}"""
"""Each figure as the sum of the parts it opens: they have two decimals, it has one."""


@asynccontextmanager
async def _open_page(browser: Browser, *scripts: str) -> AsyncGenerator[Page]:
    context = await browser.new_context(
        viewport=_PHONE, permissions=["microphone"], bypass_csp=True
    )
    try:
        page = await context.new_page()
        for script in scripts:
            await page.add_init_script(script)
        yield page
    finally:
        await context.close()


async def _visit(browser: Browser, url: str) -> tuple[Tape, list[float]]:
    """Hold a whole call; returns it and what the page tells of each reply, in ms."""
    async with _open_page(browser, RECORD) as page:
        await page.goto(url)
        await page.wait_for_function("() => window.parleyEarly === undefined")
        # What comes after the first view, as whoever reads the welcome has it.
        await asyncio.sleep(2)
        await page.get_by_role("button", name="Start talking").click()
        figures = page.locator(_FIGURE)
        # What is missing then is counted.
        with contextlib.suppress(PageTimeoutError):
            await figures.nth(len(_QUESTIONS) - 1).wait_for(timeout=_LIMIT_MS)
        told: list[float] = await page.evaluate(_TOLD)
        tape = Tape.of(await page.evaluate(READ))
        await page.get_by_role("button", name="End call").click()
        await page.get_by_text("You ended the call.").wait_for()
        return tape, told


def _note_visit(rows: RowFile, tape: Tape, told_ms: list[float]) -> None:
    speak_now_ms, click_ms = tape.marks_ms.get("speakNow"), tape.marks_ms["click"]
    greeting_secs = tape.heard.onset_after(0.0)
    rows.add(
        kind="visit",
        speak_now_ms=speak_now_ms and speak_now_ms - click_ms,
        first_sound_ms=greeting_secs and tape.ms_after_click(greeting_secs),
    )
    ends_secs = tape.question_ends_secs()[: len(_QUESTIONS)]
    # Which figure is whose cannot be said where one is missing.
    told: list[float | None] = [*told_ms] if len(told_ms) == len(ends_secs) else [None] * 3
    for question, end_secs, told_one_ms in zip(_QUESTIONS, ends_secs, told, strict=False):
        onset_secs = tape.heard.onset_after(end_secs)
        heard_ms = None if onset_secs is None else (onset_secs - end_secs) * 1000
        rows.add(kind="reply", question=question, heard_ms=heard_ms, told_ms=told_one_ms)


async def _ask_as_caller(rows: RowFile, subject: Ours) -> None:
    seat = await subject.start_session()
    async with Caller.join(seat.server_url, seat.token) as caller:
        await caller.wait_for_bot()
        await caller.wait_for_onset(0.0)
        await caller.wait_for_silence(_QUIET_SECS)
        found = dict[str, float]()
        for question in _QUESTIONS:
            said = await caller.say(spoken(question))
            onset_secs = await caller.wait_for_onset(said.u1_secs, _REPLY_LIMIT_SECS)
            found[question] = (onset_secs - said.u1_secs) * 1000
            await caller.wait_for_silence(_QUIET_SECS)
        lag_ms = caller.microphone.lag_p99_ms
    for question, v2v_ms in found.items():
        is_valid = lag_ms <= MAX_LAG_MS
        rows.add(kind="caller", question=question, v2v_ms=v2v_ms if is_valid else None)


async def _hold_many_captions(stage: Stage, microphone: Path) -> dict[str, Any]:
    """Fill a call with captions, let one more reply grow, and return the longest task of it all."""
    async with open_stage_call(stage.livekit, microphone=microphone) as call:
        await call.page.evaluate(f"() => {{ {WATCH_LONG_TASKS} }}")
        async with call.begins() as bot:
            # Of what comes now.
            await call.page.evaluate("() => { window.longestMs = 0; }")
            for number in range(_CAPTIONS):
                await bot.show(PlayoutStartedFrame())
                await bot.say(f"This is what is said as number {number} of a long evening.")
                await bot.show(PlayoutStoppedFrame(is_interrupted=False))
                await asyncio.sleep(0.02)
            await call.sees(f"number {_CAPTIONS - 1} of")
            await bot.show(PlayoutStartedFrame())
            for word in range(_GROWING_WORDS):
                await bot.say(f"word{word} ")
                await asyncio.sleep(0.1)
            await call.sees(f"word{_GROWING_WORDS - 1}")
            return {"longest_task_ms": await call.page.evaluate("window.longestMs")}


def _write_questions(path: Path) -> None:
    said = b"".join(spoken(one) + room_tone(_FOR_A_REPLY_SECS) for one in _QUESTIONS)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(room_tone(_BEFORE_SECS) + said + room_tone(_AFTER_SECS))


async def _run(options: argparse.Namespace) -> None:
    async with AsyncExitStack() as stack:
        rows = stack.enter_context(RowFile("page"))
        rows.add(kind="machine", **machine())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        questions, beeps = folder / "questions.wav", folder / "beeps.wav"
        _write_questions(questions)
        write_beeps(beeps)
        opened = await stack.enter_async_context(open_page_stage(questions))
        subject, browser = opened.subject, opened.browser
        await asyncio.sleep(_REST_SECS)
        for number in range(options.rounds):
            for kind, throttle in (("load", 1), ("slow load", 4)):
                rows.add(kind=kind, **await load(browser, subject.url, throttle=throttle))
            _note_visit(rows, *await _visit(browser, subject.url))
            await asyncio.sleep(_REST_SECS)
            await _ask_as_caller(rows, subject)
            await asyncio.sleep(_REST_SECS)
            print(f"round {number}: done", flush=True)
        for _ in range(options.evenings):
            rows.add(kind="captions", **await _hold_many_captions(opened.stage, beeps))
        print_table(rows.rows)
        print(f"\nrows: {rows.path}")


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--evenings", type=int, default=3, help="calls with 500 captions")
    quiet_logs()
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    _main()
