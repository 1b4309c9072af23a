"""Decodes what a client kept of its microphone while it connected, into the pipeline's PCM."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping

import av
import av.error
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

_RAW_MIME_TYPES = ("", "application/octet-stream", "audio/pcm", "audio/raw", "audio/l16")
_RAW_RATES_HZ = range(8_000, 96_001)
_RAW_LAYOUTS = {1: "mono", 2: "stereo"}
_SAMPLE_BYTES = 2


class DecodingError(Exception):
    """The audio cannot be decoded; the text says why, without its content."""


def decode(
    data: bytes,
    *,
    mime_type: str,
    attributes: Mapping[str, str],
    sample_rate_hz: int,
    max_secs: float,
) -> bytes:
    """Return at most `max_secs` of `data` as mono 16-bit PCM at `sample_rate_hz`; blocks on CPU.

    The container is recognised by its first bytes (WebM, MP4, Ogg), because clients name it
    loosely. What has none is raw 16-bit PCM, as mobile clients send it, described by the attributes
    `sampleRate` and `channels`.

    Raises:
        DecodingError: It is none of these, or damaged.
    """
    max_bytes = int(max_secs * sample_rate_hz) * _SAMPLE_BYTES
    container = _container(data)
    if container is None and mime_type.split(";")[0].strip().lower() not in _RAW_MIME_TYPES:
        raise DecodingError("no container this bot knows")
    resampler = AudioResampler(format="s16", layout="mono", rate=sample_rate_hz)
    pcm = bytearray()
    try:
        frames = _raw_frames(data, attributes) if container is None else _frames(data, container)
        for frame in frames:
            for resampled in resampler.resample(frame):
                pcm += resampled.to_ndarray().tobytes()
            if len(pcm) >= max_bytes:
                return bytes(pcm[:max_bytes])
        for resampled in resampler.resample(None):
            pcm += resampled.to_ndarray().tobytes()
    except (av.error.FFmpegError, ValueError) as error:
        # What could be decoded is worth hearing: it may end in a torn packet.
        if not pcm:
            raise DecodingError(type(error).__name__) from error
    return bytes(pcm[:max_bytes])


def _container(data: bytes) -> str | None:
    if data.startswith(b"\x1aE\xdf\xa3"):
        return "matroska"
    if data.startswith(b"OggS"):
        return "ogg"
    if data[4:8] == b"ftyp":
        return "mov"
    return None


def _frames(data: bytes, container: str) -> Iterator[AudioFrame]:
    with av.open(io.BytesIO(data), mode="r", format=container) as opened:
        if not opened.streams.audio:
            raise DecodingError("no sound in it")
        yield from opened.decode(opened.streams.audio[0])


def _raw_frames(data: bytes, attributes: Mapping[str, str]) -> Iterator[AudioFrame]:
    rate_hz = int(attributes.get("sampleRate", "0"))
    channels = int(attributes.get("channels", "0"))
    if rate_hz not in _RAW_RATES_HZ or channels not in _RAW_LAYOUTS:
        raise DecodingError("raw audio without a plausible rate and number of channels")
    whole = len(data) // (_SAMPLE_BYTES * channels) * _SAMPLE_BYTES * channels
    samples = np.frombuffer(data[:whole], dtype=np.int16)[np.newaxis, :]
    frame = AudioFrame.from_ndarray(samples, format="s16", layout=_RAW_LAYOUTS[channels])
    frame.sample_rate = rate_hz
    yield frame
