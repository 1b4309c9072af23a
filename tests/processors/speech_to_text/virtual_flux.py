"""Flux without a network, in virtual time, and a caller whose turns it hears."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, cast

from pipecat.frames.frames import Frame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from typing_extensions import override

from processors.speech_to_text.deepgram_flux import FluxSpeechToText
from processors.speech_to_text.flux_messages import FluxSocket
from processors.speech_to_text.live_socket import LiveSocket
from tests.fake_pipeline import open_fake_pipeline
from tests.processors.speech_to_text.virtual_deepgram import VirtualConnection, VirtualDeepgram
from tests.services.stand_ins.flux import turn_info
from tests.turn_rig import TurnRig
from tests.virtual_time import run_in_virtual_time


class VirtualTurns(VirtualConnection):
    """One websocket to Flux, seen from the client."""

    turn_index = 0

    @property
    def heard_secs(self) -> float:
        """Audio that was sent."""
        return len(self.audio) / 32_000

    def tell(
        self,
        event: str,
        text: str = "",
        *,
        begin_secs: float = 0.0,
        lag_secs: float = 0.0,
        confidence: float = 0.1,
    ) -> None:
        """Send any event, about the audio up to so long ago."""
        window_secs = (begin_secs, max(0.0, self.heard_secs - lag_secs))
        message = turn_info(
            event, text, window_secs, confidence=confidence, turn_index=self.turn_index
        )
        self.send_raw(json.dumps(message))
        self.turn_index += event == "EndOfTurn"


class VirtualFlux(VirtualDeepgram):
    """Accepts connections, or is away."""

    kind = VirtualTurns

    @property
    def connection(self) -> VirtualTurns:
        """The last one."""
        return cast(VirtualTurns, self.connections[-1])


class VirtualFluxService(FluxSpeechToText):
    """The real service but for the network."""

    def __init__(self, server: VirtualFlux) -> None:
        super().__init__(api_key="secret")
        self._server = server

    @override
    def open_socket(self) -> AbstractAsyncContextManager[LiveSocket]:
        return self._server.open(FluxSocket)


class _Tap(FrameProcessor):
    """Keeps what a recogniser says."""

    def __init__(self) -> None:
        super().__init__(enable_direct_mode=True)
        self.frames: list[Frame] = []

    @override
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if direction is FrameDirection.DOWNSTREAM:
            self.frames.append(frame)
        await self.push_frame(frame, direction)


class FluxTalk:
    """A caller in front of Flux and of our turns: sound and silence are scripted, and events."""

    def __init__(self) -> None:
        self.server = VirtualFlux()
        self.service = VirtualFluxService(self.server)
        self.rig = TurnRig(words=self.service.words)
        self._tap = _Tap()
        self.processor = Pipeline([self.service, self._tap, self.rig.aggregator])

    @property
    def connection(self) -> VirtualTurns:
        """The last one."""
        return self.server.connection

    def heard(self, *kinds: type[Any]) -> list[Any]:
        """Return all frames of some kinds that the recogniser has pushed."""
        return [frame for frame in self._tap.frames if isinstance(frame, kinds)]

    async def say(self, windows: int) -> None:
        """The caller makes sound for so long, quicker than `TurnRig.say`."""
        for _ in range(windows):
            await self.rig.hear_window(is_voice=True)
        await self.rig.pipeline.settle()

    async def tell(
        self,
        event: str,
        text: str = "",
        *,
        begin_secs: float = 0.0,
        lag_secs: float = 0.0,
        confidence: float = 0.1,
    ) -> None:
        """Flux says something, and all have heard."""
        self.connection.tell(
            event, text, begin_secs=begin_secs, lag_secs=lag_secs, confidence=confidence
        )
        for _ in range(2):
            await self.rig.pipeline.settle()

    async def windows_until_over(self, turns: int = 1) -> int:
        """The caller is silent until so many turns are in the context."""
        for count in range(100):
            if len(self.rig.messages) >= turns:
                return count
            await self.rig.hush(1)
        return 100


def flux_talk(body: Callable[[FluxTalk], Awaitable[None]]) -> None:
    """Run a call in virtual time."""

    async def run() -> None:
        talk = FluxTalk()
        async with open_fake_pipeline(talk.processor) as talk.rig.pipeline:
            await body(talk)

    run_in_virtual_time(run())
