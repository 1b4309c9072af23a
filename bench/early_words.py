"""A sentence that begins before the connection stands: is it understood? In a real Chromium.

    python -m bench.early_words --calls 10

The microphone speaks from 0.4 s after it opens on: the first of it comes in a recording, the rest
by the track, and the seam lies within a word. `runner.py serve` runs without a key.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import tempfile
import wave
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from playwright.async_api import Browser

from bench.page_stage import open_page_stage
from bench.rows import RowFile, machine
from bench.sound import SAMPLE_RATE_HZ, room_tone
from bench.stage import quiet_logs
from bench.voice import spoken
from bench.words import normalized

_SENTENCE = "What time is it in London?"
_BEFORE_SECS = 0.4
_AFTER_SECS = 60.0
_REST_SECS = 6.0
"""A parked bot is replaced after each start."""
_LIMIT_MS = 30_000.0


def _write_sentence(path: Path) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(room_tone(_BEFORE_SECS) + spoken(_SENTENCE) + room_tone(_AFTER_SECS))


async def _call(browser: Browser, url: str) -> str:
    """Return what the page shows of the sentence once it has been answered."""
    context = await browser.new_context(permissions=["microphone"])
    try:
        page = await context.new_page()
        await page.goto(url)
        await page.wait_for_function("() => window.parleyEarly === undefined")
        await asyncio.sleep(2)
        await page.get_by_role("button", name="Start talking").click()
        said = page.get_by_role("listitem").filter(has_text=re.compile("^You: "))
        await said.first.wait_for(timeout=_LIMIT_MS)
        await page.locator('button[aria-label^="Answered after"]').first.wait_for(timeout=_LIMIT_MS)
        words = " ".join(await said.all_inner_texts())
        await page.get_by_role("button", name="End call").click()
        await page.get_by_text("You ended the call.").wait_for()
        return words.removeprefix("You: ")
    finally:
        await context.close()


async def _run(options: argparse.Namespace) -> None:
    async with AsyncExitStack() as stack:
        rows = stack.enter_context(RowFile("early_words"))
        rows.add(kind="machine", **machine())
        sentence = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "sentence.wav"
        _write_sentence(sentence)
        opened = await stack.enter_async_context(open_page_stage(sentence))
        for number in range(options.calls):
            await asyncio.sleep(_REST_SECS)
            words = await _call(opened.browser, opened.subject.url)
            wanted = normalized(_SENTENCE)
            is_right = normalized(words)[-len(wanted) :] == wanted
            rows.add(kind="call", number=number, words=words, is_right=is_right)
        print_table(rows.rows)
        print(f"\nrows: {rows.path}")


def print_table(rows: Sequence[dict[str, Any]]) -> None:
    """Print how often it was understood, and what else was."""
    calls = [row for row in rows if row["kind"] == "call"]
    print(f"understood whole: {sum(row['is_right'] for row in calls)} of {len(calls)}")
    for row in calls:
        if not row["is_right"]:
            print(f"  {row['words']!r}")


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=10)
    quiet_logs()
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    _main()
