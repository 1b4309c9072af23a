"""`runner.py` as a process: a command that ends by itself, or a run and its family."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bot.settings import child_environment
from tests.layout import PROJECT_ROOT

RUNNER = PROJECT_ROOT / "runner.py"
START_LIMIT_SECS = 90.0
_STOP_LIMIT_SECS = 40.0


def command(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command that ends by itself."""
    return subprocess.run(
        [sys.executable, str(RUNNER), *arguments],
        env=child_environment(settings),
        capture_output=True,
        text=True,
        timeout=START_LIMIT_SECS,
    )


def until(condition: Callable[[], bool], *, limit_secs: float) -> None:
    """Wait for another process."""
    deadline = time.monotonic() + limit_secs
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@dataclass
class Run:
    """One `runner.py serve` and its family."""

    process: subprocess.Popen[bytes]
    output: Path

    @property
    def text(self) -> str:
        return self.output.read_text()

    @property
    def url(self) -> str:
        found = re.search(r"Page\s.*?(http://\S+)|Join link\s+(http://[^/]+)", self.text)
        assert found is not None
        return (found.group(1) or found.group(2)).rstrip("/")

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, *words: str) -> psutil.Process:
        """Return the child process whose command line holds these words."""
        for one in self.family():
            if all(word in one.cmdline() for word in words):
                return one
        raise AssertionError(f"no child {words}")

    def wait_ready(self, sign: str = "Parley is ready") -> None:
        def is_ready() -> bool:
            assert self.process.poll() is None, self.text
            return sign in self.text

        until(is_ready, limit_secs=START_LIMIT_SECS)

    def wait_end(self) -> int:
        return self.process.wait(_STOP_LIMIT_SECS)


@contextmanager
def running(output: Path, *arguments: str, **settings: str) -> Generator[Run]:
    """Start the assistant on a free port; whatever is left of it at the end is ended."""
    with output.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, str(RUNNER), *arguments],
            env=child_environment({"PORT": "0", **settings}),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            # The folder a person happens to be in makes no difference.
            cwd=output.parent,
        )
    run = Run(process, output)
    try:
        yield run
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(_STOP_LIMIT_SECS)


def assert_gone(family: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(family, timeout=10.0)
    assert alive == []
