"""Whether the reply being made answers a turn that may still go on."""

from __future__ import annotations

from pipecat.frames.frames import (
    EagerEndOfTurnCancelFrame,
    EndFrame,
    Frame,
    InterruptionFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
)

_VOIDING = (EagerEndOfTurnCancelFrame, InterruptionFrame, EndFrame)


class OpenTurn:
    """Knows from the frames a language model service pushes downstream what its gate knows.

    Pipecat holds a reply to an open turn in a gate of the service that nobody may ask. The gate
    looks at the same frames in the same moment, so the two are always of one mind.
    """

    def __init__(self) -> None:
        self._has_ended = False
        self.is_speculating = False
        """Whether the reply is held back, as the turn it answers may go on."""

    def begin_reply(self, *, is_speculation: bool) -> None:
        """A reply begins; the turn may have ended while it was asked for."""
        self.is_speculating = is_speculation and not self._has_ended

    def note(self, frame: Frame) -> None:
        """Take note of a frame on its way downstream."""
        if isinstance(frame, UserStoppedSpeakingFrame):
            self._has_ended = True
            self.is_speculating = False
        elif isinstance(frame, UserStartedSpeakingFrame):
            self._has_ended = False
        elif isinstance(frame, _VOIDING):
            self.is_speculating = False
