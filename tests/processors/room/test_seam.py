"""What a track says again of the recording before it, with a real voice on two ways."""

from __future__ import annotations

import numpy as np
import pytest

from bench.voice import spoken
from processors.room.seam import repeated_samples

_RATE_HZ = 16_000
_VOICE = np.frombuffer(spoken("What time is it in London, and how is the weather?"), np.int16)
_WINDOW = 4096
"""256 ms."""


def _other_way(samples: np.ndarray, *, seed: int) -> bytes:
    """Return it a little softer, with noise 20 dB below the voice, as another codec would."""
    noise = np.random.default_rng(seed).normal(0.0, 0.1 * samples.std() + 1.0, len(samples))
    return (0.8 * samples + noise).astype(np.int16).tobytes()


@pytest.mark.promise(
    "What the caller hears",
    "What the caller said while connecting is heard once, whole and before what they say then.",
)
@pytest.mark.parametrize("repeated_ms", [20, 46, 75, 150, 250])
@pytest.mark.parametrize("at_secs", [0.5, 0.9, 1.1, 1.3])
def test_what_is_said_again_is_found_to_the_millisecond(repeated_ms: int, at_secs: float) -> None:
    end, again = int(at_secs * _RATE_HZ), repeated_ms * _RATE_HZ // 1000
    before = _VOICE[:end].tobytes()
    live = _other_way(_VOICE[end - again : end - again + _WINDOW], seed=repeated_ms)
    assert abs(repeated_samples(before, live) - again) <= _RATE_HZ // 1000


@pytest.mark.parametrize("at_secs", [0.5, 0.9, 1.1, 1.3])
def test_what_goes_on_says_nothing_again(at_secs: float) -> None:
    end = int(at_secs * _RATE_HZ)
    live = _other_way(_VOICE[end : end + _WINDOW], seed=1)
    # One period of a voice is like the next.
    assert repeated_samples(_VOICE[:end].tobytes(), live) <= _RATE_HZ // 50


def test_a_track_that_begins_with_quiet_is_joined_where_its_voice_is() -> None:
    end, again = int(1.3 * _RATE_HZ), _RATE_HZ * 80 // 1000
    live = np.concatenate([np.zeros(480, np.int16), _VOICE[end - again : end - again + _WINDOW]])
    found = repeated_samples(_VOICE[:end].tobytes(), live[:_WINDOW].tobytes())
    assert abs(found - again - 480) <= _RATE_HZ // 1000


@pytest.mark.parametrize(
    ("before", "live"),
    [(b"", b""), (b"", bytes(8192)), (bytes(8192), b""), (bytes(8192), bytes(8192))],
)
def test_nothing_and_quiet_say_nothing_again(before: bytes, live: bytes) -> None:
    assert repeated_samples(before, live) == 0
