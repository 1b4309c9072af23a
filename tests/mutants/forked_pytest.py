"""Runs pytest again and again without importing the libraries each time: they take five seconds.

A process imports them once and forks for every run, before any module of the project is there.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path

import pytest

_OURS = ("bot", "processors", "tools", "bench", "examples", "setup", "tests", "runner", "__main__")
# What they import is what most tests need.
_IMPORTED = (
    "bot.worker.preload",
    "bot.serve",
    "bot.doctor.installation",
    "tests.conftest",
    "pytest_asyncio",
    # Its plugin would import it for the summary of a run, and Python 3.11.7 may fail to compile
    # after an ExceptionGroup ("AST constructor recursion depth mismatch").
    "hypothesis",
)
_POLL_SECS = 0.02
_OUTPUT = "pytest-output.txt"


class ForkedPytest:
    """The process that forks, in a folder with the project."""

    def __init__(self, folder: Path) -> None:
        """Start it; it is ready when the first run is asked for, or a little later."""
        self._folder = folder
        self._errors = (folder / "pytest-errors.txt").open("w+", encoding="utf-8")
        self._process = subprocess.Popen(
            (sys.executable, "-m", "tests.mutants.forked_pytest"),
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            # What a run that is cut short leaves goes with the folder.
            env={**os.environ, "TMPDIR": self._own_temporary()},
        )

    def _own_temporary(self) -> str:
        folder = self._folder / "tmp"
        folder.mkdir()
        return str(folder)

    def close(self) -> None:
        """End it; a run that goes on ends too."""
        self._process.terminate()
        self._process.communicate()
        self._errors.close()

    def run(self, tests: list[str], *, limit_secs: float) -> tuple[int, str]:
        """Return the exit code (-1 when it ran into the limit) and the output of a run."""
        pipes = self._process.stdin, self._process.stdout
        assert pipes[0] and pipes[1]
        pipes[0].write(json.dumps({"tests": tests, "limit_secs": limit_secs}) + "\n")
        pipes[0].flush()
        answer = pipes[1].readline()
        if not answer:
            self._errors.seek(0)
            raise RuntimeError(f"the process that forks has ended:\n{self._errors.read()}")
        output = (self._folder / _OUTPUT).read_text(encoding="utf-8", errors="replace")
        return int(answer), output


def main() -> None:
    """Import the libraries, then fork for each line that comes."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    for name in _libraries():
        importlib.import_module(name)
    for line in sys.stdin:
        wish = json.loads(line)
        print(_run(wish["tests"], wish["limit_secs"]), flush=True)  # noqa: T201 - the answer


def _libraries() -> list[str]:
    """Return the names of what the project imports, found out in a process of their own."""
    code = (
        f"import json, sys, {', '.join(_IMPORTED)}\n"
        f"names = [name for name in sys.modules if name.partition('.')[0] not in {_OURS}]\n"
        "print(json.dumps(names))"
    )
    said = subprocess.check_output((sys.executable, "-c", code), text=True)
    return json.loads(said.splitlines()[-1])


def _run(tests: list[str], limit_secs: float) -> int:
    child = os.fork()
    if child == 0:
        _become_pytest(tests)
    try:
        return _exit_code(child, time.monotonic() + limit_secs)
    finally:
        _end_group(child)


def _become_pytest(tests: list[str]) -> None:
    """Run the tests in a group of processes of their own, and leave."""
    code = 3
    try:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        silence = os.open(os.devnull, os.O_RDONLY)
        output = os.open(_OUTPUT, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(silence, 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        # A failure is told in a line: to show its source it is compiled, which may fail as well.
        code = int(pytest.main(["-x", "-q", "--tb=line", "-p", "no:cacheprovider", *tests]))
    except BaseException:  # noqa: BLE001 - it leaves by its exit code alone
        # Else nobody would know why nothing could be run.
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        # Libraries' own ends would wait for threads that a fork leaves behind.
        os._exit(code)


def _exit_code(child: int, deadline: float) -> int:
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(_POLL_SECS)
    return -1


def _end_group(child: int) -> None:
    """End what a run has left, and the run itself if it goes on."""
    try:
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
    except (ProcessLookupError, ChildProcessError):
        return


if __name__ == "__main__":
    main()
