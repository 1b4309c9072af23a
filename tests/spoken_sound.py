"""A sound that stands for speech, in the forms a server may send it, and what is like it."""

from __future__ import annotations

import io
import struct
from typing import cast

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream

RATE_HZ = 24_000
SECS = 0.8

Samples = npt.NDArray[np.int16]


def sound(rate_hz: int = RATE_HZ, *, secs: float = SECS) -> Samples:
    """Return a voice that glides from 200 to 900 Hz, soft at both ends."""
    time = np.arange(int(rate_hz * secs)) / rate_hz
    phase = 2 * np.pi * (200 * time + 350 * time**2 / secs)
    envelope = np.minimum(1, 20 * np.minimum(time + 0.01, secs - time + 0.01))
    return np.rint(9000 * envelope * np.sin(phase)).astype(np.int16)


def pcm(rate_hz: int = RATE_HZ, *, order: str = "<", channels: int = 1) -> bytes:
    """Return it as 16-bit samples, little-endian unless `order` is ">"."""
    return np.repeat(sound(rate_hz), channels).astype(f"{order}i2").tobytes()


def wav(
    encoding: str = "s16",
    *,
    rate_hz: int = RATE_HZ,
    channels: int = 1,
    secs: tuple[float, float] = (0, SECS),
    data_bytes: int | None = None,
    is_extensible: bool = False,
    before: bytes = b"",
    after: bytes = b"",
) -> bytes:
    """Return it as a WAV file.

    Args:
        encoding: "u8", "s16", "s24", "s32", "f32" or "mulaw".
        rate_hz: Of the samples.
        channels: All alike.
        secs: Which part of it.
        data_bytes: What the header tells; None for the truth.
        is_extensible: Of the form for many channels.
        before: Chunks between the format and the audio.
        after: What follows the audio.
    """
    begin, end = (int(time * rate_hz) for time in secs)
    samples = np.repeat(sound(rate_hz)[begin:end], channels)
    data, tag, bits = {
        "u8": lambda: (((samples >> 8) + 128).astype(np.uint8).tobytes(), 1, 8),
        "s16": lambda: (samples.astype("<i2").tobytes(), 1, 16),
        "s24": lambda: (_triples(samples), 1, 24),
        "s32": lambda: ((samples.astype("<i4") << 16).tobytes(), 1, 32),
        "f32": lambda: ((samples / 32768).astype("<f4").tobytes(), 3, 32),
        "mulaw": lambda: (encoded("mulaw", "pcm_mulaw", rate_hz=rate_hz), 7, 8),
    }[encoding]()
    block = channels * bits // 8
    form = struct.pack("<HHIIHH", tag, channels, rate_hz, rate_hz * block, block, bits)
    if is_extensible:
        form = struct.pack("<H", 0xFFFE) + form[2:] + struct.pack("<HHIH", 22, bits, 0, tag)
        form += bytes.fromhex("000000001000800000aa00389b71")
    size = len(data) if data_bytes is None else data_bytes
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + before
    body += b"data" + struct.pack("<I", size) + data + after
    return b"RIFF" + struct.pack("<I", min(0xFFFFFFFF, len(body))) + body


def encoded(container: str, codec: str, *, rate_hz: int = RATE_HZ, channels: int = 1) -> bytes:
    """Return it as FFmpeg writes it."""
    file = io.BytesIO()
    layout = "mono" if channels == 1 else "stereo"
    frame = AudioFrame.from_ndarray(sound(rate_hz)[np.newaxis, :], format="s16", layout="mono")
    frame.sample_rate = rate_hz
    with av.open(file, "w", format=container) as output:
        stream = cast(AudioStream, output.add_stream(codec, rate=rate_hz, layout=layout))
        context = stream.codec_context
        resampler = AudioResampler(
            format=context.format, layout=layout, rate=rate_hz, frame_size=context.frame_size
        )
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            part.pts = None
            output.mux(stream.encode(part))
        output.mux(stream.encode(None))
    return file.getvalue()


def likeness(heard: bytes) -> float:
    """Return how like the sound what was heard is, wherever it begins: 1.0 for the same."""
    a = np.frombuffer(heard[: len(heard) & ~1], dtype="<i2").astype(np.float64)
    b = sound().astype(np.float64)
    size = 1 << (len(a) + len(b)).bit_length()
    if not a.any():
        return 0.0
    product = np.fft.irfft(np.fft.rfft(a, size) * np.conj(np.fft.rfft(b, size)), size)
    return float(product.max() / np.sqrt((a @ a) * (b @ b)))


def length_secs(heard: bytes) -> float:
    """Return how long it lasts."""
    return len(heard) / 2 / RATE_HZ


def _triples(samples: Samples) -> bytes:
    words = (samples.astype("<i4") << 8).view(np.uint8).reshape(-1, 4)
    return words[:, :3].tobytes()
