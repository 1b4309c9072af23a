"""What the rest of a conversation may expect of its language model; see docs/services.md."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from pipecat.frames.frames import Frame
from pipecat.processors.frame_processor import FrameDirection


@runtime_checkable
class LanguageModel(Protocol):
    """A processor that answers contexts: a service in its layer, or several as one.

    In: `LLMContextFrame` from either side; `InterruptionFrame` and `EagerEndOfTurnCancelFrame` void
    the reply, `UserStoppedSpeakingFrame` lets one go that was made ahead.

    Out: one `LLMFullResponseStartFrame`, `LLMTextFrame`s, one `LLMFullResponseEndFrame` a context;
    `TTSSpeakFrame` for an excuse; calls as Pipecat makes them; `ErrorFrame` upstream, and
    `SpeculationRefusedFrame` both ways for a reply made ahead that is withdrawn.
    """

    @property
    def name(self) -> str:
        """What it is called in logs and metrics."""
        ...

    def register_function(self, function_name: str | None, handler: Any) -> None:
        """Let the model call a function; None stands for every name there is no other for."""
        ...

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Take a frame."""
        ...

    async def push_frame(
        self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM
    ) -> None:
        """Push a frame from the model's place in the pipeline."""
        ...
