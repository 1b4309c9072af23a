"""The speech of one text, and the form of its file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from pipecat.frames.frames import Frame, TTSAudioRawFrame

from ...frames import SpokenWord, SpokenWordsFrame
from ..speech_attempts import is_sound
from ..speech_frames import MAX_FRAME_MS

LONGEST_SECS = 8.0
"""Our own longest line, 90 letters at 15 a second, with its pauses."""

_CHAR_SECS = (0.02, 0.25)
"""What a letter takes at least and at most; people say 15 a second. A voice may lose the end of a
text, or babble on behind it, and the answer looks whole."""
_PAUSE_SECS = 1.0
"""Around a text, whatever its length."""

_DIGEST_BYTES = 32
LARGEST_BYTES = 1_000_000
"""Of a file: `LONGEST_SECS` at 48 kHz, and what stands before it."""


@dataclass(frozen=True)
class Clip:
    """16-bit mono PCM as it goes to the caller, silence at both ends as the vendor made it."""

    pcm: bytes
    sample_rate_hz: int
    words: tuple[SpokenWord, ...] = ()
    """From the clip's start; none from a voice that does not tell."""

    @classmethod
    def of_frames(cls, frames: Sequence[Frame], text: str) -> Clip | None:
        """Return what was made of a text; None if it cannot be the whole of it, or is too long."""
        audio = [frame for frame in frames if isinstance(frame, TTSAudioRawFrame)]
        rates_hz = {frame.sample_rate for frame in audio}
        if len(rates_hz) != 1 or not any(map(is_sound, audio)):
            return None
        told = [frame.words for frame in frames if isinstance(frame, SpokenWordsFrame)]
        words = tuple(word for some in told for word in some)
        clip = cls(b"".join(frame.audio for frame in audio), rates_hz.pop(), words)
        chars = sum(map(str.isalnum, text))
        least_secs, most_secs = (chars * secs for secs in _CHAR_SECS)
        is_like_it = least_secs <= clip.length_secs <= most_secs + _PAUSE_SECS
        return clip if is_like_it and clip.length_secs <= LONGEST_SECS else None

    @property
    def length_secs(self) -> float:
        """How long it lasts."""
        return len(self.pcm) / 2 / self.sample_rate_hz

    def frames(self) -> list[Frame]:
        """Return it as a voice gives its speech, in frames that are the caller's to change."""
        size = 2 * self.sample_rate_hz * MAX_FRAME_MS // 1000
        audio = [
            TTSAudioRawFrame(self.pcm[start : start + size], self.sample_rate_hz, 1)
            for start in range(0, len(self.pcm), size)
        ]
        return [SpokenWordsFrame([*self.words]), *audio] if self.words else [*audio]

    def to_bytes(self, name: str, *, made_at_secs: float) -> bytes:
        """Return its file.

        Args:
            name: Under which it is kept: it is good under no other.
            made_at_secs: Of the calendar's clock.
        """
        words = [[word.text, word.at_secs] for word in self.words]
        head = {"made_at_secs": made_at_secs, "rate_hz": self.sample_rate_hz, "words": words}
        body = json.dumps(head).encode() + b"\n" + self.pcm
        return _digest(name, body) + body

    @classmethod
    def from_bytes(cls, data: bytes, name: str) -> tuple[Clip, float] | None:
        """Return what was kept under the name, and when it was made; None if it is not that."""
        digest, body = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
        if digest != _digest(name, body):
            return None
        line, _, pcm = body.partition(b"\n")
        try:
            head = cast("dict[str, Any]", json.loads(line))
            words = tuple(SpokenWord(text, at_secs) for text, at_secs in head["words"])
            return cls(pcm, int(head["rate_hz"]), words), float(head["made_at_secs"])
        except (ValueError, KeyError, TypeError):
            return None


def _digest(name: str, body: bytes) -> bytes:
    return hashlib.blake2b(name.encode() + body, digest_size=_DIGEST_BYTES).digest()
