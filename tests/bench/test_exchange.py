from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from typing_extensions import override

from bench.exchange import Talk
from bench.listener import Listener
from bench.microphone import Microphone
from bench.recording import Recording
from bench.sound import silence, tone
from bench.standin.script import SpokenLine, turn_hz
from bench.standin.server import Standin
from bench.standin.sets import Delays

RATE_HZ = 16_000
REPLY_AFTER_SECS = 0.3
STOP_AFTER_SECS = 0.15


class RobotCaller(Listener):
    """A caller whose bot answers each utterance with its turn's tone, a fixed time after it."""

    def __init__(self) -> None:
        super().__init__(microphone=Microphone(push=self._push))
        self._recording = Recording()
        self._was_loud = False
        self.turn = 0
        self.turns_to_speak: list[int] = []
        self._reply = bytearray()
        self._countdown: list[int] = []

    @property
    @override
    def recording(self) -> Recording:
        return self._recording

    async def _push(self, frame: bytes) -> None:
        is_loud = max(map(abs, memoryview(frame).cast("h"))) > 104
        if is_loud and not self._was_loud and self._reply:
            del self._reply[round(STOP_AFTER_SECS * RATE_HZ) * 2 :]
        if self._was_loud and not is_loud:
            self._countdown = [round(REPLY_AFTER_SECS * 100)]
        self._was_loud = is_loud
        if self._countdown:
            self._countdown[0] -= 1
            if self._countdown[0] <= 0:
                self._countdown = []
                self._reply += tone(turn_hz(self.turn), 1.0, sample_rate_hz=RATE_HZ)
        heard = bytes(self._reply[:320]).ljust(320, b"\0")
        del self._reply[:320]
        self._recording.append(heard, arrived_secs=asyncio.get_running_loop().time())


class SilentStandin(Standin):
    """Tells the robot which turn it is; logs nothing."""

    def __init__(self, caller: RobotCaller) -> None:
        self._caller = caller

    @override
    async def set_delays(self, delays: Delays) -> None:
        pass

    @override
    async def expect(self, line: SpokenLine, *, is_repeating: bool = False) -> None:
        self._caller.turn = line.turn

    @override
    async def take_log(self) -> list[dict[str, object]]:
        return []


@asynccontextmanager
async def talking() -> AsyncGenerator[Talk]:
    caller = RobotCaller()
    question = silence(0.05) + tone(300, 0.2, sample_rate_hz=RATE_HZ) + silence(0.05)
    async with caller.microphone.running():
        yield Talk(
            caller=caller,
            standin=SilentStandin(caller),
            questions={"Beep?": question},
            seed=1,
        )


async def test_voice_to_voice_is_last_sample_to_first_sample() -> None:
    async with talking() as talk:
        exchange = await talk.plain_turn()
    assert exchange.v2v_ms == pytest.approx(REPLY_AFTER_SECS * 1000, abs=25)
    assert exchange.question == "Beep?"


async def test_an_interruption_measures_the_stop_and_finds_no_leak(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(random.Random, "uniform", lambda _self, low, _high: low)  # pyright: ignore[reportUnknownLambdaType]
    async with talking() as talk:
        _, cut = await talk.interrupted_turn()
    assert cut.kind == "interrupting"
    assert cut.stop_ms == pytest.approx(STOP_AFTER_SECS * 1000, abs=25)
    assert cut.leaked_ms == 0
    assert cut.v2v_ms == pytest.approx(REPLY_AFTER_SECS * 1000, abs=25)
