"""Who sends too much waits; who sends little never does."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from tests.virtual_time import run_in_virtual_time
from tools.mcp.pace import Pace


async def _waited(*, amounts: Sequence[float], every_secs: float) -> float:
    pace = Pace(at_once=10, per_sec=5)
    loop, waited_secs = asyncio.get_running_loop(), 0.0
    for amount in amounts:
        begun_secs = loop.time()
        await pace.take(amount)
        waited_secs += loop.time() - begun_secs
        await asyncio.sleep(every_secs)
    return waited_secs


@pytest.mark.parametrize(
    ("amounts", "every_secs", "waited_secs"),
    [
        ([1] * 10, 0.0, 0.0),
        ([1] * 60, 0.0, 10.0),
        ([1] * 60, 0.2, 0.0),
        ([40], 0.0, 6.0),
        ([10, 0, 10], 60.0, 0.0),
    ],
)
def test_whoever_sends_too_much_waits(
    amounts: Sequence[float], every_secs: float, waited_secs: float
) -> None:
    waited = run_in_virtual_time(_waited(amounts=amounts, every_secs=every_secs))
    assert waited == pytest.approx(waited_secs, abs=0.01)
