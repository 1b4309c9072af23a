"""What every subject of a bench stands on: a LiveKit server, a stand-in, and started processes."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import httpx
from livekit import api
from loguru import logger

from bench.standin.server import Standin, open_standin
from bot.livekit.config import LiveKitPorts
from bot.livekit.server import LiveKitServer, open_livekit_server
from bot.processes.die_with_parent import with_parent
from bot.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results"
_LOGS = RESULTS / "logs"
_START_LIMIT_SECS = 60.0
_STOP_LIMIT_SECS = 5.0
_POLL_SECS = 0.2


@dataclass(frozen=True)
class Stage:
    """What every subject stands on."""

    livekit: LiveKitServer
    standin: Standin

    def token(self, room: str, identity: str) -> str:
        """Return a plain participant's token."""
        return (
            api.AccessToken(self.livekit.api_key, self.livekit.api_secret.get_secret_value())
            .with_identity(identity)
            .with_grants(api.VideoGrants(room_join=True, room=room))
            .to_jwt()
        )

    @property
    def livekit_environment(self) -> dict[str, str]:
        return {
            "LIVEKIT_URL": self.livekit.url,
            "LIVEKIT_API_KEY": self.livekit.api_key,
            "LIVEKIT_API_SECRET": self.livekit.api_secret.get_secret_value(),
        }


@asynccontextmanager
async def open_process(
    command: Sequence[str], folder: Path = ROOT, /, *, log: str, **environment: str
) -> AsyncGenerator[asyncio.subprocess.Process]:
    """Run `command` with its output in `bench/results/logs/`; end it and its children after.

    What it keeps is its own, and goes with it. It runs in `folder`.
    """
    with open_log(log) as output, tempfile.TemporaryDirectory() as data_dir:
        process = await asyncio.create_subprocess_exec(
            *with_parent(command),
            cwd=folder,
            # What a bench needs of the settings it says itself; a private .env must not mix in.
            env={**os.environ, "DATA_DIR": data_dir, **environment},
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), _STOP_LIMIT_SECS)
            except TimeoutError:
                process.kill()
                await process.wait()


async def until_answering(
    http: httpx.AsyncClient, path: str, process: asyncio.subprocess.Process
) -> None:
    """Wait until `path` answers 200.

    Raises:
        RuntimeError: if the process ends first.
        TimeoutError: if it does not answer within a minute.
    """
    async with asyncio.timeout(_START_LIMIT_SECS):
        while process.returncode is None:
            try:
                if (await http.get(path)).is_success:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(_POLL_SECS)
    raise RuntimeError(f"a process ended with code {process.returncode}; see {_LOGS}")


async def until_logged(log: str, words: str, process: asyncio.subprocess.Process) -> None:
    """Wait until `words` are in a process's log.

    Raises:
        RuntimeError: if the process ends first.
        TimeoutError: if they do not come within a minute.
    """
    async with asyncio.timeout(_START_LIMIT_SECS):
        while process.returncode is None:
            if words in log_text(log):
                return
            await asyncio.sleep(_POLL_SECS)
    raise RuntimeError(f"a process ended with code {process.returncode}; see {_LOGS}")


def open_log(name: str) -> BinaryIO:
    """Open a fresh log file in bench/results/logs/."""
    _LOGS.mkdir(parents=True, exist_ok=True)
    return (_LOGS / f"{name}.log").open("wb")


def log_text(log: str) -> str:
    """Return what a process has written to its log so far."""
    return (_LOGS / f"{log}.log").read_text(errors="replace")


@asynccontextmanager
async def open_stage() -> AsyncGenerator[Stage]:
    """Run a LiveKit server and a stand-in, both on free ports of loopback."""
    settings = Settings(_env_file=None)  # pyright: ignore[reportCallIssue]
    ports = LiveKitPorts(http=0, media_udp=0)
    async with open_livekit_server(settings, ports=ports) as livekit, open_standin() as standin:
        yield Stage(livekit, standin)


def quiet_logs() -> None:
    """Show errors only: a report is what a bench prints."""
    logger.remove()
    logger.add(sys.stderr, level="ERROR")


def free_port() -> int:
    """Return a TCP port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
