"""The real output on a room without a network: what it plays can be listened to."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from pipecat.utils.asyncio.task_manager import BaseTaskManager

from processors.floor import Floor
from processors.room.output import OUTPUT_SAMPLE_RATE_HZ, RoomOutput
from processors.room.transport import build_params
from tests.fake_audio_source import FakeAudioSource


@dataclass
class Listener:
    """A room with somebody in it who listens, at once unless the test says otherwise."""

    audio_source: FakeAudioSource = field(
        default_factory=partial(FakeAudioSource, sample_rate_hz=OUTPUT_SAMPLE_RATE_HZ)
    )
    listens: asyncio.Event = field(default_factory=asyncio.Event)
    is_unknown: bool = False
    """The room cannot tell."""
    left_secs: float | None = None
    """When the room was left."""

    def __post_init__(self) -> None:
        self.listens.set()

    async def connect(self, _: BaseTaskManager) -> None: ...

    async def disconnect(self) -> None:
        self.left_secs = asyncio.get_running_loop().time()
        self.audio_source.close()

    async def wait_for_listener(self) -> None:
        if self.is_unknown:
            raise ConnectionError("the room does not say")
        await self.listens.wait()


class _Owner:
    async def cleanup(self) -> None: ...


def build_output(*, floor: Floor | None = None, listener: Listener | None = None) -> RoomOutput:
    """Build an output; needs a running event loop."""
    return RoomOutput(
        cast(Any, listener or Listener()),
        build_params(),
        transport=cast(Any, _Owner()),
        floor=floor or Floor(),
    )


def source_of(output: RoomOutput) -> FakeAudioSource:
    """Return what the output plays into."""
    return cast(Any, output)._client.audio_source
