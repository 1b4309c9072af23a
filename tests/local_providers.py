"""The local provider server as a process of its own, as the runner starts it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from tests.ports import free_port

_START_LIMIT_SECS = 60.0
_STOP_LIMIT_SECS = 10.0


@dataclass(frozen=True)
class LocalProviders:
    port: int

    @property
    def http_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def openai_url(self) -> str:
        return f"{self.http_url}/v1"

    @property
    def deepgram_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"


@contextmanager
def open_local_providers() -> Generator[LocalProviders]:
    """Run `python -m bot.local` until the block ends; it is warm when the block begins."""
    providers = LocalProviders(free_port())
    arguments = [sys.executable, "-m", "bot.local", "--port", str(providers.port), "--faults"]
    process = subprocess.Popen([*arguments, "--log-level", "WARNING"])
    try:
        _wait_until_warm(process, providers)
        yield providers
    finally:
        process.terminate()
        process.wait(_STOP_LIMIT_SECS)


def _wait_until_warm(process: subprocess.Popen[bytes], providers: LocalProviders) -> None:
    deadline = time.monotonic() + _START_LIMIT_SECS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the local providers ended with code {process.returncode}")
        try:
            if httpx.get(f"{providers.http_url}/health").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise TimeoutError("the local providers did not become healthy")
