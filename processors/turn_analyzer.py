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

DONE_PROBABILITY = 0.7
"""What the look at the end of speech needs. The model's own .5 cut 4 of 10 hesitant turns."""

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
    return onnxruntime.InferenceSession(
        model, providers=["CPUExecutionProvider"], sess_options=options
    )


class TurnAnalyzer(BaseSmartTurn):
    """Pipecat's Smart Turn with an early look.

    `look` judges the audio so far without ending anything; a verdict stored with `keep` answers
    the next `analyze_end_of_turn`, so that one pause costs one inference.
    """

    def __init__(self, *, params: SmartTurnParams | None = None) -> None:
        super().__init__(
            sample_rate=SAMPLE_RATE_HZ, params=params or SmartTurnParams(stop_secs=STOP_SECS)
        )
        self._session = load()
        self._verdict: float | None = None

    async def look(self) -> float:
        """Return how probable it is that the caller is done, 0 to 1, hearing all audio so far."""
        heard = list(self._audio_buffer)
        loop = asyncio.get_running_loop()
        _, result = await loop.run_in_executor(
            self._model_executor, self._process_speech_segment, heard
        )
        return result.probability if isinstance(result, TurnMetricsData) else 0.0

    def keep(self, probability: float) -> None:
        """Let the next `analyze_end_of_turn` answer with this probability."""
        self._verdict = probability

    def forget(self) -> None:
        """Drop a kept verdict: the caller went on."""
        self._verdict = None

    async def analyze_end_of_turn(self) -> tuple[EndOfTurnState, MetricsData | None]:
        """Judge the turn at the end of speech, with the kept verdict if there is one."""
        probability = await self.look() if self._verdict is None else self._verdict
        self._verdict = None
        is_done = probability >= DONE_PROBABILITY
        if is_done:
            self._clear(EndOfTurnState.COMPLETE)
        return (EndOfTurnState.COMPLETE if is_done else EndOfTurnState.INCOMPLETE), None

    def _predict_endpoint(self, audio_array: np.ndarray) -> dict[str, Any]:
        padding = max(0, _MODEL_SAMPLES - len(audio_array))
        audio = np.pad(audio_array[-_MODEL_SAMPLES:], (padding, 0))
        features = compute_whisper_log_mel_features(audio, do_normalize=True)
        outputs: Any = self._session.run(None, {"input_features": features[np.newaxis]})
        probability = float(outputs[0][0].item())
        return {"prediction": int(probability >= DONE_PROBABILITY), "probability": probability}
