"""The bot's reply that the caller's turn has cut, until the conversation's memory holds it."""

from __future__ import annotations

from ..floor import Floor

_SETTLED_FRAMES = 2
"""Of audio, 32 ms each, after the cut: the memory of what was heard takes a few milliseconds."""

_MOST_FRAMES = 10
"""Then whoever was to cut the reply has not, and the turn does not wait."""


class CutReply:
    """Keeps a turn from ending before the reply it cuts is remembered.

    A turn that words begin after the voice, as of a recogniser of whole utterances, is over at
    once. Its message would come before that of the reply, and the model would be asked without.

    Args:
        floor: Who speaks.
    """

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._is_one = False
        self._frames = 0
        self._silent_frames = 0

    @property
    def is_under_way(self) -> bool:
        """Whether the reply may not be remembered yet."""
        is_settled = self._silent_frames >= _SETTLED_FRAMES or self._frames >= _MOST_FRAMES
        return self._is_one and not is_settled

    def begin(self) -> None:
        """A turn begins."""
        self._is_one = self._floor.is_bot_speaking
        self._frames = self._silent_frames = 0

    def on_audio(self) -> None:
        """A frame of the turn's audio has come."""
        self._frames += 1
        if not self._floor.is_bot_speaking:
            self._silent_frames += 1
