"""Notices a speech-to-text connection that is open but dead.

Time is counted in audio fed, so the logic needs no clock and a muted microphone raises no alarm.
"""

from __future__ import annotations

MOST_PATIENCE = 4
"""Times the usual: a service that transcribes whole segments answers 1 to 3 s after each."""


class ResultsWatch:
    """Says when speech was sent and nothing has come back for too long.

    A request to finalize shortens the patience, but only while words may be owed: Deepgram does
    not promise an answer when everything has been transcribed already. A service that was called
    dead too soon gets more of it each time, until it answers as fast as it should.

    Args:
        silent_secs: Speech that may be sent before the first result must have come.
        answer_secs: Audio that may be sent between a request to finalize and the next result.
    """

    def __init__(self, *, silent_secs: float, answer_secs: float) -> None:
        self._silent_secs = silent_secs
        self._answer_secs = answer_secs
        self._speech_secs = 0.0
        self._waiting_secs: float | None = None
        self._patience = 1

    def feed(self, audio_secs: float, *, is_speech: bool) -> bool:
        """Count audio that was sent; returns True if the connection must be considered dead."""
        if is_speech:
            self._speech_secs += audio_secs
        if self._waiting_secs is not None:
            self._waiting_secs += audio_secs
        is_dead = self._speech_secs > 0 and not self._is_within(self._patience)
        if is_dead:
            self._patience = min(2 * self._patience, MOST_PATIENCE)
        return is_dead

    def on_result(self) -> None:
        """The service answered something."""
        if self._is_within(1):
            self._patience = 1
        self.reset()

    def _is_within(self, patience: int) -> bool:
        is_late = (self._waiting_secs or 0.0) > self._answer_secs * patience
        return not is_late and self._speech_secs <= self._silent_secs * patience

    def on_finalize_sent(self) -> None:
        """The service was asked to finish what it has."""
        if self._waiting_secs is None:
            self._waiting_secs = 0.0

    def reset(self) -> None:
        """Start over, for a new connection."""
        self._speech_secs = 0.0
        self._waiting_secs = None
