"""Where a track goes on from what was recorded before it was live."""

from __future__ import annotations

import numpy as np

_LEAST_SAMPLES = 256
"""16 ms at 16 kHz: what is alike for less is alike by chance, and said twice it is not heard."""
_LEAST_LIKENESS = 0.6
"""Two ways through Opus of one voice are above 0.9; two syllables of it seldom above 0.5."""
_LEAST_LEVEL = 33.0
"""-60 dBFS: below it there is nothing that could be said twice."""


def repeated_samples(before: bytes, live: bytes) -> int:
    """Return how many of the first samples of `live` are the last ones of `before`, said again.

    A client records on until it is told that the track is heard. Both are 16-bit mono PCM of one
    rate; 0 if nothing is said again, or only quiet.
    """
    old = np.frombuffer(before, np.int16)[-len(live) // 2 :].astype(np.float64)
    new = np.frombuffer(live, np.int16).astype(np.float64)
    most = min(len(old), len(new))
    if most < _LEAST_SAMPLES:
        return 0
    old, new = old[-most:], new[:most]
    counts = np.arange(1, most + 1)
    # products[k - 1]: of the last k samples of the one and the first k of the other.
    size = 1 << (2 * most - 1).bit_length()
    spectrum = np.fft.rfft(new, size) * np.conj(np.fft.rfft(old, size))
    products = np.fft.irfft(spectrum, size)[-(most - counts)]
    old_energy, new_energy = np.cumsum(old[::-1] ** 2), np.cumsum(new**2)
    is_loud = np.minimum(old_energy, new_energy) > _LEAST_LEVEL**2 * counts
    likeness = np.zeros(most)
    np.divide(products, np.sqrt(old_energy * new_energy), out=likeness, where=is_loud)
    likeness[: _LEAST_SAMPLES - 1] = 0.0
    best = int(likeness.argmax())
    return best + 1 if likeness[best] >= _LEAST_LIKENESS else 0
