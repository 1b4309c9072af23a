"""Silero VAD v5, the model that tells voice from noise, computed with numpy.

A session's caches are cold whenever a window of 32 ms is full, so an inference costs what it
touches: ONNX Runtime, whose graph also cuts and joins the LSTM's weights each time, takes .64 ms
there and this .38 (.09 and .06 when repeated at once), with the same result but for 1e-6: a tenth
less work for a session's event loop. The weights are those of the file that Pipecat ships.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources

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
    """What the layers multiply with and add, laid out for one matrix product each."""

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
    file = resources.files("pipecat.audio.vad.data").joinpath("silero_vad.onnx")
    tensors = _float_tensors(file.read_bytes())

    def tensor(name: str) -> _Floats:
        # The other branch of the file's condition is the model for 8 kHz.
        return tensors[f"If_0_then_branch__Inline_0__{name}"]

    taps = [tensor(f"encoder.{layer}.reparam_conv.weight") for layer in range(4)]
    # Two strides of two leave one frame after the third layer, so its first tap and the outer two
    # of the fourth only ever meet padding.
    used = [taps[0], taps[1], taps[2][:, :, 1:], taps[3][:, :, 1:2]]
    # A gate's sigmoid is a scaled tanh of half its input, and tanh is one call for all gates.
    halves = np.repeat(np.array([0.5, 0.5, 1.0, 0.5], np.float32), _UNITS)
    gates = np.concatenate((tensor("decoder.rnn.weight_ih"), tensor("decoder.rnn.weight_hh")), 1)
    bias = tensor("decoder.rnn.bias_ih") + tensor("decoder.rnn.bias_hh")
    return Weights(
        convolutions=tuple(
            np.ascontiguousarray(tap.transpose(2, 1, 0).reshape(-1, tap.shape[0])) for tap in used
        ),
        convolution_biases=tuple(
            tensor(f"encoder.{layer}.reparam_conv.bias") for layer in range(4)
        ),
        lstm=np.ascontiguousarray(gates * halves[:, np.newaxis]),
        lstm_bias=bias * halves,
        output=tensor("decoder.decoder.2.weight").ravel(),
        output_bias=float(tensor("decoder.decoder.2.bias")[0]),
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


def _float_tensors(model: bytes) -> dict[str, _Floats]:
    """Return the constants of an ONNX file by name, those in the branches of conditions too.

    The numbers are the ONNX format's. Of a model: the graph (7); of a graph: nodes (1); of a node:
    output (2) and attributes (5); of an attribute: tensor (5) and graph (6); of a tensor:
    dimensions (1), type (2; 1 is float) and raw data (9).
    """
    tensors: dict[str, _Floats] = {}
    graphs = _children(model, 7)
    while graphs:
        for node in _children(graphs.pop(), 1):
            for attribute in _children(node, 5):
                graphs += _children(attribute, 6)
                for tensor in _children(attribute, 5):
                    if (2, 1) in _fields(tensor) and (raw := _children(tensor, 9)):
                        [name] = _children(node, 2)
                        shape = [int(size) for number, size in _fields(tensor) if number == 1]
                        tensors[name.decode()] = np.frombuffer(raw[0], np.float32).reshape(shape)
    return tensors


def _children(message: bytes, number: int) -> list[bytes]:
    return [
        value for field, value in _fields(message) if field == number and isinstance(value, bytes)
    ]


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield a protobuf message's fields: integers as such, all else as its bytes."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield number, value
            continue
        if kind == 2:
            size, at = _varint(message, at)
        else:
            size = {1: 8, 5: 4}[kind]
        yield number, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
