"""Whose reply is heard: finds the turn's tone in what the caller heard."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.sound import BOT_LOUD, SAMPLE_RATE_HZ, samples_of
from bench.standin.script import turn_hz

WINDOW_SECS = 0.02
# Of a pure tone nearly all power is in its own correlation; a mixture or noise has far less.
_PURITY = 0.5


def tone_windows(
    pcm: bytes, turn: int, *, sample_rate_hz: int = SAMPLE_RATE_HZ
) -> NDArray[np.bool_]:
    """Return for each 20 ms of `pcm` whether it holds the tone of `turn`."""
    size = round(WINDOW_SECS * sample_rate_hz)
    samples = samples_of(pcm).astype(float)
    rows = samples[: samples.size // size * size].reshape(-1, size)
    power = (rows**2).mean(axis=1)
    phase = 2 * np.pi * turn_hz(turn) * np.arange(size) / sample_rate_hz
    in_phase, quadrature = rows @ np.cos(phase), rows @ np.sin(phase)
    tone_power = 2 * (in_phase**2 + quadrature**2) / size**2
    is_loud = power > BOT_LOUD**2 / 2
    return is_loud & (tone_power > _PURITY * np.maximum(power, 1e-9))


def tone_secs(pcm: bytes, turn: int, *, sample_rate_hz: int = SAMPLE_RATE_HZ) -> float:
    """Return how long the tone of `turn` is heard in `pcm`."""
    return float(tone_windows(pcm, turn, sample_rate_hz=sample_rate_hz).sum()) * WINDOW_SECS
