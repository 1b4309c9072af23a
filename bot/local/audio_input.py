"""Turns a stream of encoded audio messages into 16 kHz mono float32 samples."""

from __future__ import annotations

from typing import Literal

import numpy as np
import soxr

Encoding = Literal["linear16", "linear32", "mulaw", "alaw"]

TARGET_HZ = 16_000
BYTES_PER_SAMPLE: dict[Encoding, int] = {"linear16": 2, "linear32": 4, "mulaw": 1, "alaw": 1}


class AudioInput:
    """One stream. Messages may be cut anywhere, also inside a sample."""

    def __init__(self, *, encoding: Encoding, sample_rate_hz: int, channels: int) -> None:
        self._encoding: Encoding = encoding
        self._channels = channels
        self._frame_bytes = BYTES_PER_SAMPLE[encoding] * channels
        self._rest = b""
        # MQ holds back 15 ms of audio and is transparent for speech; soxr's default holds 21 ms.
        self._resampler = (
            soxr.ResampleStream(sample_rate_hz, TARGET_HZ, 1, dtype="float32", quality="MQ")
            if sample_rate_hz != TARGET_HZ
            else None
        )

    def push(self, data: bytes) -> np.ndarray:
        """Return the new 16 kHz samples; a started sample waits for its rest."""
        data = self._rest + data if self._rest else data
        whole = len(data) - len(data) % self._frame_bytes
        self._rest = data[whole:]
        samples = _decode(data[:whole], self._encoding)
        if self._channels > 1:
            samples = samples.reshape(-1, self._channels).mean(axis=1)
        if self._resampler is None:
            return samples
        return self._resampler.resample_chunk(samples)

    def flush(self) -> np.ndarray:
        """Return what the resampler still holds; the stream ends here."""
        nothing = np.zeros(0, np.float32)
        return self._resampler.resample_chunk(nothing, last=True) if self._resampler else nothing


def _decode(data: bytes, encoding: Encoding) -> np.ndarray:
    if encoding == "linear16":
        return np.frombuffer(data, "<i2").astype(np.float32) / 32768.0
    if encoding == "linear32":
        return np.frombuffer(data, "<i4").astype(np.float32) / 2147483648.0
    table = _MULAW if encoding == "mulaw" else _ALAW
    return table[np.frombuffer(data, np.uint8)]


def _mulaw_table() -> np.ndarray:
    """All 256 values of ITU-T G.711 mu-law."""
    code = ~np.arange(256, dtype=np.uint8)
    exponent = ((code >> 4) & 7).astype(np.int32)
    magnitude = (((code & 15).astype(np.int32) << 3) + 132 << exponent) - 132
    return np.where(code & 128, -magnitude, magnitude).astype(np.float32) / 32768.0


def _alaw_table() -> np.ndarray:
    """All 256 values of ITU-T G.711 A-law."""
    code = np.arange(256, dtype=np.uint8) ^ 0x55
    exponent = ((code >> 4) & 7).astype(np.int32)
    mantissa = (code & 15).astype(np.int32) << 4
    loud = mantissa + 264 << np.maximum(exponent - 1, 0)
    magnitude = np.where(exponent == 0, mantissa + 8, loud)
    return np.where(code & 128, magnitude, -magnitude).astype(np.float32) / 32768.0


_MULAW = _mulaw_table()
_ALAW = _alaw_table()
