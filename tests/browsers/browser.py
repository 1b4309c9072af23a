"""One open window of any browser, as far as a person needs it: look, press, type."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.conftest import ARTEFACTS_DIR

_LIMIT_SECS = 30.0
_POLL_SECS = 0.1
# A control by the beginning of its name, where it is seen and can be pressed.
_PLACE = """(name) => {
    const controls = [...document.querySelectorAll("button, a, summary, select")];
    const nameOf = (one) => (one.getAttribute("aria-label") ?? one.textContent).trim();
    const found = controls.find((one) => one.checkVisibility?.() !== false
        && one.getClientRects().length > 0 && nameOf(one).startsWith(name));
    if (!found) return null;
    found.scrollIntoView({ block: "nearest" });
    const { left, top, width, height } = found.getBoundingClientRect();
    return [Math.round(left + width / 2), Math.round(top + height / 2)];
}"""
_TWO_FRAMES = """() => new Promise((done) =>
    requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"""


class Browser(ABC):
    """One window. What is pressed and typed goes the way of a mouse and a keyboard."""

    name: str
    errors: list[str]
    """What the page's own code or the browser complained about."""

    @abstractmethod
    def go(self, url: str) -> None:
        """Load a page, and wait until it is loaded."""

    @abstractmethod
    def resize(self, width: int, height: int) -> None:
        """Give the page so many pixels, or as few as the window can have."""

    @abstractmethod
    def picture(self) -> bytes:
        """Return the page as a PNG."""

    @abstractmethod
    def close(self) -> None:
        """End the browser."""

    @abstractmethod
    def _evaluate(self, function: str, arguments: str) -> str:
        """Call a function of JavaScript; both sides are JSON."""

    @abstractmethod
    def _perform(self, actions: Sequence[Mapping[str, Any]]) -> None:
        """Do what WebDriver calls actions."""

    def run(self, function: str, *arguments: object) -> Any:
        """Call a function of JavaScript in the page and return what it gives, or resolves to."""
        return json.loads(self._evaluate(function, json.dumps(arguments)))

    def until(self, function: str, *arguments: object) -> Any:
        """Call it until it gives something true.

        Raises:
            TimeoutError: if it does not; the message is the page's text.
        """
        deadline_secs = time.monotonic() + _LIMIT_SECS
        while not (found := self.run(function, *arguments)):
            if time.monotonic() > deadline_secs:
                shown = self.run("() => document.body.innerText")
                raise TimeoutError(f"not in {self.name}: {function} {arguments}\n{shown}")
            time.sleep(_POLL_SECS)
        return found

    def sees(self, words: str) -> None:
        """Wait until the page shows words, given as a regular expression."""
        self.until("(words) => new RegExp(words, 'is').test(document.body.innerText)", words)

    def press(self, name: str) -> None:
        """Click the control whose name begins so, once it is there."""
        x, y = self.until(_PLACE, name)
        move = {"type": "pointerMove", "x": x, "y": y, "duration": 0}
        down, up = ({"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp"))
        self._perform([{"type": "pointer", "id": "mouse", "actions": [move, down, up]}])

    def type(self, text: str) -> None:
        """Press the keys of a text; a line end is Enter."""
        keys = [
            {"type": kind, "value": "\ue007" if key == "\n" else key}
            for key in text
            for kind in ("keyDown", "keyUp")
        ]
        self._perform([{"type": "key", "id": "keyboard", "actions": keys}])

    def shoot(self, state: str) -> None:
        """Keep a picture to look at."""
        ARTEFACTS_DIR.mkdir(exist_ok=True)
        # A new size, or new words, are there with the frame after the next.
        self.run(_TWO_FRAMES)
        (ARTEFACTS_DIR / f"{self.name}-{state}.png").write_bytes(self.picture())

    def overflow(self) -> int:
        """Return how many pixels of the page are beside the window."""
        return self.run("() => document.documentElement.scrollWidth - innerWidth")


def wait_for_line(log: Path, beginning: str) -> str:
    """Return the rest of the first line that has `beginning` in it.

    Raises:
        TimeoutError: if there is none.
    """
    deadline_secs = time.monotonic() + _LIMIT_SECS
    while time.monotonic() < deadline_secs:
        for line in log.read_text(errors="replace").splitlines():
            if beginning in line:
                return line.partition(beginning)[2].strip()
        time.sleep(_POLL_SECS)
    raise TimeoutError(f"no {beginning!r} in {log}")
