"""Firefox by WebDriver BiDi, which it speaks itself: no driver is needed."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from typing_extensions import override
from websockets.sync.client import connect

from tests.browsers.browser import Browser, wait_for_line

PROGRAM = shutil.which("firefox-esr") or shutil.which("firefox")

_PREFERENCES: Mapping[str, object] = {
    # A microphone of its own, which beeps, and nobody to ask for it.
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    # Calls to this machine alone.
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    # It asks nobody outside for anything.
    "app.update.enabled": False,
    "browser.aboutwelcome.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
}
_LIMIT_SECS = 60.0


class Firefox(Browser):
    """A headless Firefox with a profile of its own."""

    name = "firefox"

    def __init__(self, folder: Path, *, is_dark: bool = False) -> None:
        assert PROGRAM is not None
        self.errors = []
        profile = folder / "profile"
        profile.mkdir()
        # 0 is dark, 1 is light.
        scheme = {"layout.css.prefers-color-scheme.content-override": int(not is_dark)}
        preferences = {**_PREFERENCES, **scheme}
        lines = (f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in preferences.items())
        (profile / "user.js").write_text("\n".join(lines))
        log = folder / "firefox.log"
        with log.open("wb") as sink:
            self._process = subprocess.Popen(
                [PROGRAM, "--headless", "--profile", str(profile), "--remote-debugging-port=0"],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
            )
        self._asked = 0
        address = wait_for_line(log, "WebDriver BiDi listening on ")
        self._socket = connect(f"{address}/session", max_size=None)
        self._ask("session.new", capabilities={})
        self._ask("session.subscribe", events=["log.entryAdded"])
        [window] = self._ask("browsingContext.getTree")["contexts"]
        self._context: str = window["context"]

    @override
    def go(self, url: str) -> None:
        self._ask("browsingContext.navigate", context=self._context, url=url, wait="complete")

    @override
    def resize(self, width: int, height: int) -> None:
        viewport = {"width": width, "height": height}
        self._ask("browsingContext.setViewport", context=self._context, viewport=viewport)

    @override
    def picture(self) -> bytes:
        shot = self._ask("browsingContext.captureScreenshot", context=self._context)
        return base64.b64decode(shot["data"])

    @override
    def close(self) -> None:
        try:
            self._ask("browser.close")
        finally:
            self._socket.close()
            try:
                self._process.wait(_LIMIT_SECS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    @override
    def _evaluate(self, function: str, arguments: str) -> str:
        answer = self._ask(
            "script.callFunction",
            functionDeclaration=f"async (given) => "
            f"JSON.stringify(await ({function})(...JSON.parse(given))) ?? 'null'",
            arguments=[{"type": "string", "value": arguments}],
            target={"context": self._context},
            awaitPromise=True,
        )
        if answer["type"] == "exception":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return answer["result"]["value"]

    @override
    def _perform(self, actions: Sequence[Mapping[str, Any]]) -> None:
        self._ask("input.performActions", context=self._context, actions=actions)

    def _ask(self, method: str, **parameters: object) -> dict[str, Any]:
        self._asked += 1
        message = {"id": self._asked, "method": method, "params": parameters}
        self._socket.send(json.dumps(message))
        while True:
            answer: dict[str, Any] = json.loads(self._socket.recv(timeout=_LIMIT_SECS))
            if answer["type"] == "event":
                self._note(answer["params"])
            elif answer["id"] == self._asked:
                break
        if answer["type"] == "error":
            raise RuntimeError(f"{method}: {answer['message']}")
        return answer["result"]

    def _note(self, entry: Mapping[str, Any]) -> None:
        if entry["level"] == "error":
            self.errors.append(str(entry["text"]))
