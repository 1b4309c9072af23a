from __future__ import annotations

import os
from importlib import resources
from typing import Any

import numpy as np
import onnxruntime
import pytest

from processors.turns import silero
from processors.turns.silero import SAMPLE_RATE_HZ, WINDOW_SAMPLES, Silero
from tests.processors.turns.test_voice_activity import speech


def windows(pcm: bytes) -> list[bytes]:
    size = 2 * WINDOW_SAMPLES
    return [pcm[at : at + size] for at in range(0, len(pcm) - size + 1, size)]


def noise(seed: int) -> bytes:
    samples = np.random.default_rng(seed).normal(0, 2_000, 40 * WINDOW_SAMPLES)
    return samples.astype(np.int16).tobytes()


def by_onnx_runtime(pcm: bytes) -> list[float]:
    file = resources.files("pipecat.audio.vad.data").joinpath("silero_vad.onnx")
    session = onnxruntime.InferenceSession(file.read_bytes(), providers=["CPUExecutionProvider"])
    state = np.zeros((2, 1, 128), np.float32)
    context = np.zeros((1, 64), np.float32)
    said: list[float] = []
    for window in windows(pcm):
        samples = np.frombuffer(window, np.int16).astype(np.float32) / 32768
        heard = np.concatenate((context, samples[np.newaxis]), axis=1)
        inputs = {"input": heard, "state": state, "sr": np.array(SAMPLE_RATE_HZ)}
        outputs: Any = session.run(None, inputs)
        said.append(float(outputs[0].item()))
        state, context = outputs[1], heard[:, -64:]
    return said


@pytest.mark.parametrize("pcm", [speech(), noise(1) + speech() + noise(2)], ids=["word", "noise"])
def test_the_model_says_what_onnx_runtime_says(pcm: bytes) -> None:
    model = Silero()
    expected = by_onnx_runtime(pcm)
    assert max(expected) > 0.9
    assert [model.confidence(window) for window in windows(pcm)] == pytest.approx(
        expected, abs=1e-4
    )


def test_a_reset_model_has_heard_nothing() -> None:
    model, fresh = Silero(), Silero()
    for window in windows(speech()):
        model.confidence(window)
    model.reset()
    assert model.confidence(noise(1)[:1024]) == fresh.confidence(noise(1)[:1024])


def test_streams_share_the_weights_and_nothing_else() -> None:
    assert silero.load() is silero.load()
    one, other = Silero(), Silero()
    alone = [Silero().confidence(window) for window in windows(noise(1))[:1]]
    one.confidence(windows(speech())[20])
    assert other.confidence(windows(noise(1))[0]) == alone[0]


def test_loaded_weights_work_in_a_forked_child() -> None:
    silero.load()
    child = os.fork()
    if child == 0:
        os._exit(0 if Silero().confidence(bytes(2 * WINDOW_SAMPLES)) < 0.5 else 1)
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="counts threads in /proc")
def test_loading_starts_no_thread() -> None:
    silero.load.cache_clear()
    before = len(os.listdir("/proc/self/task"))
    silero.load()
    assert len(os.listdir("/proc/self/task")) == before
