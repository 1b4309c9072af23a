"""For how long nobody has spoken, by the level alone."""

from __future__ import annotations

import numpy as np
import pytest

from bot.call.ear import Quiet

_FRAME_SAMPLES = 512


def _sound(level: float, frames: int) -> bytes:
    noise = np.random.default_rng(1).normal(0.0, level, frames * _FRAME_SAMPLES)
    return noise.astype(np.int16).tobytes()


@pytest.mark.parametrize("floor", [0.0, 10.0, 400.0], ids=["zeros", "quiet room", "loud room"])
def test_a_voice_is_told_from_the_room_it_is_in(floor: float) -> None:
    quiet = Quiet()
    quiet.hear(_sound(floor, 20))
    assert quiet.secs == pytest.approx(0.64)
    quiet.hear(_sound(3000.0, 1))
    assert quiet.secs == 0.0
    quiet.hear(_sound(floor, 10))
    assert quiet.secs == pytest.approx(0.32)
