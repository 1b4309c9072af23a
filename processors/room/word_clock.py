"""Where in its audio a word of one of Pipecat's own voices is: they tell a time of the pipeline."""

from __future__ import annotations

_NANOSECONDS = 1e9


class WordClock:
    """Counts as Pipecat's `WordTimestampTracker` does, from what is seen of it behind the voice.

    A context's words count from the moment at which its first audio was pushed, or from the last
    word before it if that is later. That moment is seen here as much later as a
    frame takes from the voice (1.4 ms on an idle machine), by which words are early.
    """

    def __init__(self) -> None:
        self._origin_ns: int | None = None
        self._last_word_ns = 0

    def start(self) -> None:
        """A context begins."""
        self._origin_ns = None

    def note_audio(self, now_ns: int) -> None:
        """Audio of the context comes; only the first matters."""
        if self._origin_ns is None:
            self._origin_ns = max(self._last_word_ns, now_ns)

    def secs_of(self, pts_ns: int, now_ns: int) -> float:
        """Return where in the context's audio a word is; the first ones come just before it."""
        self.note_audio(now_ns)
        self._last_word_ns = pts_ns
        return (pts_ns - (self._origin_ns or 0)) / _NANOSECONDS

    def cut(self) -> None:
        """An interruption forgets all words."""
        self._origin_ns, self._last_word_ns = None, 0
