"""Silero's voice activity model: how likely is speech in each 32 ms of 16 kHz audio."""

from __future__ import annotations

from typing import cast

import numpy as np
import onnxruntime

from processors.model_files import ModelFile, checked_path

MODEL = ModelFile(
    "pipecat",
    "audio/vad/data/silero_vad.onnx",
    "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3",
)

FRAME_SAMPLES = 512
"""The one frame size the model takes at 16 kHz."""

_CONTEXT_SAMPLES = 64
# Long silence shifts the recurrent state until speech scores too low, so it starts afresh every two
# seconds of clear silence; Pipecat's analyzer found and uses the same rule.
_RESET_AFTER_FRAMES = 62
_CLEAR_SILENCE = 0.1
_CLEAR_SILENCE_FRAMES = 5


class SileroModel:
    """The shared network; each stream keeps its own state in a `SpeechMeter`."""

    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            str(checked_path(MODEL)), options, providers=["CPUExecutionProvider"]
        )


class SpeechMeter:
    """Feeds one stream through the model, frame by frame."""

    def __init__(self, model: SileroModel) -> None:
        self._session = model.session
        self._rate = np.array(16_000, np.int64)
        self._reset()

    def probability(self, frame: np.ndarray) -> float:
        """Return how likely the frame holds speech, 0.0 to 1.0; takes about 0.15 ms.

        Args:
            frame: `FRAME_SAMPLES` float32 samples at 16 kHz.
        """
        padded = np.concatenate((self._context, frame))[np.newaxis]
        feed = {"input": padded, "state": self._state, "sr": self._rate}
        output, self._state = cast("list[np.ndarray]", self._session.run(None, feed))
        self._context = frame[-_CONTEXT_SAMPLES:]
        probability = float(output[0, 0])
        self._frames += 1
        self._low_frames = self._low_frames + 1 if probability < _CLEAR_SILENCE else 0
        if self._frames >= _RESET_AFTER_FRAMES and self._low_frames >= _CLEAR_SILENCE_FRAMES:
            self._reset()
        return probability

    def _reset(self) -> None:
        self._state = np.zeros((2, 1, 128), np.float32)
        self._context = np.zeros(_CONTEXT_SAMPLES, np.float32)
        self._frames = 0
        self._low_frames = 0
