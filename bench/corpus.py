"""Sounds a caller makes while the bot talks: real interruptions, backchannels and noises.

Made with the local voice, cut from recordings of people that come with installed packages, or
synthesised; the same corpus on every machine that has the same packages.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from bench.sound import SAMPLE_RATE_HZ, level_at, loud_bounds, read_wav, silence
from bench.voice import spoken

_REAL = (
    "Stop.",
    "Wait.",
    "No.",
    "Hold on.",
    "Wait a second.",
    "Stop, please.",
    "No, not that.",
    "Hang on a moment.",
    "Sorry, can I ask something?",
    "That is not what I meant.",
    "Let me stop you there.",
    "Can you say that again?",
    "What about tomorrow instead?",
    "Actually, I want something else.",
    "Excuse me, who told you that?",
    "Never mind, tell me about the weather.",
    "Okay, but how much does it cost?",
    "Yes, but what happens after that?",
)
_BACKCHANNELS = (
    "Mm-hm.",
    "Uh-huh.",
    "Yeah.",
    "Okay.",
    "Right.",
    "Oh.",
    "I see.",
    "Sure.",
    "Yes.",
    "Good.",
    "Mhm, yeah.",
    "Oh, okay.",
)
_SPEEDS = (0.9, 1.0, 1.15)
_PEOPLE_SAY = "and then he said something to them"
"""What the recogniser reports for a recorded person; only that it is speech matters."""
_SLICE_SECS = (0.9, 1.6)
_NOISE_SEEDS = 8


@dataclass(frozen=True)
class Clip:
    """One sound."""

    name: str
    kind: str
    """"real", "backchannel" or "noise"."""
    pcm: bytes
    """At 16 kHz, ends trimmed to what is loud."""
    text: str
    """What a recogniser reports; empty for a noise."""


@cache
def clips() -> tuple[Clip, ...]:
    """Return the corpus: at least 60 real interruptions and 60 false ones."""
    real = [
        _clip(f"{text} x{speed}", "real", spoken(text, speed=speed), text)
        for text in _REAL
        for speed in _SPEEDS
    ]
    false = [
        _clip(f"{text} x{speed}", "backchannel", spoken(text, speed=speed), text)
        for text in _BACKCHANNELS
        for speed in _SPEEDS
    ]
    return (*real, *_recorded_people(), *false, *noises())


def human_recordings() -> list[Path]:
    """Return recordings of people that come with installed packages; may be empty."""
    folders = [Path("/usr/share/pocketsphinx/test/data")]
    spec = find_spec("moonshine_voice")
    if spec is not None and spec.submodule_search_locations:
        folders.append(Path(spec.submodule_search_locations[0]) / "assets")
    names = ("librivox/*.wav", "cards/*.wav", "beckett.wav", "two_cities.wav")
    return sorted(path for folder in folders for name in names for path in folder.glob(name))


def _clip(name: str, kind: str, pcm: bytes, text: str) -> Clip:
    first, last = loud_bounds(pcm)
    return Clip(name, kind, pcm[2 * first : 2 * last + 2], text)


def _recorded_people() -> list[Clip]:
    """Cut the beginnings of recorded sentences."""
    found: list[Clip] = []
    for number, path in enumerate(human_recordings()):
        pcm = read_wav(path)
        first, last = loud_bounds(pcm)
        secs = _SLICE_SECS[number % 2]
        end = min(last, first + round(secs * SAMPLE_RATE_HZ))
        found.append(_clip(path.stem, "real", pcm[2 * first : 2 * end], _PEOPLE_SAY))
    return found


def noises() -> list[Clip]:
    """Return sounds that nobody says."""
    makers = {"cough": _cough, "keyboard": _keyboard, "knock": _knock, "hiss": _hiss}
    return [
        Clip(f"{name} {seed}", "noise", make(np.random.default_rng(seed)), "")
        for name, make in makers.items()
        for seed in range(_NOISE_SEEDS)
    ]


def _cough(random: np.random.Generator) -> bytes:
    """One or two bursts of coloured noise with a sharp start, as a cough has."""
    parts: list[bytes] = []
    for _ in range(int(random.integers(1, 3))):
        secs = float(random.uniform(0.12, 0.3))
        noise = np.convolve(
            random.normal(size=round(secs * SAMPLE_RATE_HZ)), np.ones(6) / 6, "same"
        )
        fall = np.exp(-np.arange(noise.size) / (0.35 * noise.size))
        parts += [_pcm(noise * fall, -14), silence(float(random.uniform(0.05, 0.15)))]
    return b"".join(parts)


def _keyboard(random: np.random.Generator) -> bytes:
    """Typing: short clicks at the pace of fingers."""
    parts: list[bytes] = []
    for _ in range(int(random.integers(4, 10))):
        click = random.normal(size=160) * np.exp(-np.arange(160) / 30)
        parts += [_pcm(click, -18), silence(float(random.uniform(0.07, 0.2)))]
    return b"".join(parts)


def _knock(random: np.random.Generator) -> bytes:
    """Knocks on wood: a low tone that dies fast."""
    parts: list[bytes] = []
    time_secs = np.arange(1600) / SAMPLE_RATE_HZ
    for _ in range(int(random.integers(1, 4))):
        hz = float(random.uniform(90, 200))
        parts += [_pcm(np.sin(2 * np.pi * hz * time_secs) * np.exp(-time_secs * 40), -10)]
        parts += [silence(0.15)]
    return b"".join(parts)


def _hiss(random: np.random.Generator) -> bytes:
    """A second of something rushing by: a car, a kettle."""
    noise = random.normal(size=SAMPLE_RATE_HZ)
    return _pcm(noise * np.hanning(noise.size), float(random.uniform(-30, -20)))


def _pcm(shape: np.ndarray, peak_dbfs: float) -> bytes:
    scaled = shape / np.abs(shape).max() * level_at(peak_dbfs)
    return scaled.astype("<i2").tobytes()


def loud_secs(clip: Clip) -> float:
    """Return the time from a clip's first to its last loud sample."""
    first, last = loud_bounds(clip.pcm)
    return (last - first) / SAMPLE_RATE_HZ
