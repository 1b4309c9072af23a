"""Audio on its way to a speech-to-text service, kept until the service has settled it.

Positions are bytes of the audio stream since the session began, so the logic needs no clock.
"""

from __future__ import annotations

from collections import deque


class ReplayBuffer:
    """Remembers the audio a lost connection would lose, so that a new one can be given it again.

    Args:
        max_bytes: Oldest audio beyond this is forgotten.
    """

    def __init__(self, *, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._chunks: deque[bytes] = deque()
        self._size_bytes = 0
        self._end_bytes = 0
        self._stream_start_bytes = 0

    @property
    def end_bytes(self) -> int:
        """Position after the newest chunk."""
        return self._end_bytes

    @property
    def size_bytes(self) -> int:
        """How much audio is still unsettled."""
        return self._size_bytes

    def append(self, audio: bytes) -> None:
        """Add audio at the end."""
        self._chunks.append(audio)
        self._size_bytes += len(audio)
        self._end_bytes += len(audio)
        self.keep_last(self._max_bytes)

    def keep_last(self, size_bytes: int) -> None:
        """Forget everything but the newest `size_bytes` (whole chunks; the newest one stays)."""
        while self._size_bytes > size_bytes and len(self._chunks) > 1:
            self._size_bytes -= len(self._chunks.popleft())

    def settle(self, end_bytes: int) -> None:
        """Forget the audio before position `end_bytes`: its words have arrived."""
        start = self._end_bytes - self._size_bytes
        while self._chunks and start + len(self._chunks[0]) <= end_bytes:
            start += len(self._chunks[0])
            self._size_bytes -= len(self._chunks.popleft())

    def settle_stream(self, stream_bytes: int) -> int:
        """Settle up to a position counted from the start of the present connection.

        Returns:
            The same position counted from the start of the session.
        """
        end_bytes = self.position_of(stream_bytes)
        self.settle(end_bytes)
        return end_bytes

    def position_of(self, stream_bytes: int) -> int:
        """Return a position counted from the start of the present connection as one of ours."""
        return self._stream_start_bytes + stream_bytes

    def start_stream(self) -> int:
        """Begin a new connection; returns the position of the first audio it must be given."""
        self._stream_start_bytes = self._end_bytes - self._size_bytes
        return self._stream_start_bytes

    def audio_after(self, position: int) -> bytes:
        """Return all remembered audio from `position` on; empty at the end."""
        start = self._end_bytes - self._size_bytes
        return b"".join(self._chunks)[max(0, position - start) :]
