"""Matches the answers of a recogniser to the requests to finalize that it was sent.

Positions are bytes of the audio stream since the session began.
"""

from __future__ import annotations

SLACK_SECS = 0.4
"""How far before its request an answer may end; two requests are at least this far apart."""


class FinalizeRequests:
    """Knows which answer belongs to the latest request.

    Deepgram does not promise an answer to each, and one may come after the caller has gone on.
    """

    def __init__(self, *, bytes_per_sec: int) -> None:
        self._bytes_per_sec = bytes_per_sec
        self._open = 0
        self.position = 0
        """Where the audio ended at the latest request."""

    def on_request(self, position: int) -> None:
        """A request is made at this position."""
        self.position = position
        self._open += 1

    def on_reconnect(self, *, is_resent: bool) -> None:
        """A new connection knows at most of the latest request."""
        self._open = int(is_resent)

    def is_latest(self, answer_end: int) -> bool:
        """Take an answer that covers the audio up to `answer_end`; True if it is to the latest."""
        is_early = answer_end < self.position - SLACK_SECS * self._bytes_per_sec
        is_latest = self._open <= 1 or not is_early
        self._open = 0 if is_latest else self._open - 1
        return is_latest
