"""When each word of a synthetic sentence begins, and where that is in what somebody heard.

The local voice works out how long each sound lasts before it makes any: that tensor of its model is
read here, so word times are the voice's own, in steps of 25 ms, and not a guess from letters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime
from hibari import Hibari
from numpy.typing import NDArray

from bench.sound import SAMPLE_RATE_HZ, resampled, samples_of
from bot.local.voice import MODEL, Voice
from bot.local.voice import SAMPLE_RATE_HZ as VOICE_HZ
from processors.model_files import checked_path

Floats = NDArray[np.float32]

# The model's own name of the tensor; a unit is two frames of 300 samples.
_DURATIONS = b"/Cast_32_output_0"
STEP_SECS = 0.025
LIKE = 0.5
"""Less alike than this, a stretch of sound is not the sentence looked for."""
_LEAD_SECS, _WORD_SECS, DRIFT_SECS = 0.05, 0.4, 0.1
"""A word is looked for with what is around it, near where its sentence says it is: the receiver
stretches and shortens sound as its jitter buffer needs."""
# Numbers of fields in ONNX's protobuf messages.
_GRAPH, _GRAPH_OUTPUT, _OUTPUT_NAME = 7, 12, 1


@dataclass(frozen=True)
class TimedSentence:
    """A sentence as the bot's voice says it, at 16 kHz."""

    text: str
    samples: Floats
    starts: tuple[int, ...]
    """First sample of each word."""


class TimedVoice:
    """The bot's voice, which also tells when each word begins."""

    def __init__(self) -> None:
        path = checked_path(MODEL)
        self._voice = Voice()
        self._letters = Hibari(model=str(path), threads=1)
        # Two serialized messages in a row are one with both their fields.
        output = _field(_GRAPH, _field(_GRAPH_OUTPUT, _field(_OUTPUT_NAME, _DURATIONS)))
        self._durations = onnxruntime.InferenceSession(
            path.read_bytes() + output, providers=["CPUExecutionProvider"]
        )

    def say(self, sentence: str) -> TimedSentence:
        """Return one sentence with its word times.

        Raises:
            ValueError: if the voice says more or fewer words than are written.
        """
        [sounds] = self._letters.phonemize(sentence)
        known = [sound for sound in sounds if sound in self._letters.vocab]
        feed: dict[str, Any] = {
            "ids": np.asarray([self._letters.ids(known)], np.int64),
            "speed": np.ones(1, np.float32),
        }
        [steps] = self._durations.run([_DURATIONS.decode()], feed)
        ends = np.cumsum(np.asarray(steps)) * STEP_SECS
        # `ends[n]` is the end of what comes before the n-th sound: a pad stands first.
        starts = [float(ends[0])]
        starts += [float(ends[at + 1]) for at, sound in enumerate(known) if sound == " "]
        if len(starts) != len(sentence.split()):
            raise ValueError("the voice does not say this word by word")
        pcm = resampled(self._voice.say(sentence, speed=1.0), from_hz=VOICE_HZ)
        return TimedSentence(
            sentence,
            samples_of(pcm).astype(np.float32),
            tuple(round(secs * SAMPLE_RATE_HZ) for secs in starts),
        )


def best_match(heard: Floats, wanted: Floats) -> tuple[int, float]:
    """Return where `wanted` begins in `heard` and how alike they are there, -1.0 to 1.0."""
    size = len(heard) - len(wanted) + 1
    if size <= 0:
        return 0, 0.0
    length = 1 << (len(heard) + len(wanted)).bit_length()
    spectrum = np.fft.rfft(heard, length) * np.conj(np.fft.rfft(wanted, length))
    products = np.fft.irfft(spectrum, length)[:size]
    energy = np.concatenate(([0.0], np.cumsum(np.square(heard, dtype=np.float64))))
    norms = np.sqrt((energy[len(wanted) :] - energy[:size]) * np.sum(np.square(wanted)))
    # Next to silence rounding errors would look like a match.
    scores = products / np.maximum(norms, 0.1 * np.sum(np.square(wanted)))
    best = int(np.argmax(scores))
    return best, float(scores[best])


def word_index(heard: Floats, sentence: TimedSentence, start: int, position: int) -> int:
    """Return the sample of `heard` at which the word at `start` of its sentence begins."""
    lead, drift = round(_LEAD_SECS * SAMPLE_RATE_HZ), round(DRIFT_SECS * SAMPLE_RATE_HZ)
    first = max(0, start - lead)
    wanted = sentence.samples[first : start + round(_WORD_SECS * SAMPLE_RATE_HZ)]
    window = max(0, position + first - drift)
    place, likeness = best_match(heard[window : window + len(wanted) + 2 * drift], wanted)
    return window + place + start - first if likeness >= LIKE else position + start


def _field(number: int, body: bytes) -> bytes:
    """Return one length-delimited field of a protobuf message."""
    return _varint(number << 3 | 2) + _varint(len(body)) + body


def _varint(value: int) -> bytes:
    head = bytearray()
    while value > 127:
        head.append(value & 127 | 128)
        value >>= 7
    return bytes(head) + bytes([value])
