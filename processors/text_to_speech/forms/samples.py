"""Uncompressed speech in any common form, as 16-bit mono PCM at the pipeline's rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from pipecat.frames.frames import AudioRawFrame

Floats = npt.NDArray[np.float32]

RATES_HZ = range(4_000, 192_001)
MAX_CHANNELS = 8
_SAMPLE_BYTES = {"u8": 1, "s24le": 3, "s24be": 3, "f64le": 8}
_DTYPES = {
    "s16le": "<i2",
    "s16be": ">i2",
    "s32le": "<i4",
    "s32be": ">i4",
    "f32le": "<f4",
    "f64le": "<f8",
}


@dataclass(frozen=True)
class SampleFormat:
    """How samples lie in a stream of bytes; `encoding` as FFmpeg names it."""

    encoding: str
    rate_hz: int
    channels: int = 1

    @property
    def frame_bytes(self) -> int:
        """One sample of every channel."""
        return self.channels * (
            _SAMPLE_BYTES.get(self.encoding) or np.dtype(_DTYPES[self.encoding]).itemsize
        )


class SpeechSamples:
    """Converts samples as they arrive, cut anywhere; what is right already passes untouched."""

    def __init__(self, sample_format: SampleFormat, *, sample_rate_hz: int) -> None:
        self._format = sample_format
        self._is_right = sample_format == SampleFormat("s16le", sample_rate_hz)
        self._resampler = SpeechResampler(sample_rate_hz)
        self._rest = b""

    def feed(self, data: bytes) -> bytes:
        """Add bytes; returns the samples that are ready."""
        if self._is_right:
            return data
        data = self._rest + data
        whole = len(data) // self._format.frame_bytes * self._format.frame_bytes
        self._rest = data[whole:]
        if not whole:
            return b""
        samples = _to_floats(data[:whole], self._format.encoding)
        mono = samples.reshape(-1, self._format.channels).mean(axis=1)
        pcm = np.clip(np.rint(mono * 32768), -32768, 32767).astype("<i2")
        if self._format.rate_hz == self._resampler.rate_hz:
            return pcm.tobytes()
        frame = AudioFrame.from_ndarray(pcm[np.newaxis, :], format="s16", layout="mono")
        frame.sample_rate = self._format.rate_hz
        return self._resampler.feed(frame)

    def finish(self) -> bytes:
        """Return what the conversion still holds."""
        return self._resampler.finish()


class OneRate:
    """Frames of any rate and number of channels, as mono PCM at one rate."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._samples: SpeechSamples | None = None
        self._form: SampleFormat | None = None

    def feed(self, frame: AudioRawFrame) -> bytes:
        """Convert a frame; some of it may come with the next one."""
        form = SampleFormat("s16le", frame.sample_rate, frame.num_channels)
        before = b""
        if self._samples is None or form != self._form:
            before = self.finish()
            self._form = form
            self._samples = SpeechSamples(form, sample_rate_hz=self._rate_hz)
        return before + self._samples.feed(frame.audio)

    def finish(self) -> bytes:
        """Return the end of the audio."""
        samples, self._samples = self._samples, None
        return samples.finish() if samples else b""


class SpeechResampler:
    """Any decoded audio as 16-bit mono PCM at one rate."""

    def __init__(self, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self._resampler: AudioResampler | None = None

    def feed(self, frame: AudioFrame) -> bytes:
        """Convert a frame; some of it may come with the next one."""
        if self._resampler is None:
            self._resampler = AudioResampler(format="s16", layout="mono", rate=self.rate_hz)
        return b"".join(part.to_ndarray().tobytes() for part in self._resampler.resample(frame))

    def finish(self) -> bytes:
        """Return the end of the audio."""
        if self._resampler is None:
            return b""
        return b"".join(part.to_ndarray().tobytes() for part in self._resampler.resample(None))


def _to_floats(data: bytes, encoding: str) -> Floats:
    """Return samples between -1 and 1."""
    octets = np.frombuffer(data, dtype=np.uint8)
    if encoding == "u8":
        return (octets.astype(np.float32) - np.float32(128)) / np.float32(128)
    if encoding in ("s24le", "s24be"):
        triples = octets.reshape(-1, 3) if encoding == "s24le" else octets.reshape(-1, 3)[:, ::-1]
        words = np.zeros((len(triples), 4), dtype=np.uint8)
        words[:, 1:] = triples
        return words.reshape(-1).view("<i4").astype(np.float32) / np.float32(2**31)
    samples = np.frombuffer(data, dtype=_DTYPES[encoding])
    if encoding.startswith("f"):
        return np.nan_to_num(samples.astype(np.float32))
    return samples.astype(np.float32) / np.float32(2 ** (8 * samples.dtype.itemsize - 1))
