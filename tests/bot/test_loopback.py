from __future__ import annotations

import time

import pytest

from bot.loopback import loopback_client
from bot.processes.part import Part, open_parts
from tests.bot.small_part import small_part


async def test_a_probe_costs_the_event_loop_next_to_nothing() -> None:
    """Twenty clients that read the certificates take a third of a second."""
    begun_secs = time.process_time()
    for _ in range(20):
        await loopback_client(limit_secs=1.0).aclose()
    assert time.process_time() - begun_secs < 0.1


async def test_health_of_a_part_is_cheap_and_goes_past_every_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    part = small_part(on_line=lambda _: None)
    async with open_parts(part) as ready:
        await ready
        assert await _cpu_secs(part) < 0.2


async def _cpu_secs(part: Part) -> float:
    begun_secs = time.process_time()
    for _ in range(20):
        assert await part.is_healthy()
    return time.process_time() - begun_secs
