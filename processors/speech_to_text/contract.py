"""What a session asks of a recogniser; docs/services.md says what follows from what is missing."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from ..turns.words_once import WordsOnce


@runtime_checkable
class SpeechToText(Protocol):
    """A processor between the microphone and the caller's side.

    In: the caller's audio, and from behind `VADUserStartedSpeakingFrame` and
    `VADUserStoppedSpeakingFrame`. All of it goes on.
    Out: `InterimTranscriptionFrame`, `TranscriptionFrame` (`finalized`: the last words of what was
    said; `lag_secs` in the metadata: how long ago they end) and `TranscriptSettledFrame` (no words
    follow), and from one that hears turns `EndOfTurnHeardFrame`. Up: `ErrorFrame`, whose processor
    is unusable if it will never hear again.
    """

    words: WordsOnce
    """Which words it has said; the caller's side lets it know of sound."""

    @property
    def is_usable(self) -> bool:
        """Whether it can still be given audio."""
        ...
