"""The whole assistant as a person starts it: `python runner.py` as a process of its own."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from bot.settings import child_environment
from tests.ports import free_port

_ROOT = Path(__file__).parents[2]
_START_LIMIT_SECS = 120.0
_STOP_LIMIT_SECS = 40.0
_POLL_SECS = 0.1


@dataclass
class Stack:
    """A running assistant."""

    base_url: str
    worker_url: str
    process: subprocess.Popen[bytes]
    log: Path
    resting_bots: int
    """Bots that wait for callers: the parked ones and the one behind the join link."""
    settings: Mapping[str, str | int | float]

    def health(self) -> dict[str, Any]:
        """Return what `GET /api/health` says."""
        return httpx.get(f"{self.base_url}/api/health", timeout=10.0).json()

    def start_session(self, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Start a session as the page does."""
        answer = httpx.post(f"{self.base_url}/api/sessions", json=body or {}, timeout=20.0)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def start_by_token(self) -> dict[str, Any]:
        """Start a session as LiveKit's own clients do."""
        answer = httpx.post(f"{self.base_url}/api/token", json={}, timeout=20.0)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def end(self, started: dict[str, Any]) -> None:
        """Hang up."""
        httpx.delete(
            f"{self.base_url}/api/sessions/{started['session_id']}",
            headers={"Authorization": f"Bearer {started['participant_token']}"},
            timeout=10.0,
        ).raise_for_status()

    def session(self, started: dict[str, Any]) -> dict[str, Any]:
        """Return what the API says of a session."""
        answer = httpx.get(
            f"{self.base_url}/api/sessions/{started['session_id']}",
            headers={"Authorization": f"Bearer {started['participant_token']}"},
            timeout=10.0,
        )
        return answer.json()

    def active_bots(self) -> int:
        """Return how many bot processes hold a session, parked ones included."""
        # Protobuf's JSON leaves out a zero.
        answer = httpx.get(f"{self.worker_url}/worker", timeout=5.0).json()
        return int(answer.get("active_jobs", 0))

    def join_link(self) -> str:
        """Return the one-time link the runner printed."""
        found = re.search(r"http://\S+#join=\S+", self.log.read_text())
        assert found is not None, "the runner printed no join link"
        return found.group()

    def until(self, condition: Any, limit_secs: float = 20.0) -> None:
        """Ask until the answer is true.

        Raises:
            TimeoutError: if it is not within the limit; the message ends the runner's log.
        """
        deadline = time.monotonic() + limit_secs
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"not within {limit_secs} s\n{self.log_tail()}")
            time.sleep(_POLL_SECS)

    def restart(self) -> None:
        """Start it again, as it was, once it has been killed."""
        self.process = _started(self.log, self.settings)

    def wait_until_ready(self) -> None:
        """Wait until it takes calls, with all its bots at rest."""

        def is_ready() -> bool:
            if not _is_alive(self.process):
                raise AssertionError(f"the runner ended at start\n{self.log_tail()}")
            try:
                is_healthy = httpx.get(f"{self.base_url}/api/health", timeout=5.0).is_success
                return is_healthy and self.active_bots() >= self.resting_bots
            except httpx.HTTPError:
                return False

        self.until(is_ready, _START_LIMIT_SECS)

    def log_tail(self) -> str:
        return self.log.read_text()[-4000:]


@contextmanager
def open_stack(log: Path, **settings: str | int | float) -> Generator[Stack]:
    """Run the assistant on free ports until the block ends; it is ready when the block begins."""
    port, worker_port = free_port(), free_port()
    changes: dict[str, str | int | float] = {
        "PORT": port,
        "WORKER_PORT": worker_port,
        "STARTS_PER_MINUTE": 1000,
        # Callers here leave without hanging up, and their lines are wanted.
        "RESUME_SECS": 3,
        **settings,
    }
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    stack = Stack(
        base_url=f"http://127.0.0.1:{port}",
        worker_url=f"http://127.0.0.1:{worker_port}",
        process=_started(log, changes),
        log=log,
        resting_bots=1 + int(changes.get("PARKED_BOTS", 1)),
        settings=changes,
    )
    try:
        stack.wait_until_ready()
        yield stack
    finally:
        stop(stack.process)


def _started(log: Path, settings: Mapping[str, str | int | float]) -> subprocess.Popen[bytes]:
    with log.open("ab") as sink:
        return subprocess.Popen(
            [sys.executable, "runner.py"],
            cwd=_ROOT,
            env=child_environment({name: str(value) for name, value in settings.items()}),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
        )


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the runner to end, and see that everything it started is gone.

    Raises:
        AssertionError: if a process is left.
    """
    family = psutil.Process(process.pid).children(recursive=True) if _is_alive(process) else []
    process.terminate()
    try:
        process.wait(_STOP_LIMIT_SECS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise AssertionError("the runner did not end by itself") from None
    finally:
        _, alive = psutil.wait_procs(family, timeout=5.0)
        for left in alive:
            left.kill()
    assert not alive, f"processes left behind: {alive}"


def _is_alive(process: subprocess.Popen[bytes]) -> bool:
    return process.poll() is None
