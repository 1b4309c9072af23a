"""A phone: Chromium on a machine of its own, which trusts whom its owner has told it to."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from tests.deploy.network import Machine
from tests.e2e.browser import PHONE, open_browser, visit, write_microphone
from tests.installed_browser import installed_browser

QUESTION, ANSWER = "What time is it in London?", "london"
_CHECK_LIMIT_MS = 90_000
_SETTLED = "() => document.querySelector('main ul')?.ariaBusy === 'false'"
_FETCH = "import sys, urllib.request as r; sys.stdout.buffer.write(r.urlopen(sys.argv[1]).read())"
_WATCH = """
    window.lines = [];
    const Real = RTCPeerConnection;
    window.RTCPeerConnection = class extends Real {
        constructor(...given) { super(...given); window.lines.push(this); }
    };
"""
_WAYS = """async () => {
    const ways = new Set();
    for (const line of window.lines) {
        const all = [...(await line.getStats()).values()];
        const pair = all.find((one) =>
            one.type === "candidate-pair" && one.nominated && one.state === "succeeded");
        const local = all.find((one) => one.id === pair?.localCandidateId);
        if (local?.candidateType === "relay") ways.add(`relay by ${local.relayProtocol}`);
        else if (local) ways.add(local.protocol);
    }
    return [...ways].sort();
}"""


@dataclass(frozen=True)
class Phone:
    """It, with its owner's browser."""

    machine: Machine
    folder: Path

    def fetch(self, url: str) -> bytes:
        """Return what a plain address says."""
        command = self.machine.command(sys.executable, "-c", _FETCH, url)
        return subprocess.run(command, check=True, capture_output=True, timeout=20.0).stdout

    def trust(self, root: Path) -> None:
        """Have its browser trust an authority, as its owner does in its settings."""
        store = self.folder / ".pki" / "nssdb"
        store.mkdir(parents=True)
        place = ("-d", f"sql:{store}")
        for told in (("-N", "--empty-password"), ("-A", "-t", "C,,", "-n", "own", "-i", str(root))):
            subprocess.run(["certutil", *place, *told], check=True, capture_output=True)

    @contextmanager
    def browser(self) -> Generator[Browser]:
        """Open its browser, whose owner asks what time it is."""
        program = installed_browser()
        assert program is not None
        there = self.machine.program(self.folder / "chromium", program)
        microphone = self.folder / "microphone.wav"
        write_microphone(microphone, QUESTION)
        with open_browser(microphone, program=there, home=self.folder) as opened:
            yield opened


@contextmanager
def open_page(browser: Browser) -> Generator[Page]:
    """Open a page that can tell which way sound takes; certificates have to be right."""
    with visit(browser, size=PHONE) as visited:
        visited.page.add_init_script(_WATCH)
        yield visited.page


def ways(page: Page) -> list[str]:
    """Return by which protocols sound goes, and whether by a relay."""
    return page.evaluate(_WAYS)


def checked(page: Page, origin: str) -> dict[str, tuple[str, str]]:
    """Have `/check` look; returns of each thing how it was found, and the sentence."""
    page.goto(f"{origin}/check")
    page.get_by_role("button", name=re.compile("Start the check|Check again")).click()
    page.wait_for_selector("main ul[aria-busy=true]")
    page.wait_for_function(_SETTLED, timeout=_CHECK_LIMIT_MS)
    found: dict[str, list[Any]] = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll("[data-check]")].map((row) => [
            row.dataset.check, [row.dataset.status, row.querySelector("p")?.textContent ?? ""]
        ]))"""
    )
    return {name: (status, sentence) for name, (status, sentence) in found.items()}
