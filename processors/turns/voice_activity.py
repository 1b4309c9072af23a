"""Voice activity detection on the event loop: a window takes less than handing it to a thread."""

from __future__ import annotations

import math

import numpy as np
from pipecat.audio.utils import exp_smoothing
from pipecat.audio.vad.vad_analyzer import VADAnalyzer, VADParams, VADState
from pipecat.audio.volume import AudioVolumeTracker
from typing_extensions import override

from .silero import SAMPLE_RATE_HZ, WINDOW_SAMPLES, Silero

WINDOW_SECS = WINDOW_SAMPLES / SAMPLE_RATE_HZ

CONFIDENCE = 0.7
START_SECS = 0.1
"""Three windows; with the loudness gate off a start is seen after 96 ms of voice."""

STOP_SECS = 0.2
"""Silence that ends speech when the turn model is not sure. Pipecat's p99 tables assume it."""

CERTAIN_CONFIDENCE = 0.95
"""Such a window is worth two as evidence of voice: a start is seen 28 ms earlier in the median over
66 interruptions, and no cough, key or knock that was not heard as voice before is."""

SURE_WINDOWS = 3
"""Silent windows (96 ms) that end speech when the turn model is sure."""

SURE_QUIET_SECS = 0.12
"""Quiet that does so too once two windows are silent: the model lags behind by two."""

HOP_SECS = 0.01
"""Loudness is measured over this long, finer than the model's windows."""
_HOP_SAMPLES = round(HOP_SECS * SAMPLE_RATE_HZ)

QUIET_BELOW_DB = 20.0
"""A hop this far below the loudness of speech is quiet: a pause, or a stop inside a word."""
_LEVEL_FALL_DB = 0.16
"""Of the loudness of speech, a hop: soft words after loud ones."""
_FLOOR = 1e-3
"""Keeps the logarithm finite; in squared units of 16-bit samples."""

# Non-speech (music, long silence) drives the recurrent state to where it misses the speech that
# follows; it is cleared every so often, but only in clear non-speech. Values as in Pipecat's own
# Silero analyzer.
_RESET_WINDOWS = round(2.0 / WINDOW_SECS)
_CLEAR_CONFIDENCE = 0.1
_CLEAR_WINDOWS = 5

_VOLUME_SMOOTHING = 0.2
"""As in Pipecat's analyzers."""


