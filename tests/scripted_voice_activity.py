"""Voice activity whose windows say themselves whether they are voice."""

from __future__ import annotations

from typing_extensions import override

from processors.turns.silero import Silero
from processors.turns.voice_activity import WINDOW_SAMPLES, VoiceActivity

VOICE = b"\x01\x00" * WINDOW_SAMPLES
SILENCE = b"\x00\x00" * WINDOW_SAMPLES


class _ScriptedModel(Silero):
    lag_windows = 0
    _left = -1

    @override
    def confidence(self, window: bytes) -> float:
        self._left = self.lag_windows if window[0] else self._left - 1
        return 1.0 if self._left >= 0 else 0.0


class ScriptedVoiceActivity(VoiceActivity):
    """The real state machine and counters without the model."""

    def __init__(self) -> None:
        super().__init__()
        self._model = self._script = _ScriptedModel()

    @property
    def lag_windows(self) -> int:
        """So many windows after the last voiced one still count as voice, as with the model."""
        return self._script.lag_windows

    @lag_windows.setter
    def lag_windows(self, windows: int) -> None:
        self._script.lag_windows = windows
