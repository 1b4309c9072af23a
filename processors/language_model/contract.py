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


class StandIn(Protocol):
    """Whether another service answers in place of this one; see `with_fallback`."""

    @property
    def is_needed(self) -> bool:
        """Whether it is to answer the next turn."""
        ...

    @property
    def is_lost(self) -> bool:
        """Whether it will never answer again."""
        ...

    async def stand_back(self) -> None:
        """The service answers a turn: what the other one may owe is answered with it."""
        ...

    def note_failure(self, error: Exception, *, is_begun: bool = False) -> None:
        """The service failed a turn; what it has begun to answer, nobody is asked for again."""
        ...

    def note_success(self) -> None:
        """The service answered a turn."""
        ...


class StoodInFor(Protocol):
    """The service that this one answers in place of; see `with_fallback`."""

    @property
    def is_needed(self) -> bool:
        """Whether this one is to answer the next turn in its place."""
        ...

    @property
    def is_first_lost(self) -> bool:
        """Whether it will never answer again."""
        ...

    def note_second_failure(self, error: Exception) -> None:
        """This one failed a turn."""
        ...
