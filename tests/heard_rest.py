"""Where in a speech two pieces of it lie that were heard before and after a break."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.sound import SAMPLE_RATE_HZ, samples_of

_PROBE_SECS = 0.6
_LOUD = 300


def lost_secs(whole: bytes, before: bytes, after: bytes) -> float:
    """Return how much of a speech was heard by nobody; negative: how much was heard twice.

    Args:
        whole: The speech, 16-bit mono PCM at the caller's rate, as all that follows.
        before: What was heard up to a break.
        after: What was heard from its end.
    """
    speech = samples_of(whole).astype(np.float64)
    first, last = _sound_of(before), _sound_of(after)
    probe = round(_PROBE_SECS * SAMPLE_RATE_HZ)
    ended_at = _place(speech, first[-probe:]) + probe
    went_on_at = _place(speech, last[:probe])
    return (went_on_at - ended_at) / SAMPLE_RATE_HZ


def _sound_of(pcm: bytes) -> NDArray[np.float64]:
    """Return a piece from its first loud sample to its last."""
    samples = samples_of(pcm).astype(np.float64)
    loud = np.flatnonzero(np.abs(samples) > _LOUD)
    return samples[loud[0] : loud[-1] + 1]


def _place(speech: NDArray[np.float64], piece: NDArray[np.float64]) -> int:
    """Return the sample at which a piece lies in a speech: where they are most alike."""
    energy = np.convolve(speech**2, np.ones(len(piece)), mode="valid")
    likeness = np.correlate(speech, piece, mode="valid") / np.sqrt(energy + 1.0)
    return int(np.argmax(likeness))
