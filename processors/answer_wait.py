"""How long the caller has waited for a sound, whatever the stages before have used of that."""

from __future__ import annotations

import asyncio

from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    Frame,
    InterruptionFrame,
    LLMContextFrame,
    LLMFullResponseStartFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
)

LONGEST_SECS = 8.0
"""Nobody waits for that long without a word, so a longer wait is one that came to nothing."""

_ASKED = (LLMContextFrame, LLMFullResponseStartFrame)
_HEARD = (BotStartedSpeakingFrame, UserStartedSpeakingFrame, InterruptionFrame)


class AnswerWait:
    """Since when the caller waits; a stage keeps one from the frames that pass it.

    A turn may need the model twice, a tool and the voice: each of them may be quick enough by
    itself, and the silence of all together too long.
    """

    def __init__(self) -> None:
        self._since_secs: float | None = None

    def note(self, frame: Frame) -> None:
        """Take note of a frame of either direction."""
        if isinstance(frame, UserStoppedSpeakingFrame):
            self._since_secs = _now_secs()
        elif isinstance(frame, _HEARD):
            self.note_sound()
        elif isinstance(frame, _ASKED) and not self._waited_secs:
            self._since_secs = _now_secs()

    def note_sound(self) -> None:
        """Something is heard: nobody waits."""
        self._since_secs = None

    def patience_secs(self, own_secs: float, *, others_secs: float, least_secs: float) -> float:
        """Return how long a stage that begins now may take before the caller is told.

        Args:
            own_secs: What it may take by itself.
            others_secs: What the stages before may have taken without it having less.
            least_secs: What it may take however long they took.
        """
        return max(own_secs - max(self._waited_secs - others_secs, 0.0), least_secs)

    @property
    def _waited_secs(self) -> float:
        if self._since_secs is None:
            return 0.0
        waited_secs = _now_secs() - self._since_secs
        return waited_secs if waited_secs <= LONGEST_SECS else 0.0


def _now_secs() -> float:
    return asyncio.get_running_loop().time()
