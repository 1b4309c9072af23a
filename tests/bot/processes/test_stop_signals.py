"""Once is graceful, twice is now."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from bot.processes.stop_signals import StopSignals, open_stop_signals


async def test_first_signal_asks_second_hurries() -> None:
    hurried: list[str] = []
    signals = StopSignals()
    signals.on_second(lambda: hurried.append("now"))
    signals.receive(signal.SIGTERM)
    await asyncio.wait_for(signals.wait(), 1.0)
    assert (signals.first, hurried) == (signal.SIGTERM, [])
    signals.receive(signal.SIGINT)
    assert (signals.first, hurried) == (signal.SIGTERM, ["now"])


async def test_first_signal_cancels_what_is_still_starting() -> None:
    signals = StopSignals()

    async def start() -> None:
        with signals.cancelling():
            await asyncio.Event().wait()

    task = asyncio.create_task(start())
    await asyncio.sleep(0)
    signals.receive(signal.SIGINT)
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_signal_before_the_start_cancels_it_as_well() -> None:
    signals = StopSignals()
    signals.receive(signal.SIGINT)

    async def start() -> None:
        with signals.cancelling():
            await asyncio.Event().wait()

    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(asyncio.create_task(start()), 5.0)


async def test_signal_after_the_start_cancels_nothing() -> None:
    signals = StopSignals()
    with signals.cancelling():
        pass
    signals.receive(signal.SIGINT)
    await asyncio.sleep(0)


async def test_real_signals_are_taken_and_given_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with open_stop_signals() as signals:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(signals.wait(), 1.0)
        assert signals.first is signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) is before
