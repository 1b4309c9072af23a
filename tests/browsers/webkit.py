"""WebKit as GTK builds it, in its own small browser, by WebDriver over HTTP.

Debian builds it without WebRTC: what is shown of the page is what needs no call.
"""

from __future__ import annotations

import base64
import glob
import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
from typing_extensions import override

from tests.browsers.browser import Browser
from tests.ports import free_port

DRIVER = shutil.which("WebKitWebDriver")
SCREEN = shutil.which("Xvfb")

_PROGRAMS = "/usr/lib/*/webkit2gtk-4.1/MiniBrowser"
_CONSOLE = "CONSOLE "
_LIMIT_SECS = 60.0
_FUNCTION = """
    const [given, done] = arguments;
    (async () => JSON.stringify(await (%s)(...JSON.parse(given))) ?? "null")()
        .then((value) => done({ value }), (error) => done({ error: String(error) }));
"""


class WebKit(Browser):
    """One window on a screen that nobody sees."""

    name = "webkit"

    def __init__(self, folder: Path, *, is_dark: bool = False) -> None:
        assert DRIVER is not None
        assert SCREEN is not None
        self.errors = []
        self._log = folder / "webkit.log"
        self._read = 0
        self._sink = self._log.open("wb")
        shown, told = os.pipe()
        screen = [SCREEN, "-displayfd", str(told), "-screen", "0", "1600x1200x24", "-nolisten"]
        self._screen = subprocess.Popen(
            [*screen, "tcp"], pass_fds=[told], stdout=self._sink, stderr=self._sink
        )
        os.close(told)
        with os.fdopen(shown) as reader:
            display = f":{reader.readline().strip()}"
        port = free_port()
        theme = "Adwaita:dark" if is_dark else "Adwaita"
        self._driver = subprocess.Popen(
            [DRIVER, "--host=127.0.0.1", f"--port={port}"],
            env={**os.environ, "DISPLAY": display, "GTK_THEME": theme, "NO_AT_BRIDGE": "1"},
            stdin=subprocess.DEVNULL,
            stdout=self._sink,
            stderr=self._sink,
        )
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=_LIMIT_SECS)
        self._path = ""
        options = {
            "binary": glob.glob(_PROGRAMS)[0],
            "args": ["--automation", "--enable-write-console-messages-to-stdout=true"],
        }
        wish = {"alwaysMatch": {"webkitgtk:browserOptions": options}}
        self._wait_for_driver()
        session = self._ask("POST", "/session", capabilities=wish)
        self._path = f"/session/{session['sessionId']}"

    @override
    def go(self, url: str) -> None:
        self._ask("POST", "/url", url=url)

    @override
    def resize(self, width: int, height: int) -> None:
        # By the window; what its frame takes is given on top.
        for _ in range(2):
            inside = self.run("() => [innerWidth, innerHeight]")
            outside = self._ask("GET", "/window/rect")
            wide = outside["width"] + width - inside[0]
            high = outside["height"] + height - inside[1]
            self._ask("POST", "/window/rect", width=wide, height=high)

    @override
    def picture(self) -> bytes:
        return base64.b64decode(self._ask("GET", "/screenshot"))

    @override
    def close(self) -> None:
        try:
            self._ask("DELETE", "")
        finally:
            self._http.close()
            for process in (self._driver, self._screen):
                process.terminate()
                process.wait(_LIMIT_SECS)
            self._sink.close()

    @override
    def _evaluate(self, function: str, arguments: str) -> str:
        answer = self._ask("POST", "/execute/async", script=_FUNCTION % function, args=[arguments])
        self._note_errors()
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["value"]

    @override
    def _perform(self, actions: Sequence[Mapping[str, Any]]) -> None:
        self._ask("POST", "/actions", actions=actions)

    def _wait_for_driver(self) -> None:
        deadline_secs = time.monotonic() + _LIMIT_SECS
        while time.monotonic() < deadline_secs:
            try:
                self._http.get("/status")
                return
            except httpx.TransportError:
                time.sleep(0.1)
        raise TimeoutError("WebKitWebDriver does not answer")

    def _ask(self, method: str, path: str, **body: object) -> Any:
        content = body if method == "POST" else None
        value = self._http.request(method, self._path + path, json=content).json()["value"]
        if isinstance(value, dict) and "stacktrace" in value:
            raise RuntimeError(f"{path}: {value}")
        return value  # pyright: ignore[reportUnknownVariableType]

    def _note_errors(self) -> None:
        lines = self._log.read_text(errors="replace").splitlines()
        fresh, self._read = lines[self._read :], len(lines)
        self.errors += [line for line in fresh if _CONSOLE in line and " ERROR " in line]
