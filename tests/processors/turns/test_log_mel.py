from __future__ import annotations

import numpy as np
import pytest
from pipecat.audio.turn.smart_turn import _whisper_features as pipecats

from processors.turns.log_mel import log_mel_features


@pytest.mark.parametrize("silent_samples", [0, 199, 201, 361, 3 * 16_000, 8 * 16_000 - 1])
@pytest.mark.parametrize("loudness", [0.0, 1e-4, 0.1, 1.0])
def test_the_features_are_to_the_last_bit_those_pipecat_gives_its_turn_model(
    loudness: float, silent_samples: int
) -> None:
    audio = np.random.default_rng(1).normal(0, loudness, 8 * 16_000).astype(np.float32)
    audio[:silent_samples] = 0
    features = log_mel_features(audio)
    assert features.shape == (80, 800)
    assert np.array_equal(features, pipecats.compute_whisper_log_mel_features(audio))
