"""A real LiveKit server for tests of this folder, one per run."""

from __future__ import annotations

import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest
from pydantic import SecretStr

from bot.livekit_config import LiveKitPorts, build_livekit_config
from bot.room_plan import new_session_id
from bot.rooms import Rooms
from tests.fake_bot import FakeBots

_KEY = "APItests"
_SECRET = "a-secret-for-tests-of-at-least-32-characters"
_START_LIMIT_SECS = 20.0


@dataclass(frozen=True)
class LiveKit:
    """Where the server is and how to talk to it."""

    url: str
    api_key: str
    api_secret: SecretStr


@pytest.fixture(scope="session")
def livekit_server() -> Iterator[LiveKit]:
    """Run livekit-server on free loopback ports."""
    binary = shutil.which("livekit-server")
    if binary is None:
        pytest.skip("livekit-server is not on PATH")
    ports = LiveKitPorts(http=0, media_udp=0).or_free_ones()
    config = build_livekit_config(ports=ports, api_key=_KEY, api_secret=_SECRET, webhook_url=None)
    server = subprocess.Popen(
        [binary, "--config-body", config.decode()],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_healthy(f"http://127.0.0.1:{ports.http}/")
        yield LiveKit(f"ws://127.0.0.1:{ports.http}", _KEY, SecretStr(_SECRET))
    finally:
        server.kill()
        server.wait()


def _wait_healthy(url: str) -> None:
    deadline = time.monotonic() + _START_LIMIT_SECS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise TimeoutError("livekit-server did not answer")


@pytest.fixture
def agent_name() -> str:
    """Return a name of its own for each test: rooms and bots of tests never mix."""
    return f"test{new_session_id()[:8]}"


@pytest.fixture
async def rooms(livekit_server: LiveKit, agent_name: str) -> AsyncIterator[Rooms]:
    """Open the rooms of one test and delete what it leaves."""
    async with Rooms(
        url=livekit_server.url,
        api_key=livekit_server.api_key,
        api_secret=livekit_server.api_secret,
        agent_name=agent_name,
    ) as rooms:
        yield rooms
        for state in await rooms.list_live():
            await rooms.delete(state.room_name)


@pytest.fixture
async def bots(livekit_server: LiveKit, agent_name: str) -> AsyncIterator[FakeBots]:
    """Register a worker for the test's agent name."""
    async with FakeBots(
        url=livekit_server.url,
        api_key=livekit_server.api_key,
        api_secret=livekit_server.api_secret.get_secret_value(),
        agent_name=agent_name,
    ) as bots:
        yield bots
