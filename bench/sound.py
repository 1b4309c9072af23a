"""Arithmetic on PCM: the formats, levels and marks that every bench shares.

All PCM here is 16-bit little-endian mono. The marks follow one rule: user speech is what lies above
-50 dBFS, the bot's audio what lies above -40 dBFS after a quiet that lies below -55 dBFS.
"""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]
WideSamples = NDArray[np.int32]

SAMPLE_RATE_HZ = 16_000
"""Rate at which every caller speaks and listens."""
FULL_SCALE = 32_768


def level_at(dbfs: float) -> float:
    """Return the sample value of a level in dBFS."""
    return FULL_SCALE * 10.0 ** (dbfs / 20.0)


USER_LOUD = level_at(-50)
BOT_LOUD = level_at(-40)
BOT_QUIET = level_at(-55)


def samples_of(pcm: bytes) -> Samples:
    """Return the samples of `pcm` without copying them."""
    return np.frombuffer(pcm, dtype="<i2")


def duration_secs(pcm: bytes, *, sample_rate_hz: int = SAMPLE_RATE_HZ) -> float:
    """Return how long `pcm` plays."""
    return len(pcm) / 2 / sample_rate_hz


def resampled(pcm: bytes, *, from_hz: int, to_hz: int = SAMPLE_RATE_HZ) -> bytes:
    """Return `pcm` at another rate, with no delay added."""
    if from_hz == to_hz:
        return pcm
    import soxr  # here: the peers' environment, which never resamples, does not have it

    return np.asarray(soxr.resample(samples_of(pcm), from_hz, to_hz), dtype="<i2").tobytes()


def loud_bounds(pcm: bytes) -> tuple[int, int]:
    """Return the index of the first and of the last sample of user speech.

    Raises:
        ValueError: if nothing in it is loud enough to be speech.
    """
    loud = np.flatnonzero(np.abs(samples_of(pcm).astype(np.int32)) > USER_LOUD)
    if loud.size == 0:
        raise ValueError("nothing in this utterance is louder than -50 dBFS")
    return int(loud[0]), int(loud[-1])


def silence(secs: float, *, sample_rate_hz: int = SAMPLE_RATE_HZ) -> bytes:
    """Return digital silence."""
    return bytes(2 * round(secs * sample_rate_hz))


def room_tone(secs: float, *, seed: int = 0, dbfs: float = -80.0) -> bytes:
    """Return faint noise, as a real microphone gives in a quiet room."""
    noise = np.random.default_rng(seed).normal(0.0, level_at(dbfs), round(secs * SAMPLE_RATE_HZ))
    return noise.astype("<i2").tobytes()


def tone(hz: float, secs: float, *, sample_rate_hz: int = 24_000, dbfs: float = -12.0) -> bytes:
    """Return a sine that is loud from its first sample on."""
    time_secs = np.arange(round(secs * sample_rate_hz)) / sample_rate_hz
    # A cosine starts at its peak: the first sample is the onset.
    wave_form = level_at(dbfs) * np.cos(2 * np.pi * hz * time_secs)
    return wave_form.astype("<i2").tobytes()


def read_wav(path: Path) -> bytes:
    """Return the first channel of a 16-bit WAV file at `SAMPLE_RATE_HZ`.

    Raises:
        ValueError: if the file is not 16-bit.
    """
    with wave.open(str(path), "rb") as file:
        if file.getsampwidth() != 2:
            raise ValueError(f"{path.name} is not 16-bit PCM")
        channels, rate_hz = file.getnchannels(), file.getframerate()
        frames = file.readframes(file.getnframes())
    first_channel = samples_of(frames)[::channels]
    return resampled(first_channel.tobytes(), from_hz=rate_hz)