class VoiceActivity(VADAnalyzer):
    """Silero for one caller: the states of Pipecat's analyzers, and counters for turn strategies.

    A window (32 ms) is voiced when the model's confidence reaches the threshold. The counters
    count windows, not time, so they are exact for any size of audio frames.
    """

    def __init__(self, *, params: VADParams | None = None) -> None:
        super().__init__(
            sample_rate=SAMPLE_RATE_HZ,
            params=params
            or VADParams(
                confidence=CONFIDENCE, start_secs=START_SECS, stop_secs=STOP_SECS, min_volume=0
            ),
        )
        self._model = Silero()
        self._state = VADState.QUIET
        self._state_windows = 0
        """Windows that speak for leaving `STARTING` or `STOPPING` forwards."""
        self._incomplete = b""
        self._loudness = AudioVolumeTracker()
        self._volume = 0.0
        self._windows_since_reset = 0
        self._clear_run = 0
        self.voiced_run = 0
        """Voiced windows since the last silent one."""
        self.evidence = 0
        """`voiced_run` with certain windows counted twice."""
        self.silent_run = 0
        """Silent windows since the last voiced one."""
        self._quiet_hops = 0
        self._unmeasured = b""
        self._level_db = float("-inf")
        self.voiced_total = 0
        """Voiced windows since the session began."""
        self.is_sure = False
        """Set by who knows that the turn is over: speech then ends after `SURE_WINDOWS`."""
        self.set_sample_rate(SAMPLE_RATE_HZ)

    @override
    def set_sample_rate(self, sample_rate: int) -> None:
        """Accept the model's rate.

        Raises:
            ValueError: The audio has another rate.
        """
        if sample_rate != SAMPLE_RATE_HZ:
            raise ValueError(f"voice activity needs {SAMPLE_RATE_HZ} Hz audio, not {sample_rate}")
        super().set_sample_rate(sample_rate)

    @override
    def set_params(self, params: VADParams) -> None:
        """Take other thresholds; whoever is speaking has to start again."""
        super().set_params(params)
        self._start_windows = round(params.start_secs / WINDOW_SECS)
        self._stop_windows = round(params.stop_secs / WINDOW_SECS)
        self._enter(VADState.QUIET)

    @override
    def num_frames_required(self) -> int:
        """Return the samples of one window."""
        return WINDOW_SAMPLES

    @override
    async def analyze_audio(self, buffer: bytes) -> VADState:
        """Advance by 16-bit mono PCM of any length; no thread, no await."""
        if self._state is VADState.QUIET:
            # Nobody asks how loud it is, and a measurement costs an eighth of a window's model.
            self._quiet_hops += len(buffer) // (2 * _HOP_SAMPLES)
        else:
            self._measure_loudness(buffer)
        self._incomplete += buffer
        while len(self._incomplete) >= 2 * WINDOW_SAMPLES:
            window = self._incomplete[: 2 * WINDOW_SAMPLES]
            self._incomplete = self._incomplete[2 * WINDOW_SAMPLES :]
            is_voice = self.voice_confidence(window) >= self.params.confidence
            self._take_window(is_voice=self._is_loud(window) and is_voice)
        if self._state is VADState.STARTING and self._state_windows >= self._start_windows:
            self._enter(VADState.SPEAKING)
        if self._state is VADState.STOPPING and self._is_stopped:
            self._enter(VADState.QUIET)
        return self._state

    @override
    def voice_confidence(self, buffer: bytes) -> float:
        """Return how sure the model is that one window is voice, 0 to 1, and count it."""
        confidence = self._model.confidence(buffer)
        if confidence >= self.params.confidence:
            self.voiced_run += 1
            self.voiced_total += 1
            self.evidence += 2 if confidence >= CERTAIN_CONFIDENCE and self.evidence else 1
            self.silent_run = 0
            self.is_sure = False
        else:
            self.silent_run += 1
            self.voiced_run = self.evidence = 0
        self._reset_when_due(confidence)
        return confidence

    @property
    def quiet_secs(self) -> float:
        """Time since the last loud sound; two windows ahead of `silent_run`, 0 in a noisy room."""
        return self._quiet_hops * HOP_SECS

    @property
    def hush_secs(self) -> float:
        """Time since the last sound: the silent windows, without the model's lag if it can be."""
        return max(self.silent_run * WINDOW_SECS, self.quiet_secs) if self.silent_run else 0.0

    @property
    def _is_stopped(self) -> bool:
        if self._state_windows >= self._stop_windows:
            return True
        is_quiet = self.quiet_secs >= SURE_QUIET_SECS and self.silent_run >= 2
        return self.is_sure and (is_quiet or self.silent_run >= SURE_WINDOWS)

    def _take_window(self, *, is_voice: bool) -> None:
        match self._state, is_voice:
            case VADState.QUIET, True:
                self._enter(VADState.STARTING, windows=1)
            case VADState.SPEAKING, False:
                self._enter(VADState.STOPPING, windows=1)
            case (VADState.STARTING, True) | (VADState.STOPPING, False):
                self._state_windows += 1
            case VADState.STARTING, False:
                self._enter(VADState.QUIET)
            case VADState.STOPPING, True:
                self._enter(VADState.SPEAKING)
            case _:
                pass

    def _enter(self, state: VADState, *, windows: int = 0) -> None:
        self._state = state
        self._state_windows = windows

    def _measure_loudness(self, audio: bytes) -> None:
        audio = self._unmeasured + audio
        end = len(audio) - len(audio) % (2 * _HOP_SAMPLES)
        self._unmeasured = audio[end:]
        hops = np.frombuffer(audio[:end], np.int16).astype(np.float32).reshape(-1, _HOP_SAMPLES)
        for power in np.einsum("ij,ij->i", hops, hops) / _HOP_SAMPLES:
            self._take_power(10 * math.log10(float(power) + _FLOOR))

    def _take_power(self, power_db: float) -> None:
        if self.silent_run == 0:
            self._level_db = max(power_db, self._level_db - _LEVEL_FALL_DB)
        is_quiet = power_db < self._level_db - QUIET_BELOW_DB
        self._quiet_hops = self._quiet_hops + 1 if is_quiet else 0

    def _is_loud(self, window: bytes) -> bool:
        if self.params.min_volume <= 0:
            return True
        self._loudness.update(window, SAMPLE_RATE_HZ)
        self._volume = exp_smoothing(self._loudness.volume, self._volume, _VOLUME_SMOOTHING)
        return self._volume >= self.params.min_volume

    def _reset_when_due(self, confidence: float) -> None:
        self._windows_since_reset += 1
        self._clear_run = self._clear_run + 1 if confidence < _CLEAR_CONFIDENCE else 0
        is_due = self._windows_since_reset >= _RESET_WINDOWS
        if is_due and self._state is VADState.QUIET and self._clear_run >= _CLEAR_WINDOWS:
            self._model.reset()
            self._windows_since_reset = 0
