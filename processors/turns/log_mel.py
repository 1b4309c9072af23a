"""The log-mel spectrogram that Whisper and so Smart Turn were trained on.

To the last bit what `transformers.WhisperFeatureExtractor` gives (Apache-2.0, The HuggingFace
Inc. team), so the steps and their precision are its own.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

SAMPLE_RATE_HZ = 16_000
MEL_BANDS = 80
HOP_SAMPLES = 160
_FFT = 400

_LEAST_VARIANCE = 1e-7
_LEAST_POWER = 1e-10
_RANGE = 8.0
"""In powers of ten below the loudest."""

_FRAMES_AT_ONCE = 32
"""What glibc keeps for the next ones: 102 kB. From 128 kB on it fetches each array anew from the
system, a page fault for every 4 kB."""

# Slaney's mel scale: 3 mel for 200 Hz up to 1 kHz, which is 15 mel, then 27 for a factor of 6.4.
_BEND_HZ = 1000.0
_BEND_MEL = 15.0
_STEPS, _FACTOR = 27.0, 6.4


def log_mel_features(audio: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the features of mono 16 kHz audio, shape (80, samples / 160), from about -1 to 1."""
    normal = (audio - audio.mean()) / np.sqrt(audio.var() + _LEAST_VARIANCE)
    padded = np.pad(normal.astype(np.float64), _FFT // 2, mode="reflect")
    frames = sliding_window_view(padded, _FFT)[:-1:HOP_SAMPLES]
    logs = np.empty((MEL_BANDS, len(frames)))
    # Of the silence before the first sound one frame is like another.
    first = max(0, (np.argmax(audio != 0.0) - _FFT // 2) // HOP_SAMPLES)
    logs[:, :first] = _logs_of(frames[:1])
    for at in range(first, len(frames), _FRAMES_AT_ONCE):
        logs[:, at : at + _FRAMES_AT_ONCE] = _logs_of(frames[at : at + _FRAMES_AT_ONCE])
    np.maximum(logs, logs.max() - _RANGE, out=logs)
    return ((logs + 4.0) / 4.0).astype(np.float32)


def _logs_of(frames: NDArray[np.float64]) -> NDArray[np.float64]:
    power = np.abs(np.fft.rfft(frames * _HANN, axis=-1)) ** 2
    return np.log10(np.maximum(_LEAST_POWER, _MEL_FILTERS.T @ power.T))


def _mel_filters() -> NDArray[np.float64]:
    """Return what each frequency of the FFT counts in each band: triangles of equal area."""
    top_mel = _BEND_MEL + np.log(SAMPLE_RATE_HZ / 2 / _BEND_HZ) * (_STEPS / np.log(_FACTOR))
    mels = np.linspace(0.0, top_mel, MEL_BANDS + 2)
    edges_hz = np.where(
        mels >= _BEND_MEL,
        _BEND_HZ * np.exp(np.log(_FACTOR) / _STEPS * (mels - _BEND_MEL)),
        200.0 * mels / 3.0,
    )
    bins_hz = np.linspace(0, SAMPLE_RATE_HZ // 2, _FFT // 2 + 1)
    slopes = edges_hz - bins_hz[:, np.newaxis]
    widths = np.diff(edges_hz)
    rising, falling = -slopes[:, :-2] / widths[:-1], slopes[:, 2:] / widths[1:]
    return np.maximum(0.0, np.minimum(rising, falling)) * (2.0 / (edges_hz[2:] - edges_hz[:-2]))


_HANN = np.hanning(_FFT + 1)[:-1]
_MEL_FILTERS = _mel_filters()
