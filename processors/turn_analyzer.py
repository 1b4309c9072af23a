"""Smart Turn, the model that hears whether a caller is done; shared by a process's sessions."""

from __future__ import annotations

import asyncio
import functools
from importlib import resources
from typing import Any

import numpy as np
import onnxruntime
from pipecat.audio.turn.base_turn_analyzer import EndOfTurnState
from pipecat.audio.turn.smart_turn._whisper_features import compute_whisper_log_mel_features
from pipecat.audio.turn.smart_turn.base_smart_turn import BaseSmartTurn, SmartTurnParams
from pipecat.metrics.metrics import MetricsData, TurnMetricsData

SAMPLE_RATE_HZ = 16_000
_MODEL_SAMPLES = 8 * SAMPLE_RATE_HZ
_FEATURES_SHAPE = (80, 800)

DONE_PROBABILITY = 0.7
"""What the end of speech needs to end a turn. The model's own .5 cut 4 of 10 hesitant turns."""

STOP_SECS = 2.0
"""Silence that ends a turn whatever the model says."""


@functools.cache
def load() -> onnxruntime.InferenceSession:
    """Load the model, once per process.

    Called before a fork, it starts no thread, so the children can use the session.
    """
    options = onnxruntime.SessionOptions()
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.inter_op_num_threads = 1
    options.intra_op_num_threads = 1
    folder = resources.files("pipecat.audio.turn.smart_turn.data")
    model = folder.joinpath("smart-turn-v3.2-cpu.onnx").read_bytes()
    session = onnxruntime.InferenceSession(
        model, providers=["CPUExecutionProvider"], sess_options=options
    )
    # The first inference is slower by half; let it not be a caller's. Without the features: their
    # matrix product may start threads.
    _infer(session, np.zeros(_FEATURES_SHAPE, dtype=np.float32))
    return session


@functools.cache
def _run_options() -> onnxruntime.RunOptions:
    """Return the options of an inference: its 18 MB are given back, at 4 ms a time.

    Only with `MALLOC_TRIM_THRESHOLD_` set, as `prepare_bot_environment` does: without it glibc
    keeps what is given back, and more than before.
    """
    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return options


def _infer(session: onnxruntime.InferenceSession, features: np.ndarray) -> float:
    """Return the model's probability for the features of 8 s of audio."""
    outputs: Any = session.run(None, {"input_features": features[np.newaxis]}, _run_options())
    return float(outputs[0][0].item())


class TurnAnalyzer(BaseSmartTurn):
    """Pipecat's Smart Turn, which can also be asked before the end of speech: `look`."""

    def __init__(self, *, params: SmartTurnParams | None = None) -> None:
        super().__init__(
            sample_rate=SAMPLE_RATE_HZ, params=params or SmartTurnParams(stop_secs=STOP_SECS)
        )
        self._session = load()

    async def look(self) -> float:
        """Return how probable it is that the caller is done, 0 to 1, hearing all audio so far."""
        heard = list(self._audio_buffer)
        loop = asyncio.get_running_loop()
        _, result = await loop.run_in_executor(
            self._model_executor, self._process_speech_segment, heard
        )
        return result.probability if isinstance(result, TurnMetricsData) else 0.0

    async def analyze_end_of_turn(self) -> tuple[EndOfTurnState, MetricsData | None]:
        """Judge the turn at the end of speech, for Pipecat's own strategies."""
        is_done = await self.look() >= DONE_PROBABILITY
        if is_done:
            self._clear(EndOfTurnState.COMPLETE)
        return (EndOfTurnState.COMPLETE if is_done else EndOfTurnState.INCOMPLETE), None

    def _predict_endpoint(self, audio_array: np.ndarray) -> dict[str, Any]:
        padding = max(0, _MODEL_SAMPLES - len(audio_array))
        audio = np.pad(audio_array[-_MODEL_SAMPLES:], (padding, 0))
        features = compute_whisper_log_mel_features(audio, do_normalize=True)
        probability = _infer(self._session, features)
        return {"prediction": int(probability >= DONE_PROBABILITY), "probability": probability}
