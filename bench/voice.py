"""The test user's voice: the local text-to-speech model, with a fixed seed, at 16 kHz."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from hibari import Hibari

from bench.sound import resampled

_NATIVE_HZ = 24_000
_SEED = 7


@cache
def spoken(text: str, *, speed: float = 1.0) -> bytes:
    """Return `text` spoken at 16 kHz; the same bytes for the same text within a process."""
    audio = np.asarray(_model()(text, speed=speed, seed=_SEED))
    pcm = (np.clip(audio, -1.0, 1.0) * 32767).astype("<i2").tobytes()
    return resampled(pcm, from_hz=_NATIVE_HZ)


@cache
def _model() -> Any:
    return Hibari()
