"""What a start does while what it needs is late: Postgres and LiveKit, after so many seconds.

    python -m bench.late --postgres 60 --livekit 5
    python -m bench.late --postgres never
    python -m bench.late --comes-back

A runner is started at once, as after a reboot. It is told when it is well, or how it ends; with
`--comes-back` each of the two is killed then, for 8 s. No call is made.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.livekit.config import LiveKitPorts, build_livekit_config
from bot.livekit.install import find_or_install
from bot.settings import bare_environment, load_settings
from tests.deploy.parts import KEY, SECRET, Parts, is_well
from tests.ports import free_port
from tests.postgres_server import is_postgres_up, postgres_command, postgres_url

_LIMIT_SECS = 240.0
_GONE_SECS = 8.0
_POLL_SECS = 0.2
_TOLD = ("DATABASE_URL", "LiveKit does not", "LiveKit cannot", "cannot start", "hear of each other")


@dataclass(frozen=True, kw_only=True)
class _Needed:
    """What a runner needs, as it is started."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    is_up: Callable[[], bool]


def _needed(folder: Path, program: Path, postgres: int, ports: LiveKitPorts) -> list[_Needed]:
    config = folder / "livekit.json"
    config.write_bytes(
        build_livekit_config(ports=ports, api_key=KEY, api_secret=SECRET, webhook_url=None)
    )
    data = folder / "postgres"
    data.mkdir(mode=0o755)
    return [
        _Needed(
            name="postgres",
            command=postgres_command(data, port=postgres),
            env=os.environ,
            is_up=lambda: is_postgres_up(port=postgres),
        ),
        _Needed(
            name="livekit",
            command=(str(program), "--config", str(config)),
            env=os.environ,
            is_up=lambda: is_well(f"http://127.0.0.1:{ports.http}/"),
        ),
    ]


class _Start:
    """One start, and the time since then."""

    def __init__(self, parts: Parts, settings: Mapping[str, str]) -> None:
        self._parts = parts
        self._health = f"http://127.0.0.1:{settings['PORT']}/api/health"
        self._began_secs = time.monotonic()
        parts.start("runner", (sys.executable, "runner.py"), bare_environment(settings))

    @property
    def secs(self) -> float:
        return time.monotonic() - self._began_secs

    def say(self, words: str) -> None:
        print(f"{self.secs:6.1f} s  {words}", flush=True)

    def is_well(self) -> bool:
        return is_well(self._health)

    def wait(self, late: Mapping[str, float], needed: Mapping[str, _Needed]) -> bool:
        """Bring what is late until the runner is well; False if it ends."""
        due = {name: secs for name, secs in late.items() if secs < math.inf}
        while self.secs < _LIMIT_SECS:
            for name in [name for name, secs in due.items() if self.secs >= secs]:
                del due[name]
                self.bring(needed[name])
            if not self._parts.is_up("runner"):
                self.say(f"the runner ends with {self._parts.processes['runner'].returncode}")
                return False
            if not due and self.is_well():
                self.say("the runner is well")
                return True
            time.sleep(_POLL_SECS)
        raise TimeoutError

    def bring(self, one: _Needed) -> None:
        self._parts.start(one.name, one.command, one.env)
        self.say(f"{one.name} comes")

    def lose(self, one: _Needed) -> None:
        """Have it gone for a while."""
        self._parts.kill(one.name)
        self.say(f"{one.name} is gone")
        time.sleep(_GONE_SECS)
        self.say("the runner says that it is well" if self.is_well() else "it is not well")
        self.bring(one)
        self._parts.until(one.is_up)
        self._parts.until(self.is_well, _LIMIT_SECS)
        self.say("the runner is well")


def _run(options: argparse.Namespace, folder: Path, program: Path) -> None:
    postgres, ports = free_port(), LiveKitPorts(http=0, media_udp=0).or_free_ones()
    needed = {one.name: one for one in _needed(folder, program, postgres, ports)}
    settings = {
        "PORT": str(free_port()),
        "DATA_DIR": str(folder / "data"),
        "DATABASE_URL": postgres_url(port=postgres),
        "LIVEKIT_URL": f"ws://127.0.0.1:{ports.http}",
        "LIVEKIT_API_KEY": KEY,
        "LIVEKIT_API_SECRET": SECRET,
        "PARKED_BOTS": "0",
        # Nobody is asked: no call is made.
        "OPENAI_BASE_URL": "http://127.0.0.1:9",
        "DEEPGRAM_BASE_URL": "ws://127.0.0.1:9",
    }
    parts = Parts(folder=folder)
    try:
        start = _Start(parts, settings)
        late = {"postgres": options.postgres, "livekit": options.livekit}
        if start.wait(late, needed) and options.comes_back:
            for one in needed.values():
                start.lose(one)
    finally:
        # Whoever is asked by others would wait for them.
        for name in ("runner", *needed):
            if parts.is_up(name):
                (parts.stop if name == "runner" else parts.kill)(name)
    for line in parts.log("runner").splitlines():
        if any(words in line for words in _TOLD):
            print(f"  {line}")


def _secs(text: str) -> float:
    return math.inf if text == "never" else float(text)


def _main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("postgres", "livekit"):
        parser.add_argument(f"--{name}", type=_secs, default=0.0, help="seconds, or never")
    parser.add_argument("--comes-back", action="store_true", help="both are gone for a while")
    options = parser.parse_args()
    program = asyncio.run(find_or_install(load_settings()))
    with tempfile.TemporaryDirectory(prefix="parley-late-") as name:
        # Postgres is somebody else's.
        Path(name).chmod(0o755)
        _run(options, Path(name), program)


if __name__ == "__main__":
    _main()
