"""R: what the room itself costs, measured with no bot in it."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from bench.caller import Caller
from bench.sound import SAMPLE_RATE_HZ, tone
from bench.stage import Stage
from bench.subjects import Echo

_ECHO_TONES = 30


async def round_trip_ms(stage: Stage) -> list[float]:
    """Return R: how long the room itself takes from one participant to another and back."""
    trips: list[float] = []
    async with AsyncExitStack() as stack:
        seat = await Echo(stage, stack).start_session()
        caller = await stack.enter_async_context(Caller.join(seat.server_url, seat.token))
        await caller.wait_for_bot()
        await asyncio.sleep(1.0)
        for _ in range(_ECHO_TONES):
            said = await caller.say(tone(600, 0.2, sample_rate_hz=SAMPLE_RATE_HZ))
            onset_secs = await caller.wait_for_onset(said.u0_secs)
            trips.append((onset_secs - said.u0_secs) * 1000)
            await caller.wait_for_silence(0.4)
    return trips
