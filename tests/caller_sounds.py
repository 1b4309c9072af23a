"""Sounds as a microphone gives them: speech at many levels, and what is none."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.corpus import Clip, noises
from bench.sound import SAMPLE_RATE_HZ, level_at, loud_bounds, samples_of
from bench.voice import spoken

LEAD_SECS = 0.48
"""Of the room alone, before a sound: 15 windows."""
TAIL_SECS = 0.7

_QUIET_ROOM_DBFS = -65.0

Wave = NDArray[np.float64]


def speech(
    text: str, *, dbfs: float, room_dbfs: float = _QUIET_ROOM_DBFS, secs: float | None = None
) -> bytes:
    """Return words whose loudest sample has a level, in the noise of a room.

    Args:
        text: What is said.
        dbfs: Of its loudest sample.
        room_dbfs: Of the noise.
        secs: Only the beginning, so long.
    """
    samples = _words(text, dbfs)
    if secs is not None:
        samples = _at(samples[: round(secs * SAMPLE_RATE_HZ)], dbfs)
    return _in_room(samples, room_dbfs)


def words(text: str, *, dbfs: float) -> bytes:
    """Return words alone, from their first loud sample to their last."""
    return _words(text, dbfs).astype("<i2").tobytes()


def no_speech() -> dict[str, bytes]:
    """Return what a caller's room sounds like while the caller listens."""
    time = np.arange(2 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    random = np.random.default_rng(5)
    hum = sum((np.sin(2 * np.pi * 50 * k * time) / k for k in range(1, 5)), np.zeros(time.size))
    chord = sum(
        (np.sin(2 * np.pi * hz * time) for hz in (261.6, 329.6, 392.0)), np.zeros(time.size)
    )
    breath = np.convolve(random.normal(size=time.size // 2), np.ones(12) / 12, "same")
    siren = np.sin(2 * np.pi * (400 * time + 300 * np.sin(2 * np.pi * time)))
    made = {
        "hum": _at(hum, -25),
        "music": _at(chord * np.exp(-3 * (time % 0.5)), -20),
        "breath": _at(breath * np.hanning(breath.size), -25),
        "siren": _at(siren, -20),
        "a door far away": _at(np.exp(-20 * time[:4000]) * random.normal(size=4000), -30),
    }
    found = {name: _in_room(wave, _QUIET_ROOM_DBFS) for name, wave in made.items()}
    for clip in noises()[1::4]:
        if not clip.name.startswith("knock"):
            found[clip.name] = _clip_in_room(clip)
    for text, secs in (("No.", 0.06), ("Okay.", 0.08), ("Stop.", 0.1)):
        found[f"the lips of {text}"] = speech(text, dbfs=-20, secs=secs)
    return found


def knocks() -> bytes:
    """Return knocks on wood, which voice detection takes for a voice for a moment."""
    return _clip_in_room(next(clip for clip in noises() if clip.name == "knock 5"))


def _clip_in_room(clip: Clip) -> bytes:
    return _in_room(samples_of(clip.pcm).astype(np.float64), _QUIET_ROOM_DBFS)


def _words(text: str, dbfs: float) -> Wave:
    pcm = spoken(text)
    first, last = loud_bounds(pcm)
    return _at(samples_of(pcm)[first : last + 1].astype(np.float64), dbfs)


def _at(wave: Wave, dbfs: float) -> Wave:
    return wave / np.abs(wave).max() * level_at(dbfs)


def _in_room(wave: Wave, room_dbfs: float) -> bytes:
    lead, tail = (round(secs * SAMPLE_RATE_HZ) for secs in (LEAD_SECS, TAIL_SECS))
    samples = np.concatenate([np.zeros(lead), wave, np.zeros(tail)])
    samples += np.random.default_rng(1).normal(0.0, level_at(room_dbfs), samples.size)
    return np.clip(np.rint(samples), -32768, 32767).astype("<i2").tobytes()
