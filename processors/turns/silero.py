"""Silero VAD v5, the model that tells voice from noise, computed with numpy.

A session's caches are cold whenever a window of 32 ms is full, so an inference costs what it
touches: ONNX Runtime, whose graph also cuts and joins the LSTM's weights each time, takes .64 ms
there and this .38 (.09 and .06 when repeated at once), with the same result but for 1e-6: a tenth
less work for a session's event loop. The weights are those of the file that Pipecat ships, packed
by `setup/speech_models.py`.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

SAMPLE_RATE_HZ = 16_000
WINDOW_SAMPLES = 512

_CONTEXT = 64
"""Samples of the window before that the model hears again; as many are mirrored at the end."""
_FFT, _HOP, _FRAMES, _BINS = 256, 128, 4, 129
_UNITS = 128
"""Of the LSTM, and channels of the first and last convolution."""

_Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Weights:
    """What the layers multiply with and add, laid out for one matrix product each.

    `setup/speech_models.py` says how.
    """

    convolutions: tuple[_Floats, ...]
    convolution_biases: tuple[_Floats, ...]
    lstm: _Floats
    """Input and hidden state to the gates: input, forget, cell, output."""
    lstm_bias: _Floats
    output: _Floats
    output_bias: float


@functools.cache
def load() -> Weights:
    """Read the weights, once per process."""
    file = Path(__file__).with_name("silero.npz")
    with np.load(file, allow_pickle=False) as arrays:
        return Weights(
            convolutions=tuple(arrays[f"convolution_{layer}"] for layer in range(4)),
            convolution_biases=tuple(arrays[f"convolution_bias_{layer}"] for layer in range(4)),
            lstm=arrays["lstm"],
            lstm_bias=arrays["lstm_bias"],
            output=arrays["output"],
            output_bias=float(arrays["output_bias"][0]),
        )


class Silero:
    """The model for one stream of audio."""

    def __init__(self) -> None:
        self._weights = load()
        self._audio = np.zeros(_CONTEXT + WINDOW_SAMPLES + _CONTEXT, np.float32)
        self._frames = _rows(self._audio, count=_FRAMES, size=_FFT, step=_HOP)
        self._hann = np.hanning(_FFT + 1)[:-1].astype(np.float32)
        # A frame of zeros on both sides is the padding of a convolution of three taps.
        self._spectrum = np.zeros((_FRAMES + 2, _BINS), np.float32)
        self._spectrum_taps = _rows(self._spectrum, count=_FRAMES, size=3 * _BINS, step=_BINS)
        self._hidden = np.zeros((_FRAMES + 2, _UNITS), np.float32)
        self._hidden_taps = _rows(
            self._hidden, count=_FRAMES // 2, size=3 * _UNITS, step=2 * _UNITS
        )
        # What the LSTM multiplies: what it hears, and what it said before.
        self._heard_and_said = np.zeros(2 * _UNITS, np.float32)
        self._cell = np.zeros(_UNITS, np.float32)

    def reset(self) -> None:
        """Forget what was heard."""
        self._audio.fill(0)
        self._heard_and_said.fill(0)
        self._cell.fill(0)

    def confidence(self, window: bytes) -> float:
        """Return how sure the model is that the next 512 samples, 16-bit PCM, are voice: 0 to 1."""
        audio, end = self._audio, _CONTEXT + WINDOW_SAMPLES
        audio[:_CONTEXT] = audio[WINDOW_SAMPLES:end]
        audio[_CONTEXT:end] = np.frombuffer(window, np.int16)
        audio[_CONTEXT:end] /= 32768
        audio[end:] = audio[end - 2 : end - 2 - _CONTEXT : -1]
        self._encode()
        said = self._recall()
        np.maximum(said, 0, out=said)
        logit = float(said @ self._weights.output) + self._weights.output_bias
        return 1 / (1 + math.exp(-logit))

    def _encode(self) -> None:
        """Turn the audio into what the LSTM hears."""
        first, second, third, last = self._weights.convolutions
        biases = self._weights.convolution_biases
        self._spectrum[1:-1] = np.abs(np.fft.rfft(self._frames * self._hann))
        hidden = self._hidden[1:-1]
        np.matmul(self._spectrum_taps, first, out=hidden)
        _rectify(hidden, biases[0])
        pair = _rectify(self._hidden_taps @ second, biases[1])
        single = _rectify(pair.reshape(-1) @ third, biases[2])
        self._heard_and_said[:_UNITS] = _rectify(single @ last, biases[3])

    def _recall(self) -> _Floats:
        """Advance the LSTM by one step; returns a copy of its hidden state."""
        gates = self._weights.lstm @ self._heard_and_said
        gates += self._weights.lstm_bias
        np.tanh(gates, out=gates)
        let_in, keep, new, let_out = gates.reshape(4, _UNITS)
        for gate in (let_in, keep, let_out):
            gate *= 0.5
            gate += 0.5
        self._cell *= keep
        self._cell += let_in * new
        said = np.tanh(self._cell)
        said *= let_out
        self._heard_and_said[_UNITS:] = said
        return said


def _rectify(values: _Floats, bias: _Floats) -> _Floats:
    values += bias
    return np.maximum(values, 0, out=values)


def _rows(values: _Floats, *, count: int, size: int, step: int) -> _Floats:
    """Return a view of contiguous `values` as rows of `size` that begin every `step`."""
    item = values.itemsize
    return as_strided(values, (count, size), (step * item, item))
