"""Which part of the caller's audio words cover."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from pipecat.frames.frames import Frame

SLACK_SECS = 0.25
"""Results that share less audio than this follow each other: a word takes about as long."""


@dataclass(frozen=True)
class Stretch:
    """A part of the session's audio, and how old it was when its words came."""

    start_secs: float
    end_secs: float
    lag_secs: float
    """Of audio that had been heard since the end."""

    def note_on(self, frame: Frame) -> None:
        """Let a frame say that its words cover this."""
        frame.metadata.update(asdict(self))

    @classmethod
    def of(cls, frame: Frame) -> Stretch | None:
        """Return what a frame's words cover; None if it does not say."""
        found = frame.metadata
        if not {"start_secs", "end_secs", "lag_secs"} <= found.keys():
            return None
        return cls(found["start_secs"], found["end_secs"], found["lag_secs"])

    def is_shared_with(self, other: Stretch) -> bool:
        """Return True if two have more in common than results that follow each other may."""
        begin_secs = max(self.start_secs, other.start_secs)
        shared_secs = min(self.end_secs, other.end_secs) - begin_secs
        shorter_secs = min(self.end_secs - self.start_secs, other.end_secs - other.start_secs)
        return shared_secs > min(SLACK_SECS, shorter_secs / 2)
