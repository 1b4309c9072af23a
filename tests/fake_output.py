"""The real output on a room without a network: what it plays can be listened to."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from pipecat.utils.asyncio.task_manager import BaseTaskManager

from processors.floor import Floor
from processors.room.output import OUTPUT_SAMPLE_RATE_HZ, RoomOutput
from processors.room.transport import build_params
from tests.fake_audio_source import FakeAudioSource


@dataclass
class _Client:
    """A room with one listener in it."""

    audio_source: FakeAudioSource = field(
        default_factory=partial(FakeAudioSource, sample_rate_hz=OUTPUT_SAMPLE_RATE_HZ)
    )

    async def connect(self, _: BaseTaskManager) -> None: ...

    async def disconnect(self) -> None: ...

    async def wait_for_listener(self) -> None: ...


class _Owner:
    async def cleanup(self) -> None: ...


def build_output(*, floor: Floor | None = None) -> RoomOutput:
    """Build an output; needs a running event loop."""
    return RoomOutput(
        cast(Any, _Client()), build_params(), transport=cast(Any, _Owner()), floor=floor or Floor()
    )


def source_of(output: RoomOutput) -> FakeAudioSource:
    """Return what the output plays into."""
    return cast(Any, output)._client.audio_source
