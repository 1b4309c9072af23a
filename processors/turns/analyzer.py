"""Smart Turn, the model that hears whether a caller is done; shared by a process's sessions."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi.onnxruntime_pybind11_state import Fail

from .log_mel import log_mel_features

SAMPLE_RATE_HZ = 16_000
_MODEL_SAMPLES = 8 * SAMPLE_RATE_HZ
_FEATURES_SHAPE = (80, 800)

_PRE_SPEECH_SECS = 0.5
"""Heard before voice is detected; Smart Turn's own default."""

_READERS = "smart_turn_readers.onnx"
"""Follows the model, of which it becomes a part. ONNX Runtime then runs it in 25 ms instead of 33:
`setup/speech_models.py`, which makes it, says why."""


@functools.cache
def load() -> onnxruntime.InferenceSession:
    """Load the model, once per process.

    Called before a fork, it starts no thread, so the children can use the session.
    """
    options = onnxruntime.SessionOptions()
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.inter_op_num_threads = 1
    options.intra_op_num_threads = 1
    # A plan of the memory doubles what is held and makes nothing faster.
    options.enable_mem_pattern = False
    folder = resources.files("pipecat.audio.turn.smart_turn.data")
    model = folder.joinpath("smart-turn-v3.2-cpu.onnx").read_bytes()
    session = onnxruntime.InferenceSession(
        model + Path(__file__).with_name(_READERS).read_bytes(),
        providers=["CPUExecutionProvider"],
        sess_options=options,
    )
    # The first inference is slower by half; let it not be a caller's. Without the features: their
    # matrix product may start threads.
    _infer(session, np.zeros(_FEATURES_SHAPE, dtype=np.float32), onnxruntime.RunOptions())
    _give_back_memory(session)
    return session


def _give_back_memory(session: onnxruntime.InferenceSession) -> None:
    """Free the 29 MB that inferences have touched; the next takes 3 ms longer, 7 in small pages.

    `prepare_bot_environment` sets what this needs of glibc: without `MALLOC_TRIM_THRESHOLD_` it
    keeps what is given back. Memory is given back at the end of a run: of one that ends at once.
    """
    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    options.terminate = True
    with contextlib.suppress(Fail):
        _infer(session, np.zeros(_FEATURES_SHAPE, dtype=np.float32), options)


def _infer(
    session: onnxruntime.InferenceSession,
    features: NDArray[np.float32],
    options: onnxruntime.RunOptions,
) -> float:
    """Return the model's probability for the features of 8 s of audio."""
    inputs = {"input_features": features[np.newaxis]}
    outputs: Any = session.run(["logits"], inputs, options)
    return float(outputs[0].item())


def judge(pcm: bytes, options: onnxruntime.RunOptions | None = None) -> float:
    """Return how probable it is that who says this is done, 0 to 1. Blocks for 25 to 35 ms.

    Args:
        pcm: Mono 16-bit PCM at 16 kHz; the last 8 s count.
        options: Lets another thread end the run.
    """
    samples = np.frombuffer(pcm, dtype=np.int16)[-_MODEL_SAMPLES:]
    audio = np.zeros(_MODEL_SAMPLES, dtype=np.float32)
    audio[_MODEL_SAMPLES - samples.size :] = samples
    audio /= 32768
    features = log_mel_features(audio)
    return _infer(load(), features, options or onnxruntime.RunOptions())


class TurnAnalyzer:
    """Keeps what the caller says and asks the model about it, on a thread of its own."""

    def __init__(self) -> None:
        self._pcm = bytearray()
        self._has_speech = False
        self._holds_memory = False
        self._pre_speech_bytes = _bytes_in(_PRE_SPEECH_SECS)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="turn model")
        load()

    def update_vad_start_secs(self, vad_start_secs: float) -> None:
        """Say how long after its first sound voice detection reports speech."""
        self._pre_speech_bytes = _bytes_in(_PRE_SPEECH_SECS + vad_start_secs)

    def append_audio(self, audio: bytes, *, is_speech: bool) -> None:
        """Hear mono 16-bit PCM at 16 kHz; before the first speech only the last of it is kept."""
        self._pcm += audio
        if is_speech and not self._has_speech:
            self._has_speech = True
            del self._pcm[: -self._pre_speech_bytes - len(audio)]
        kept = 2 * _MODEL_SAMPLES if self._has_speech else self._pre_speech_bytes
        if len(self._pcm) > 2 * kept:
            del self._pcm[:-kept]

    async def look(self) -> float:
        """Return how probable it is that the caller is done, 0 to 1, hearing all audio so far.

        Cancelled, the model stops at once.
        """
        if not self._pcm:
            return 0.0
        options = onnxruntime.RunOptions()
        self._holds_memory = True
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._thread, judge, bytes(self._pcm[-2 * _MODEL_SAMPLES :]), options
            )
        except asyncio.CancelledError:
            options.terminate = True
            raise

    def clear(self) -> None:
        """Forget all audio: the turn is over."""
        self._pcm.clear()
        self._has_speech = False
        if self._holds_memory:
            self._holds_memory = False
            self._thread.submit(_give_back_memory, load())

    def close(self) -> None:
        """End the thread, after the look in flight if that is not cancelled."""
        self._thread.shutdown(wait=False)


def _bytes_in(secs: float) -> int:
    return round(secs * SAMPLE_RATE_HZ) * 2
