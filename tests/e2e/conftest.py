"""End to end: the real runner with everything it starts, on free ports."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.livekit.server import LiveKitServer
from tests.conftest import ARTEFACTS_DIR
from tests.e2e.stack import Stack, open_stack
from tests.e2e.stage_call import StageCall, open_stage, write_beeps


@pytest.fixture(scope="package")
def stack(worker_id: str) -> Iterator[Stack]:
    """The assistant with no setting but the ports, shared by a worker's tests of this folder."""
    with open_stack(ARTEFACTS_DIR / f"runner-{worker_id}.log") as opened:
        yield opened


@pytest.fixture
async def stage(livekit_server: LiveKitServer, tmp_path: Path) -> AsyncIterator[StageCall]:
    """The page in Chromium, a microphone that beeps, and a bot that the test plays."""
    microphone = tmp_path / "beeps.wav"
    write_beeps(microphone)
    async with open_stage(livekit_server, microphone=microphone) as opened:
        yield opened
