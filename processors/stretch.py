"""Which part of the caller's audio words cover."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from pipecat.frames.frames import Frame


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

    def shared_secs(self, other: Stretch) -> float:
        """Return how much audio two have in common; below 0 how much lies between them."""
        begin_secs = max(self.start_secs, other.start_secs)
        return min(self.end_secs, other.end_secs) - begin_secs
