"""Three workers of unequal size at a real LiveKit, filled one by one and six at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.livekit.server import LiveKitServer
from tests.filling import SIZES, deviation, open_filling
from tests.postgres_server import find_postgres, postgres_server


@pytest.mark.promise("Limits", "Workers of any sizes fill evenly: none is a call off its share.")
async def test_workers_fill_evenly_also_when_calls_come_at_once(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    if find_postgres() is None:
        pytest.skip("Postgres is not installed (on Debian: apt-get install postgresql)")
    secret = livekit_server.api_secret.get_secret_value()
    with postgres_server() as database_url:
        async with open_filling(
            [livekit_server.url],
            key=livekit_server.api_key,
            secret=secret,
            database_url=database_url,
            folder=tmp_path,
        ) as filling:
            for at_once in (1, 6):
                steps = await filling.fill(at_once=at_once)
                assert [step for step in steps if deviation(step.held) > 1.0] == []
                assert steps[-1].held == list(SIZES)
