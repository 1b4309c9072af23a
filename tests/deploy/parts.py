"""The parts of a server that a test starts, kills and looks into."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bot.settings import PROJECT_ROOT

KEY, SECRET = "parley", "a-secret-of-this-test-alone-0123456789"
"""LiveKit's."""
START_LIMIT_SECS = 180.0
_STOP_LIMIT_SECS = 60.0  # TimeoutStopSec of the unit


@dataclass(kw_only=True)
class Parts:
    """Processes by name, each with a log. They are started one by one, and ended by `close`."""

    folder: Path
    """For logs, and for what parts keep."""
    processes: dict[str, subprocess.Popen[bytes]] = field(
        default_factory=dict[str, subprocess.Popen[bytes]]
    )
    """In the order of their first start."""

    def start(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> None:
        """Start a part, for the first time or again."""
        with (self.folder / f"{name}.log").open("ab") as sink:
            sink.write(f"{shlex.join(command)}\n".encode())
            self.processes[name] = subprocess.Popen(
                command,
                cwd=PROJECT_ROOT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
            )

    def is_up(self, name: str) -> bool:
        """Tell whether a part has been started and has not ended."""
        return name in self.processes and self.processes[name].poll() is None

    def kill(self, name: str) -> None:
        """Kill a part as nothing else does: it has no time for anything."""
        self.processes[name].kill()
        self.processes[name].wait()

    def stop(self, name: str) -> int:
        """Stop it as systemd does: it alone is told. Returns its exit code."""
        process = self.processes[name]
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(_STOP_LIMIT_SECS)
        except subprocess.TimeoutExpired:
            self.kill(name)
            raise

    def close(self) -> None:
        """Stop all, the last one first."""
        for name in reversed(self.processes):
            if self.is_up(name):
                try:
                    self.stop(name)
                except subprocess.TimeoutExpired:
                    continue

    def log(self, name: str) -> str:
        """Return what a part has written."""
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def log_lines(self, name: str) -> list[dict[str, Any]]:
        """Return what a runner and all its parts have written, of LOG_FORMAT=json."""
        return [json.loads(one) for one in self.log(name).splitlines() if one.startswith("{")]

    def until_up(self, name: str, is_ready: Callable[[], bool]) -> None:
        """Wait until a part that was started is ready."""

        def is_there() -> bool:
            assert self.is_up(name), self.log(name)[-4000:]
            return is_ready()

        self.until(is_there, START_LIMIT_SECS)

    def until(self, condition: Callable[[], bool], limit_secs: float = 30.0) -> None:
        """Ask until the answer is true."""
        deadline = time.monotonic() + limit_secs
        while not condition():
            assert time.monotonic() < deadline, f"not within {limit_secs} s"
            time.sleep(0.1)


def is_well(url: str) -> bool:
    """Tell whether somebody there says that all is well."""
    try:
        return httpx.get(url, timeout=5.0, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def settings_in(path: Path) -> dict[str, str]:
    """Return what a file of settings says."""
    lines = path.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def changed(text: str, changes: Mapping[str, str]) -> str:
    """Return a file with other words in the place of those that it has."""
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def succeeds(command: Sequence[str]) -> bool:
    """Tell whether a short command, which may be of another machine, ends well."""
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
