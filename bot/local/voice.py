"""The voice: hibari, an American English text-to-speech model, sentence by sentence."""

from __future__ import annotations

import re
import threading

import numpy as np
from hibari import Hibari

from processors.model_files import ModelFile, checked_path

SAMPLE_RATE_HZ = 24_000

MODEL = ModelFile(
    "hibari",
    "assets/hibari.onnx",
    "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8",
)

# Names of settings, which the model would spell letter by letter.
_SETTING = re.compile(r"\b[A-Z]+(?:_[A-Z]+)+\b")
_SPELLED = {"AI", "API", "URL", "LLM", "TTS"}
# One fixed seed: the same sentence is the same audio, every time.
_SEED = 0
_WARM_UP_TEXT = "Warming up: 12 words, $9.50, and Zbigniew, at 7:30 p.m."


class Voice:
    """The loaded model; shared by all calls and safe in several threads."""

    def __init__(self) -> None:
        self._tts = Hibari(model=str(checked_path(MODEL)), threads=1)
        # The rules that turn letters into sounds are plain Python with caches of their own.
        self._lock = threading.Lock()

    def warm_up(self) -> None:
        """Load the dictionaries and run the model once; blocks for about half a second."""
        self.say(_WARM_UP_TEXT, speed=1.0)

    def sentences(self, text: str) -> list[str]:
        """Cut text where the voice may pause and start to stream."""
        return self._tts.split_sentences(text)

    def say(self, sentence: str, *, speed: float) -> bytes:
        """Return 24 kHz mono 16-bit PCM; empty if there is nothing to pronounce. Blocks.

        Args:
            sentence: Best one sentence; a paragraph works and takes longer to start.
            speed: 1.0 is the voice's own pace.
        """
        with self._lock:
            phonemes = self._tts.phonemize(_speakable(sentence))
        rng = np.random.default_rng(_SEED)
        parts = [self._tts.from_ids(self._tts.ids(part), speed, rng) for part in phonemes]
        return b"".join(pcm_bytes(part) for part in parts)


def _speakable(text: str) -> str:
    """Write what only a program says the way a person says it."""
    text = re.sub(r"(?<!\w)\.(?=[a-z])", "dot ", text)
    return _SETTING.sub(_setting_words, text)


def _setting_words(found: re.Match[str]) -> str:
    words = found.group().replace("OPENAI", "OPEN_AI").split("_")
    return " ".join(word if word in _SPELLED else word.capitalize() for word in words)


def pcm_bytes(audio: np.ndarray) -> bytes:
    """Return float samples in -1.0 to 1.0 as 16-bit little-endian PCM."""
    return (np.clip(audio, -1.0, 1.0) * 32767.0).astype("<i2").tobytes()


def tone(frequency_hz: float, *, duration_secs: float) -> bytes:
    """Return a sine at half scale, loud from its first sample on."""
    times = np.arange(int(duration_secs * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    return pcm_bytes(0.5 * np.cos(2 * np.pi * frequency_hz * times))
