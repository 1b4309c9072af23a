"""Cuts a stream of synthesised speech into frames: first sound early, without gaps after it."""

from __future__ import annotations

import array

MIN_FRAME_MS = 20
MAX_FRAME_MS = 60

LEAD_MS = 60
"""Audio gathered before the first frame goes out: a chunk of play-out and half of the next. A voice
made at 1.2 times real time, in 20 ms pieces, then never runs dry; at 4 times it costs 15 ms."""

AUDIBLE = 200
"""Sample value (of 32,767) that counts as sound: -44 dB, above the noise floor of synthesis."""

KEPT_SILENCE_MS = 10
"""Left in front of the first sound, so that its onset is not clipped."""

MAX_TRIM_MS = 600
"""More silence than any provider puts first; after it the rest is passed as it is."""


class SpeechFrames:
    """Takes 16-bit mono PCM as it arrives and gives it back in frames of 20 to 60 ms.

    Args:
        sample_rate_hz: Of the audio.
        kept_silence_ms: Leading silence is shortened to this.
    """

    def __init__(self, *, sample_rate_hz: int, kept_silence_ms: int = KEPT_SILENCE_MS) -> None:
        self._bytes_per_ms = 2 * sample_rate_hz // 1000
        self._kept_bytes = kept_silence_ms * self._bytes_per_ms
        self._buffer = bytearray()
        self._is_trimming = True
        self._trimmed_bytes = 0
        self._is_started = False

    @property
    def is_trimming(self) -> bool:
        """True until it is known how much leading silence goes."""
        return self._is_trimming

    @property
    def trimmed_secs(self) -> float:
        """Leading silence that was cut so far."""
        return self._trimmed_bytes / self._bytes_per_ms / 1000

    def feed(self, audio: bytes) -> list[bytes]:
        """Add audio of any length, odd ones included; returns the frames that are ready."""
        self._buffer += audio
        if self._is_trimming:
            self._trim()
        if self._is_trimming:
            return []
        return self._cut(MIN_FRAME_MS if self._is_started else LEAD_MS)

    def finish(self) -> list[bytes]:
        """Return what is left at the end of the stream; silence alone gives nothing."""
        if self._is_trimming:
            return []
        frames = self._cut(MIN_FRAME_MS)
        rest = bytes(self._buffer[: len(self._buffer) & ~1])
        self._buffer.clear()
        return [*frames, rest] if rest else frames

    def _trim(self) -> None:
        sound = self._first_sound()
        silent_bytes = len(self._buffer) & ~1 if sound is None else sound
        is_too_long = self._trimmed_bytes + silent_bytes > MAX_TRIM_MS * self._bytes_per_ms
        self._is_trimming = sound is None and not is_too_long
        surplus = max(0, silent_bytes - self._kept_bytes)
        del self._buffer[:surplus]
        self._trimmed_bytes += surplus

    def _first_sound(self) -> int | None:
        """Return the byte position of the first audible sample, None if there is none."""
        samples = array.array("h", bytes(self._buffer[: len(self._buffer) & ~1]))
        for index, sample in enumerate(samples):
            if not -AUDIBLE < sample < AUDIBLE:
                return 2 * index
        return None

    def _cut(self, least_ms: int) -> list[bytes]:
        frames: list[bytes] = []
        quantum = MIN_FRAME_MS * self._bytes_per_ms
        largest = MAX_FRAME_MS * self._bytes_per_ms
        if len(self._buffer) < least_ms * self._bytes_per_ms:
            return frames
        while len(self._buffer) >= quantum:
            size = min(len(self._buffer) // quantum * quantum, largest)
            frames.append(bytes(self._buffer[:size]))
            del self._buffer[:size]
            self._is_started = True
        return frames
